// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying
import Receivers
import Rules
import Simulator
import TestSupport
import Testing

/// What every registered receiver does, against a sink that knows its service's rules.
///
/// One at a time: the servers of the sinks share the threads with the rendering of large messages.
@Suite(.serialized) struct ConformanceTests {
  private let sink: ChatSink

  init() throws { sink = try ChatSink() }

  private func made(_ each: ReceiverCase, _ extra: String = "") throws -> any Receiver {
    let (made, issues) = receiver(each.kind, each.yaml(sink, extra: extra))
    #expect(issues == [])
    return try #require(made)
  }

  private func shown(_ message: ChatMessage?) -> String {
    // What breaks a mention has no width.
    String((message?.text ?? "").unicodeScalars.filter { $0 != "\u{200b}" })
  }

  private let one = notification([NotifiedAlert(nginxDown("web1"), isNew: true)])

  @Test func `every registered receiver is tested`() {
    let services = ReceiverServices(
      client: HTTPClient(userAgent: "hvsmon/test"),
      clock: ManualTimeSource(time(0))
    )
    let kinds = Set(allReceiverKinds(services).map(\.key))
    // Mail is no HTTP: `EmailTests` asks the same of it.
    #expect(kinds == Set(ReceiverCase.all.map(\.kind) + ["email"]))
  }

  @Test(arguments: ReceiverCase.all)
  func `the largest message is within the service's limits, and says how much is missing`(
    each: ReceiverCase
  ) async throws {
    let receiver = try made(each)
    for count in [1, 2, 120] where !(each.isForPrograms && count == 120) {
      #expect(await outcome(receiver, largeNotification(count)) == nil)
    }
    #expect(sink.complaints == [])
    // The three are about one group, so that a paging service has one incident.
    if !each.isForPrograms { #expect(shown(sink.messages.last).contains(" more")) }
    let ended = largeNotification(each.isForPrograms ? 2 : 120, endedAt: 60)
    #expect(await outcome(receiver, ended) == nil)
    #expect(sink.complaints == [])
    await sink.stop()
  }

  @Test(arguments: ReceiverCase.all)
  func `random texts of any length break no rule of the service`(each: ReceiverCase) async throws {
    let receiver = try made(each)
    var random = SeededRandom(seed: 7)
    for round in 0..<12 {
      let alerts = (0..<Int.random(in: 1...6, using: &random)).map { number in
        NotifiedAlert(
          alert(
            ["alertname": text(&random), "instance": text(&random), "n": "\(number)"],
            [Label("description", text(&random)), Label("summary", text(&random))],
            endedAt: Bool.random(using: &random) ? 60 : nil
          ),
          isNew: true
        )
      }
      #expect(
        await outcome(receiver, notification(alerts, eventID: "e-\(round)")) == nil,
        "round \(round)"
      )
    }
    #expect(sink.complaints == [])
    await sink.stop()
  }

