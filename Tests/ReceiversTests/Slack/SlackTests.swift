// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Net
import Notifying
import Rules
import TestSupport
import Testing

@Suite struct SlackTests {
  private struct Message: Decodable {
    struct Block: Decodable {
      struct Text: Decodable { let type: String, text: String }
      let type: String
      let text: Text?
      let elements: [Text]?
    }
    struct Attachment: Decodable {
      typealias Block = Message.Block
      let color: String
      let blocks: [Block]
    }
    let text: String
    let blocks: [Block]?
    let attachments: [Attachment]?
  }

  private func sent(
    _ notification: AlertNotification,
    _ answers: [ServerResponse] = [.text("ok")]
  ) async throws -> (error: DeliveryError?, messages: [Message]) {
    let peer = try Peer(answers)
    let (made, issues) = receiver("slack", "{webhook_url: '\(peer.url)'}")
    #expect(issues == [])
    let error = await outcome(made, notification)
    let messages = try peer.requests.map {
      try JSONDecoder().decode(Message.self, from: Data($0.body))
    }
    return (error, messages)
  }

  private func message(_ notification: AlertNotification) async throws -> Message {
    let (error, messages) = try await sent(notification)
    #expect(error == nil)
    return try #require(messages.first)
  }

  private func texts(_ message: Message) -> [String] {
    (message.attachments ?? []).flatMap(\.blocks).flatMap { block in
      [block.text?.text].compactMap { $0 } + (block.elements ?? []).map(\.text)
    }
  }

