// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying
import TestSupport
import Testing

@Suite struct DeliveryRateTests {
  @Test(arguments: [
    ("20/m", 20, 60.0), ("1/s", 1, 1), ("5/2s", 5, 2), ("100/h", 100, 3_600), ("3/500ms", 3, 0.5),
  ])
  func `a rate is a number of messages and a time`(text: String, count: Int, seconds: Double) throws
  {
    let rate = try #require(DeliveryRate(text))
    #expect(rate.count == count)
    #expect(rate.span == .milliseconds(Int(seconds * 1_000)))
  }

  @Test(arguments: ["", "20", "/m", "0/m", "-1/m", "20/", "20/x", "a/m", "1/2/m", "1/0s", "1/90d"])
  func `what is no rate is refused`(text: String) {
    #expect(DeliveryRate(text) == nil)
  }

  @Test func `the settings take a rate for each item, else the kind's own`() throws {
    struct Kind: ReceiverKind {
      let key = "test"
      let standardRate: DeliveryRate? = DeliveryRate(1, per: .seconds(1))

      func make(_ section: SettingsSection) -> (any Receiver)? { SilentReceiver() }
    }
    func read(_ items: String) -> (rates: [DeliveryRate?], issues: [String]) {
      let text = "notifications: {receivers: [{name: a, test: [\(items)]}]}"
      let tree = SettingsTree(parsing: Array(text.utf8), file: "f.yml")
      let settings = NotificationSettings.read(tree.root.section("notifications"), kinds: [Kind()])
      return (settings?.integrations.map(\.rate) ?? [], tree.issues.map(\.description))
    }
    let (rates, issues) = read("{}, {rate: 20/m}")
    #expect(issues == [])
    #expect(rates == [DeliveryRate(1, per: .seconds(1)), DeliveryRate(20, per: .seconds(60))])
    #expect(read("{rate: fast}").issues.first?.contains("such as 20/m, not \"fast\"") == true)
  }

  @Test func `a receiver is sent no more than its rate, and nothing is left behind`() async throws {
    let bench = DispatchBench()
    let receiver = ScriptedReceiver()
    let limited = Integration(
      id: IntegrationID(receiver: "chat", kind: "test"),
      rate: DeliveryRate(2, per: .seconds(10)),
      receiver: receiver
    )
    await bench.dispatcher.serve([limited])
    var received = receiver.received.makeAsyncIterator()
    await bench.queue(notification("a"), notification("b"), notification("c"), notification("d"))
    #expect(await received.next()?.groupKey == "a")
    #expect(await received.next()?.groupKey == "b")
    #expect(await bench.sleeper.nextRest() == .seconds(10))
    bench.sleeper.advance(by: .seconds(10))
    #expect(await received.next()?.groupKey == "c")
    #expect(await received.next()?.groupKey == "d")
    await bench.dispatcher.stop(grace: .zero)
  }

  @Test func `a failing integration is named with the time of what did not arrive`() async throws {
    let bench = DispatchBench()
    let receiver = ScriptedReceiver([.retryable(reason: "503", notBefore: nil), nil])
    let (failures, failure) = AsyncStream.makeStream(of: Void.self)
    await bench.dispatcher.whenFailing { failure.yield() }
    await bench.dispatcher.serve([integration(receiver)])
    var received = receiver.received.makeAsyncIterator()
    await bench.queue(notification("a", at: -5))
    _ = await received.next()
    var told = failures.makeAsyncIterator()
    _ = await told.next()
    let chat = IntegrationID(receiver: "chat", kind: "test")
    #expect(await bench.dispatcher.unreached == [chat: time(-5)])
    _ = await bench.sleeper.nextRest()
    bench.sleeper.advance(by: .seconds(2))
    _ = await received.next()
    #expect(await eventually { await bench.dispatcher.unreached.isEmpty })
    await bench.dispatcher.stop(grace: .zero)
  }

  @Test func `what is repeated weekly is not given up after a day`() async throws {
    var policy = DeliveryPolicy()
    policy.triesBeforeGivingUp = 1
    let bench = DispatchBench(policy: policy)
    let receiver = ScriptedReceiver([.retryable(reason: "503", notBefore: nil), nil])
    await bench.dispatcher.serve([integration(receiver)], patience: .seconds(7 * 86_400))
    var received = receiver.received.makeAsyncIterator()
    await bench.queue(notification("a", at: -2 * 86_400))
    _ = await received.next()
    _ = await bench.sleeper.nextRest()
    bench.sleeper.advance(by: .seconds(2))
    #expect(await received.next()?.groupKey == "a")
    #expect(await bench.queue.deadLetters == [])
    await bench.dispatcher.stop(grace: .zero)
  }
}
