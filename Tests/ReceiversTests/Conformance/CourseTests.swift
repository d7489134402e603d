// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Receivers
import Rules
import Simulator
import TestSupport
import Testing

/// What becomes of a message when the alert goes on, against a sink that knows the service's rules.
@Suite(.serialized) struct CourseTests {
  private let sink: ChatSink

  init() throws { sink = try ChatSink() }

  private func made(_ each: ReceiverCase) throws -> any Receiver {
    try #require(receiver(each.kind, each.yaml(sink)).receiver)
  }

  private func message(_ sequence: Int, endedAt ended: Double? = nil) -> AlertNotification {
    AlertNotification(
      eventID: "0123456789abcdef-kz-\(sequence)",
      integration: IntegrationID(receiver: "chat", kind: "test"),
      groupKey: #"{}:{alertname="NginxDown"}"#,
      groupLabels: LabelSet(["alertname": "NginxDown"]),
      sequence: sequence,
      reason: ended == nil ? .firing : .resolved,
      alerts: [NotifiedAlert(nginxDown("web1", endedAt: ended), isNew: ended == nil)],
      externalURL: "https://hvsmon.test",
      createdAt: time(10)
    )
  }

  /// The relation of a recovery to the message that a receiver called so.
  private func replacing(_ reference: MessageReference?) -> MessageRelation {
    reference.map { .replacing($0) } ?? .first
  }

  @Test(arguments: ReceiverCase.all)
  func `a recovery takes the place of the message where the service can edit, else follows it`(
    each: ReceiverCase
  ) async throws {
    let receiver = try made(each)
    let reference = try await receiver.deliver(message(1), .first)
    #expect((reference != nil) == each.canEdit)
    let again = try await receiver.deliver(message(2, endedAt: 60), replacing(reference))
    #expect(sink.complaints == [])
    let messages = sink.messages
    if each.canEdit {
      #expect(again == reference)
      #expect(messages.map(\.edits) == [1])
    } else if each.canEnd {
      #expect(messages.map(\.isOver) == [true])
    } else {
      #expect(messages.map(\.edits) == [0, 0])
    }
    if !each.canEnd { #expect(messages.last?.text.contains("RESOLVED") == true) }
    await sink.stop()
  }

  @Test(arguments: ReceiverCase.all.filter(\.canEdit))
  func `an edit of a message that is gone becomes a message of its own`(each: ReceiverCase)
    async throws
  {
    let receiver = try made(each)
    // What the service calls messages in general, with another number.
    let known = try #require(try await receiver.deliver(message(1), .first))
    let other = try #require(MessageReference(String(known.text.dropLast()) + "7"))
    let reference = try await receiver.deliver(message(2, endedAt: 60), .replacing(other))
    #expect(reference != nil)
    #expect(sink.messages.count == 2)
    #expect(sink.messages.last?.text.contains("RESOLVED") == true)
    await sink.stop()
  }

  @Test(arguments: ReceiverCase.all.filter(\.isIdempotent))
  func `the same message twice is one message`(each: ReceiverCase) async throws {
    let receiver = try made(each)
    for _ in 0..<3 { _ = try await receiver.deliver(message(1), .first) }
    #expect(sink.messages.count == 1)
    #expect(sink.complaints == [])
    await sink.stop()
  }

  @Test(arguments: ReceiverCase.all.filter(\.canEnd))
  func `a group that comes back opens anew`(each: ReceiverCase) async throws {
    let receiver = try made(each)
    _ = try await receiver.deliver(message(1), .first)
    _ = try await receiver.deliver(message(2, endedAt: 60), .first)
    _ = try await receiver.deliver(message(3), .first)
    #expect(sink.messages.map(\.isOver) == [true, false])
    await sink.stop()
  }

  @Test(arguments: ReceiverCase.all)
  func `a withdrawn alert is not told as recovered`(each: ReceiverCase) async throws {
    let gone = NotifiedAlert(nginxDown("web1", endedAt: 60), isWithdrawn: true)
    guard !each.canEnd, !each.isForPrograms else { return }
    #expect(await outcome(try made(each), notification([gone], reason: .resolved)) == nil)
    let text = try #require(sink.messages.last?.text)
    #expect(text.contains("WITHDRAWN"))
    #expect(!text.contains("RESOLVED"))
    await sink.stop()
  }

  @Test func `a Telegram group that became a supergroup is written to by its new number`()
    async throws
  {
    let yaml = "{bot_token: \(ChatSink.secret), chat_id: -1, api_url: '\(sink.url(of: .telegram))'}"
    let made = try #require(receiver("telegram", yaml).receiver)
    let reference = try await made.deliver(message(1), .first)
    #expect(reference?.text.hasPrefix("-1001 ") == true)
    #expect(sink.messages.count == 1)
    // The edit goes to where the message is.
    _ = try await made.deliver(message(2, endedAt: 60), replacing(reference))
    #expect(sink.messages.map(\.edits) == [1])
    await sink.stop()
  }

  @Test func `an Office 365 connector is refused with the way out`() {
    let url = "https://x.webhook.office.com/webhookb2/verysecretkey"
    let (made, issues) = receiver("msteams", "{webhook_url: '\(url)'}")
    #expect(made == nil)
    #expect(issues.contains { $0.contains("make a workflow") })
    #expect(!issues.contains { $0.contains("verysecretkey") })
  }

  @Test(arguments: ReceiverCase.all.filter { !$0.isForPrograms })
  func `the first line of a storm says how many alerts are how urgent`(each: ReceiverCase)
    async throws
  {
    let severities = ["page", "page", "warning", "info", "info", "info"]
    let storm = AlertNotification(
      eventID: "e-1",
      integration: IntegrationID(receiver: "chat", kind: "test"),
      groupKey: GroupID.storm(at: "chat").key,
      groupLabels: .empty,
      sequence: 1,
      reason: .storm,
      alerts: severities.enumerated().map { number, severity in
        NotifiedAlert(alert(["alertname": "A\(number)", "severity": severity]), isNew: true)
      },
      createdAt: time(10)
    )
    #expect(await outcome(try made(each), storm) == nil)
    #expect(sink.complaints == [])
    let text = (sink.messages.first?.text ?? "").filter { $0 != "\\" }
    #expect(text.contains("6 firing (2 page, 1 warning, 3 info)"), "\(text)")
    await sink.stop()
  }
}
