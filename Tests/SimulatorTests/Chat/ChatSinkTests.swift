// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Simulator
import Testing

/// The sink refuses what the services refuse: tests of receivers stand on it.
@Suite struct ChatSinkTests {
  private let sink: ChatSink
  private let client = HTTPClient(userAgent: "test")

  init() throws { sink = try ChatSink() }

  private func status(
    _ service: ChatService,
    _ path: String,
    _ body: String,
    method: String = "POST",
    headers: HTTPHeaders = [:]
  ) async throws -> Int {
    let request = HTTPRequest(
      method: method,
      url: sink.url(of: service) + path.replacing("KEY", with: ChatSink.secret),
      headers: headers,
      body: Array(body.replacing("KEY", with: ChatSink.secret).utf8)
    )
    return try await client.send(request).status
  }

  private static func long(_ count: Int) -> String { String(repeating: "x", count: count) }

  /// Service, path, body, complaint.
  private static let refused: [(ChatService, String, String, String)] = [
    (.slack, "/services/KEY", #"{"text":"\#(long(4_001))"}"#, "text has 4001"),
    (
      .slack, "/services/KEY",
      #"{"text":"a","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"\#(long(3_001))"}}]}"#,
      "a block has 3001"
    ),
    (
      .discord, "/webhooks/1/KEY",
      #"{"content":"\#(long(2_001))","allowed_mentions":{"parse":[]}}"#, "content has 2001"
    ),
    (.discord, "/webhooks/1/KEY", #"{"content":"@everyone"}"#, "may call people"),
    (.msteams, "/workflows/1?sig=KEY", #"{"text":"\#(long(28_700))"}"#, "28672"),
    (.telegram, "/botKEY/sendMessage", #"{"chat_id":5,"text":"\#(long(4_097))"}"#, "too long"),
    (
      .telegram, "/botKEY/sendMessage", #"{"chat_id":5,"text":"a<b","parse_mode":"HTML"}"#,
      "can't parse entities"
    ),
    (
      .googlechat,
      "/v1/spaces/S/messages?token=KEY&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD",
      #"{"text":"\#(long(32_000))"}"#, "32000"
    ),
    (.mattermost, "/hooks/KEY", #"{"text":"\#(long(16_384))"}"#, "message has 16384"),
    (.mattermost, "/hooks/KEY", #"{"text":"hello @all"}"#, "calls people"),
    (.rocketchat, "/hooks/1/KEY", #"{"text":"\#(long(5_001))"}"#, "text has 5001"),
    (
      .ntfy, "",
      #"{"topic":"KEY","title":"a","message":"\#(String(repeating: "é", count: 2_049))"}"#,
      "message has 4098 bytes"
    ),
    (
      .pushover, "/1/messages.json",
      #"{"token":"KEY","user":"KEY","title":"a","message":"\#(long(1_025))"}"#, "message has 1025"
    ),
    (
      .pagerduty, "/v2/enqueue",
      #"{"routing_key":"KEY","dedup_key":"a","payload":{"summary":"\#(long(1_025))"}}"#,
      "summary has 1025"
    ),
    (.webhook, "/hook/KEY", #"{"version":"3"}"#, "no webhook of version 4"),
  ]

  @Test(arguments: refused)
  func `a message above a limit of its service is refused and complained of`(
    service: ChatService,
    path: String,
    body: String,
    complaint: String
  ) async throws {
    #expect(try await status(service, path, body) >= 400)
    #expect(sink.messages.isEmpty)
    #expect(sink.complaints.first?.contains(complaint) == true, "\(sink.complaints)")
    await sink.stop()
  }

  @Test(arguments: ChatService.allCases)
  func `without the secret nothing is taken`(service: ChatService) async throws {
    for path in [
      "", "/services/no", "/webhooks/1/no", "/botno/sendMessage", "/hooks/no", "/hook/no",
    ] {
      #expect(try await status(service, path, #"{"text":"a","topic":"no"}"#) >= 400)
    }
    #expect(sink.messages.isEmpty)
    await sink.stop()
  }

  @Test func `markup is read as the services show it`() async throws {
    let body = #"{"chat_id":5,"text":"<b>a</b> &lt;b&gt; &amp;amp;","parse_mode":"HTML"}"#
    #expect(try await status(.telegram, "/botKEY/sendMessage", body) == 200)
    let marked = #"{"text":"**a** \\*b\\* [c](http://d) x\\_y"}"#
    #expect(try await status(.mattermost, "/hooks/KEY", marked) == 200)
    #expect(sink.messages.map(\.text) == ["a <b> &amp;", "a *b* c x_y"])
    await sink.stop()
  }

  @Test func `moods are played once each, in order`() async throws {
    sink.play(.limited(seconds: 3), .failing(status: 503), .garbage)
    let good = #"{"text":"a"}"#
    var seen: [Int] = []
    for _ in 0..<4 { seen.append(try await status(.mattermost, "/hooks/KEY", good)) }
    #expect(seen == [429, 503, 200, 200])
    #expect(sink.messages.count == 1)
    #expect(sink.requests == 4)
    await sink.stop()
  }
}
