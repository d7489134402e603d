// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Synchronization
import TestSupport
import Testing

/// What a dispatcher knows of its own way while another instance delivers.
@Suite struct DispatcherPeerTests {
  private let chat = IntegrationID(receiver: "chat", kind: "test")
  private let failure = DeliveryError.retryable(reason: "status 503", notBefore: nil)

  /// Leaves the groups that a test names, and lets those rest that begin with `rest`.
  private final class NamedGate: DeliveryGating {
    let left = Mutex<Set<String>>([])

    func verdict(on waiting: [QueuedNotification], now: Timestamp) -> DeliveryVerdict {
      let group = waiting.first?.notification.groupKey ?? ""
      if left.withLock({ $0.contains(group) }) { return .leave(waiting.map(\.id), toldBy: "other") }
      return group.hasPrefix("rest") ? .rest(until: now + .seconds(60)) : .deliver
    }

    func noteDelivered(
      _ notification: AlertNotification,
      leaving message: SentMessage?,
      at time: Timestamp
    ) {}
  }

  @Test func `people whom another instance reached are reached, but not from here`() async {
    let gate = NamedGate()
    let bench = DispatchBench(gate: gate)
    let receiver = ScriptedReceiver([failure])
    await bench.dispatcher.serve([integration(receiver)])
    await bench.queue(notification("a"))
    var received = receiver.received.makeAsyncIterator()
    _ = await received.next()
    let rest = await bench.sleeper.nextRest()
    #expect(await bench.dispatcher.unreached == [chat: time(0)])
    gate.left.withLock { _ = $0.insert("a") }
    bench.sleeper.advance(by: rest)
    #expect(await eventually { await bench.dispatcher.unreached.isEmpty })
    #expect(await bench.queue.toldElsewhere == ["other"])
    await bench.queue(notification("rest", at: 2))
    #expect(await bench.dispatcher.steady.isEmpty)
    await bench.dispatcher.stop(grace: .zero)
  }

  @Test func `what another instance told earlier says nothing of a later message`() async {
    let gate = NamedGate()
    let bench = DispatchBench(gate: gate)
    gate.left.withLock { _ = $0.insert("a") }
    let receiver = ScriptedReceiver([failure])
    await bench.dispatcher.serve([integration(receiver)])
    await bench.queue(notification("b", at: 5))
    var received = receiver.received.makeAsyncIterator()
    _ = await received.next()
    _ = await bench.sleeper.nextRest()
    await bench.queue(notification("a", at: 0))
    #expect(await eventually { await bench.queue.toldElsewhere == ["other"] })
    #expect(await bench.dispatcher.unreached == [chat: time(5)])
    await bench.dispatcher.stop(grace: .zero)
  }
}