  private func text(_ random: inout SeededRandom) -> String {
    let pieces = [
      "a", "é", "😀", "<", ">", "&", "\"", "\\", "*", "_", "`", "~", "|", "[", "]", "(", ")", "\n",
      " ",
      "\u{0}", "\u{7f}", "\u{85}", "\u{202e}", "@all", "</b>", "&lt;", "\u{301}", "x", "{{", "שׁ",
      "\r",
    ]
    let most = [4, 40, 400, 1_000].randomElement(using: &random) ?? 4
    let count = Int.random(in: 0...most, using: &random)
    return (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
  }

  @Test(arguments: ReceiverCase.all)
  func `names with markup, mentions and control characters are shown as text`(
    each: ReceiverCase
  ) async throws {
    let odd = alert(
      ["alertname": "A", "instance": NastyName.written, "severity": "page"],
      [Label("summary", "it is down"), Label("description", NastyName.written)]
    )
    #expect(await outcome(try made(each), notification([NotifiedAlert(odd, isNew: true)])) == nil)
    #expect(sink.complaints == [])
    let expected = each.isForPrograms ? NastyName.written : NastyName.seen
    let text = shown(sink.messages.first)
    #expect(text.contains(expected), "\(text)")
    await sink.stop()
  }

  @Test(arguments: ReceiverCase.all)
  func `the first line says it all, links lead on`(each: ReceiverCase) async throws {
    let told = alert(
      ["alertname": "NginxDown", "instance": "web1", "severity": "page"],
      [Label("runbook_url", "https://wiki.test/nginx?a=b&c=d"), Label("summary", "it is down")]
    )
    #expect(await outcome(try made(each), notification([NotifiedAlert(told, isNew: true)])) == nil)
    let message = try #require(sink.messages.first)
    if !each.isForPrograms {
      #expect(message.headline.contains("PAGE NginxDown (web1)"))
      #expect(shown(message).contains("since 03:04:05 UTC"))
    }
    await sink.stop()
  }

  @Test(arguments: ReceiverCase.all)
  func `a limit is no failure, and the wait is the service's`(each: ReceiverCase) async throws {
    let receiver = try made(each)
    sink.play(.limited(seconds: 7))
    guard case .retryable(_, .some(.seconds(7)))? = await outcome(receiver, one) else {
      Issue.record("\(each.name) does not wait for seven seconds")
      return
    }
    #expect(sink.requests == 1)
    #expect(await outcome(receiver, one) == nil)
    await sink.stop()
  }

  @Test(arguments: ReceiverCase.all)
  func `a failure of the service is worth another try, without haste`(each: ReceiverCase)
    async throws
  {
    let receiver = try made(each)
    for status in [500, 502, 503, 504] {
      sink.play(.failing(status: status))
      guard case .retryable(let reason, _)? = await outcome(receiver, one) else {
        Issue.record("\(each.name) gives up at \(status)")
        continue
      }
      #expect(reason.contains("status \(status)"))
    }
    #expect(sink.requests == 4)
    await sink.stop()
  }

  @Test(arguments: ReceiverCase.all)
  func `a refusal is final`(each: ReceiverCase) async throws {
    let receiver = try made(each)
    for status in [401, 403, 404, 410, 413] {
      sink.play(.failing(status: status))
      guard case .permanent(let reason)? = await outcome(receiver, one) else {
        Issue.record("\(each.name) goes on at \(status)")
        continue
      }
      #expect(reason.contains("status \(status)"))
    }
    #expect(sink.requests == 5)
    await sink.stop()
  }

  @Test(arguments: ReceiverCase.all)
  func `a message of which the form is refused is tried once more at most, then it is final`(
    each: ReceiverCase
  ) async throws {
    sink.play(.failing(status: 400), .failing(status: 400), .failing(status: 400))
    guard case .permanent? = await outcome(try made(each), one) else {
      Issue.record("\(each.name) goes on at 400")
      return
    }
    #expect((1...2).contains(sink.requests))
    await sink.stop()
  }

  @Test(arguments: ReceiverCase.all)
  func `a page of something in between is not taken for a success`(each: ReceiverCase)
    async throws
  {
    sink.play(.garbage)
    let error = await outcome(try made(each), one)
    if each.believesAnySuccess {
      #expect(error == nil)
    } else if case .retryable? = error {
    } else {
      Issue.record("\(String(describing: error))")
    }
    await sink.stop()
  }

  @Test(arguments: ReceiverCase.all)
  func `a service that does not answer in time is tried again`(each: ReceiverCase) async throws {
    sink.play(.slow(.seconds(20)))
    guard case .retryable(let reason, nil)? = await outcome(try made(each, ", timeout: 1s"), one)
    else {
      Issue.record("\(each.name) does not end in time")
      return
    }
    #expect(reason.contains("within 1.0 s"))
    await sink.stop()
  }

  @Test(arguments: ReceiverCase.all)
  func `a service that is not there is tried again`(each: ReceiverCase) async throws {
    let receiver = try made(each)
    await sink.stop()
    guard case .retryable(let reason, nil)? = await outcome(receiver, one) else {
      Issue.record("\(each.name) gives up")
      return
    }
    #expect(reason.contains("127.0.0.1"))
    #expect(!reason.contains(ChatSink.secret))
  }

  @Test(arguments: ReceiverCase.all)
  func `no error shows the secret, even when the service repeats it`(each: ReceiverCase)
    async throws
  {
    let peer = try Peer([
      .text("wrong key \(ChatSink.secret) at /x/\(ChatSink.secret)/y", status: 404)
    ])
    let base = "http://\(peer.host)"
    let text = each.settings.replacing("BASE", with: base)
    let yaml = "{\(text.replacing("KEY", with: ChatSink.secret))}"
    let (made, issues) = receiver(each.kind, yaml)
    #expect(issues == [])
    let error = await outcome(made, one)
    #expect(error?.description.contains("status 404") == true)
    #expect(error?.description.contains(ChatSink.secret.prefix(8)) == false)
    #expect(!"\(String(reflecting: made)) \(String(describing: made))".contains(ChatSink.secret))
    await sink.stop()
  }

  @Test(arguments: ReceiverCase.all)
  func `a fault in the settings does not show the secret`(each: ReceiverCase) {
    let text = each.settings.replacing("BASE", with: "nowhere").replacing(
      "KEY",
      with: "very secret"
    )
    let (_, issues) = receiver(each.kind, "{\(text), nonsense: 1}")
    #expect(issues.contains { $0.contains("nonsense") })
    #expect(!issues.contains { $0.contains("very secret") })
    let (none, missing) = receiver(each.kind, "{}")
    #expect(none == nil)
    #expect(missing.contains { $0.contains("is required here") })
  }
}
