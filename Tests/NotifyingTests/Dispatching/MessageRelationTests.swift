// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import TestSupport
import Testing

@Suite struct MessageRelationTests {
  private let reference = MessageReference("m1")

  private func earlier(at seconds: Double, _ severity: SeverityRank? = .warning) throws
    -> SentMessage
  {
    SentMessage(reference: try #require(reference), sentAt: time(seconds), severity: severity)
  }

  private func told(_ severity: String, endedAt ended: Double? = nil) -> NotifiedAlert {
    NotifiedAlert(alert("A", ["severity": severity], endedAt: ended), isNew: ended == nil)
  }

  private func relation(
    _ reason: NotificationReason,
    _ alert: NotifiedAlert,
    sequence: Int = 2,
    after seconds: Double = 10,
    _ severity: SeverityRank? = .warning
  ) throws -> MessageRelation {
    notification("g", [alert], sequence: sequence, reason: reason)
      .relation(to: try earlier(at: 0, severity), now: time(seconds))
  }

  @Test func `the first message of a group replaces nothing, whatever was left over`() throws {
    #expect(try relation(.firing, told("warning"), sequence: 1) == .first)
    let alone = notification("g", sequence: 2, reason: .resolved)
    #expect(alone.relation(to: nil, now: time(0)) == .first)
  }

  @Test func `what ends is edited in, however old the message is`() throws {
    let known = try #require(reference)
    let ended = told("warning", endedAt: 5)
    for reason in [NotificationReason.resolved, .partlyResolved] {
      #expect(try relation(reason, ended, after: 90_000) == .replacing(known))
    }
  }

  @Test func `what begins is edited into a young message of the same urgency only`() throws {
    let known = try #require(reference)
    #expect(try relation(.moreFiring, told("warning"), after: 300) == .replacing(known))
    #expect(try relation(.moreFiring, told("warning"), after: 301) == .following(known))
    #expect(try relation(.moreFiring, told("page")) == .following(known))
    #expect(try relation(.moreFiring, told("page"), .page) == .replacing(known))
    #expect(try relation(.moreFiring, told("info"), nil) == .following(known))
  }

  @Test func `a reminder calls people again`() throws {
    #expect(try relation(.repeated, told("warning")) == .following(try #require(reference)))
    #expect(try relation(.firing, told("warning")) == .following(try #require(reference)))
  }

  @Test func `an edited message keeps its age and its highest urgency`() throws {
    let edit = notification("g", [told("info")], sequence: 3, reason: .moreFiring)
    let kept = edit.message(called: reference, after: try earlier(at: 0), now: time(50))
    #expect(kept == (try earlier(at: 0)))
    let new = edit.message(called: MessageReference("m2"), after: try earlier(at: 0), now: time(50))
    #expect(new?.sentAt == time(50))
    #expect(new?.severity == .info)
  }

  @Test func `nothing is kept of a message that is over or cannot be found`() throws {
    let over = notification("g", [told("page", endedAt: 5)], sequence: 3, reason: .resolved)
    #expect(over.message(called: reference, after: try earlier(at: 0), now: time(9)) == nil)
    let lost = notification("g", [told("page")], sequence: 3, reason: .repeated)
    #expect(lost.message(called: nil, after: try earlier(at: 0), now: time(9)) == nil)
  }

  @Test func `a reference is short and says something`() {
    #expect(MessageReference("") == nil)
    #expect(MessageReference(String(repeating: "x", count: 1_025)) == nil)
    #expect(MessageReference(String(repeating: "x", count: 1_024)) != nil)
  }

  @Test func `the dispatcher hands back what the receiver called the message`() async throws {
    let bench = DispatchBench()
    let receiver = ScriptedReceiver()
    await bench.dispatcher.serve([integration(receiver)])
    var received = receiver.received.makeAsyncIterator()
    let ended = [told("warning", endedAt: 5)]
    await bench.queue(notification("a", [told("warning")]))
    _ = await received.next()
    #expect(await eventually { await bench.queue.messages["a"]?.reference.text == "chat-a-1" })
    await bench.queue(notification("a", [told("warning")], sequence: 2, reason: .repeated))
    _ = await received.next()
    #expect(await eventually { await bench.queue.messages["a"]?.reference.text == "chat-a-2" })
    await bench.queue(notification("b", [told("warning")]))
    _ = await received.next()
    await bench.queue(notification("a", ended, sequence: 3, reason: .resolved))
    _ = await received.next()
    await bench.dispatcher.stop(grace: .seconds(10))
    let first = try #require(MessageReference("chat-a-1"))
    let second = try #require(MessageReference("chat-a-2"))
    #expect(receiver.relations == [.first, .following(first), .first, .replacing(second)])
    #expect(await bench.queue.messages["a"] == nil)
  }
}