  @Test func `the first line says severity, name, object, meaning, since when and value`()
    async throws
  {
    let message = try await message(notification([NotifiedAlert(nginxDown("web1"), isNew: true)]))
    #expect(
      message.text
        == "WARNING NginxDown (web1, tier lb): nginx on web1 does not answer, "
        + "since 03:04:05 UTC"
    )
    #expect(message.attachments?.first?.color == "#e8a317")
    #expect(
      texts(message) == [
        "Look at the error log.",
        "<https://hvsmon.test/graph?query=up%20%3D%3D%200|Source>",
        "begins to fire · alertname=NginxDown · <https://hvsmon.test|hvsmon>",
      ]
    )
  }

  @Test func `a recovery says how long it lasted`() async throws {
    let ended = NotifiedAlert(nginxDown("web1", endedAt: 177))
    let message = try await message(notification([ended], reason: .resolved))
    #expect(
      message.text
        == "RESOLVED NginxDown (web1, tier lb): nginx on web1 does not answer, "
        + "fired 03:04:05 UTC, resolved 03:07:02 UTC after 2m 57s"
    )
    #expect(message.attachments?.first?.color == "#2ea44f")
  }

  @Test func `a firing that could not be delivered is told with its end, and says so`()
    async throws
  {
    let ended = NotifiedAlert(nginxDown("web1", endedAt: 177), isNew: true)
    let late = notification([ended], reason: .resolved, delayedSince: 0)
    let text = try await message(late).text
    #expect(text.hasSuffix("resolved 03:07:02 UTC after 2m 57s, delivery was delayed"))
  }

  @Test func `an alert that nobody reports any more is withdrawn, not resolved`() async throws {
    let gone = NotifiedAlert(nginxDown("web1", endedAt: 60), isWithdrawn: true)
    let message = try await message(notification([gone], reason: .resolved))
    #expect(message.text.hasPrefix("WITHDRAWN NginxDown"))
    #expect(message.text.hasSuffix("no rule reports it since 03:05:05 UTC after 1m"))
    #expect(message.attachments?.first?.color == "#8d8d8d")
  }

  @Test func `an alert whose target cannot be asked is told as unknown`() async throws {
    let unknown = alert(["alertname": "A", "severity": "page"], isUnknown: true)
    let message = try await message(notification([NotifiedAlert(unknown)], reason: .repeated))
    #expect(
      message.text
        == "PAGE A: since 03:04:05 UTC, unknown now: its target cannot be asked"
    )
    #expect(message.attachments?.first?.color == "#d9302c")
  }

  @Test func `several alerts are counted, the important ones named first`() async throws {
    var alerts = (1...4).map { NotifiedAlert(nginxDown("web\($0)"), isNew: $0 > 2) }
    alerts.append(NotifiedAlert(nginxDown("web0", endedAt: 60)))
    let message = try await message(notification(alerts, reason: .moreFiring))
    #expect(
      message.text
        == "WARNING NginxDown: 4 firing (2 new), 1 resolved: [web3, tier lb] [web4, tier lb] "
        + "[web1, tier lb] +2 more, since 03:04:05 UTC"
    )
    let sections = texts(message)
    // Each alert has its texts and its links.
    #expect(sections.count == 11)
    #expect(
      sections[0] == """
        new NginxDown web3, tier lb
        nginx on web3 does not answer.
        since 03:04:05 UTC
        Look at the error log.
        """
    )
    #expect(sections[8].hasPrefix("resolved NginxDown web0, tier lb"))
  }

  @Test func `a large group is cut and says how much is missing`() async throws {
    let alerts = (0..<500).map { NotifiedAlert(nginxDown("web\($0)"), isNew: true) }
    let message = try await message(notification(alerts))
    let sections = texts(message)
    #expect(sections.count == 22)
    #expect(sections[20] == "and 490 more")
    #expect(message.text.contains("500 firing"))
  }

  @Test func `texts cannot mention people, make links or leave their line`() async throws {
    let odd = alert(
      ["alertname": "A<!channel>", "instance": "x&y\n<@U1>", "severity": "warning"],
      [Label("summary", "see <http://evil|here>\nnow")]
    )
    let text = try await message(notification([NotifiedAlert(odd)])).text
    #expect(
      text
        == "WARNING A&lt;!channel&gt; (x&amp;y &lt;@U1&gt;): "
        + "see &lt;http://evil|here&gt; now, since 03:04:05 UTC"
    )
  }

  @Test func `texts of any length stay within Slack's limits and whole`() async throws {
    let long = String(repeating: "👨‍👩‍👧&<é", count: 3_000)
    let odd = alert(
      ["alertname": long, "instance": long],
      [Label("description", long), Label("summary", long)]
    )
    for alerts in [[odd], (0..<30).map { alert(["alertname": long, "n": "\($0)"]) } + [odd]] {
      let message = try await message(notification(alerts.map { NotifiedAlert($0) }))
      #expect(message.text.utf16.count <= 3_000)
      #expect(message.text.hasSuffix("…"))
      for text in texts(message) {
        #expect(text.utf16.count <= 3_000)
        // No escape is cut in its middle.
        #expect(!text.split(separator: "&").dropFirst().contains { !$0.contains(";") })
      }
    }
  }

  @Test func `a form that is refused is sent once more as plain text`() async throws {
    let answers = [ServerResponse.text("invalid_blocks", status: 400), .text("ok")]
    let (error, messages) = try await sent(
      notification([NotifiedAlert(nginxDown("web1"))]),
      answers
    )
    #expect(error == nil)
    #expect(messages.count == 2)
    #expect(messages.last?.attachments == nil)
    #expect(messages.first?.text == messages.last?.text)
  }

  @Test func `a refusal of plain text too is final`() async throws {
    let answer = [ServerResponse.text("no_text", status: 400)]
    let (error, messages) = try await sent(notification([NotifiedAlert(nginxDown("a"))]), answer)
    guard case .permanent(let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.hasSuffix("status 400: no_text"))
    #expect(messages.count == 2)
  }

  @Test func `200 with anything but ok is not a success`() async throws {
    let (error, _) = try await sent(
      notification([NotifiedAlert(nginxDown("a"))]),
      [.text("<html>log in first</html>")]
    )
    guard case .retryable? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `a limit of Slack is passed on with its wait`() async throws {
    let answer = ServerResponse(status: 429, headers: ["Retry-After": "30"])
    let (error, _) = try await sent(notification([NotifiedAlert(nginxDown("a"))]), [answer])
    guard case .retryable(_, .some(.seconds(30)))? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
