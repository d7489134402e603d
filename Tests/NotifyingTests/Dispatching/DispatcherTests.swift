// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Notifying
import TestSupport
import Testing

@Suite struct DispatcherTests {
  private let chat = IntegrationID(receiver: "chat", kind: "test")
  private let failure = DeliveryError.retryable(reason: "status 503", notBefore: nil)

  @Test func `a queued notification is delivered, removed and counted`() async {
    let bench = DispatchBench()
    let receiver = ScriptedReceiver()
    await bench.dispatcher.serve([integration(receiver)])
    await bench.queue(notification("a"), notification("b"))
    var received = receiver.received.makeAsyncIterator()
    #expect(await received.next()?.eventID == "chat-a-1")
    #expect(await received.next()?.eventID == "chat-b-1")
    await bench.dispatcher.stop(grace: .seconds(10))
    #expect(await bench.queue.waiting == 0)
    let statistics = await bench.dispatcher.statistics[chat]
    #expect(statistics?.delivered == 2)
    #expect(statistics?.requests == 2)
    #expect(statistics?.latencyBuckets.first == 2)
  }

  @Test func `failed tries wait twice as long each, up to five minutes, then it arrives`() async {
    let bench = DispatchBench()
    let receiver = ScriptedReceiver(Array(repeating: failure, count: 12))
    await bench.dispatcher.serve([integration(receiver)])
    await bench.queue(notification("a"))
    var received = receiver.received.makeAsyncIterator()
    var waits: [Double] = []
    for _ in 0..<12 {
      _ = await received.next()
      let rest = await bench.sleeper.nextRest()
      waits.append(rest.inSeconds)
      bench.sleeper.advance(by: rest)
    }
    #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
    #expect(await received.next()?.eventID == "chat-a-1")
    await bench.dispatcher.stop(grace: .seconds(10))
    let statistics = await bench.dispatcher.statistics[chat]
    #expect(statistics?.retried == 12)
    #expect(statistics?.delivered == 1)
    #expect(statistics?.failed == 0)
    #expect(statistics?.lastFailure == nil)
  }

  @Test func `waits are spread between half and all of the full wait`() async {
    let clock = ManualTimeSource(time(0))
    let sleeper = ManualSleeper(clock)
    let queue = MemoryQueue()
    let dispatcher = Dispatcher(
      queue: queue,
      clock: clock,
      sleeper: sleeper,
      random: SeededRandom(seed: 3),
      logger: Logger(area: "notifying", sink: MemorySink())
    )
    let receiver = ScriptedReceiver(Array(repeating: failure, count: 20))
    await dispatcher.serve([integration(receiver)])
    var waits: Set<Duration> = []
    for number in 0..<20 {
      var plan = NotificationPlan()
      plan.notifications = [notification("\(number)")]
      _ = await queue.commit(plan)
      await dispatcher.wake()
      let rest = await sleeper.nextRest()
      waits.insert(rest)
      await dispatcher.serve([])
      await dispatcher.serve([integration(receiver)])
    }
    #expect(waits.allSatisfy { $0 >= .milliseconds(500) && $0 <= .seconds(1) })
    #expect(waits.count > 10)
    await dispatcher.stop(grace: .zero)
  }

  @Test func `one group that fails does not hold the others of its receiver`() async {
    let bench = DispatchBench()
    let receiver = ScriptedReceiver([failure])
    await bench.dispatcher.serve([integration(receiver)])
    await bench.queue(notification("a"), notification("b"))
    var received = receiver.received.makeAsyncIterator()
    #expect(await received.next()?.groupKey == "a")
    #expect(await received.next()?.groupKey == "b")
    bench.sleeper.advance(by: await bench.sleeper.nextRest())
    #expect(await received.next()?.groupKey == "a")
    await bench.dispatcher.stop(grace: .seconds(10))
  }

  @Test func `a peer that asks to wait holds every message to it, and no other peer's`() async {
    let bench = DispatchBench()
    let limited = DeliveryError.retryable(reason: "status 429", notBefore: .seconds(30))
    let (slow, quick) = (ScriptedReceiver([limited]), ScriptedReceiver())
    await bench.dispatcher.serve([integration(slow), integration(quick, "pager")])
    await bench.queue(notification("a"), notification("b"), notification("c", to: "pager"))
    var (slowReceived, quickReceived) = (
      slow.received.makeAsyncIterator(), quick.received.makeAsyncIterator()
    )
    #expect(await slowReceived.next()?.groupKey == "a")
    #expect(await quickReceived.next()?.groupKey == "c")
    #expect(await bench.sleeper.nextRest() == .seconds(30))
    #expect(await bench.dispatcher.statistics[chat]?.requests == 1)
    bench.sleeper.advance(by: .seconds(30))
    #expect(await slowReceived.next()?.groupKey == "a")
    #expect(await slowReceived.next()?.groupKey == "b")
    await bench.dispatcher.stop(grace: .seconds(10))
  }

  @Test func `a peer's wish is obeyed for ten minutes at most`() async {
    let bench = DispatchBench()
    let greedy = DeliveryError.retryable(reason: "status 429", notBefore: .seconds(86_400))
    let receiver = ScriptedReceiver([greedy])
    await bench.dispatcher.serve([integration(receiver)])
    await bench.queue(notification("a"))
    #expect(await bench.sleeper.nextRest() == .seconds(600))
    await bench.dispatcher.stop(grace: .zero)
  }

  @Test func `a permanent refusal is given up at once, logged and counted`() async {
    let bench = DispatchBench()
    let receiver = ScriptedReceiver([.permanent(reason: "status 404 from hooks.test")])
    await bench.dispatcher.serve([integration(receiver)])
    await bench.queue(notification("a"), notification("b"))
    var received = receiver.received.makeAsyncIterator()
    #expect(await received.next()?.groupKey == "a")
    #expect(await received.next()?.groupKey == "b")
    await bench.dispatcher.stop(grace: .seconds(10))
    #expect(await bench.queue.deadLetters == ["status 404 from hooks.test"])
    #expect(await bench.dispatcher.statistics[chat]?.failed == 1)
    #expect(bench.log.lines.contains { $0.contains("level=error") && $0.contains("404") })
  }

  @Test func `a notification that could not be delivered for a day is given up`() async {
    let bench = DispatchBench()
    let receiver = ScriptedReceiver(Array(repeating: failure, count: 5))
    await bench.dispatcher.serve([integration(receiver)])
    await bench.queue(notification("a"))
    var received = receiver.received.makeAsyncIterator()
    // A day passes at once: five tries are still made.
    bench.sleeper.advance(by: .seconds(86_400))
    for _ in 0..<4 {
      _ = await received.next()
      bench.sleeper.advance(by: await bench.sleeper.nextRest())
    }
    _ = await received.next()
    await bench.dispatcher.stop(grace: .seconds(10))
    #expect(await bench.queue.deadLetters == ["not delivered for 1d15s, at last: status 503"])
    #expect(await bench.dispatcher.statistics[chat]?.retried == 4)
  }

  @Test func `a firing that could not be delivered and its end arrive as one message`() async {
    let bench = DispatchBench()
    let receiver = ScriptedReceiver([failure])
    await bench.dispatcher.serve([integration(receiver)])
    await bench.queue(notification("a"))
    var received = receiver.received.makeAsyncIterator()
    #expect(await received.next()?.isResolved == false)
    _ = await bench.sleeper.nextRest()
    let end = [NotifiedAlert(alert(endedAt: 0.5))]
    await bench.queue(notification("a", end, sequence: 2, reason: .resolved, at: 0.5))
    bench.sleeper.advance(by: .seconds(1))
    let combined = await received.next()
    #expect(combined?.eventID == "chat-a-2")
    #expect(combined?.reason == .resolved)
    #expect(combined?.delayedSince == time(0))
    #expect(combined?.alerts == [NotifiedAlert(alert(endedAt: 0.5), isNew: true)])
    await bench.dispatcher.stop(grace: .seconds(10))
    #expect(await bench.queue.waiting == 0)
    #expect(await bench.dispatcher.statistics[chat]?.delivered == 2)
  }

  @Test func `a stop waits for a call under way`() async {
    let bench = DispatchBench()
    let gate = Gate()
    let receiver = ScriptedReceiver(gate: gate)
    await bench.dispatcher.serve([integration(receiver)])
    await bench.queue(notification("a"))
    var received = receiver.received.makeAsyncIterator()
    _ = await received.next()
    async let stopped: Void = bench.dispatcher.stop(grace: .seconds(5))
    _ = await bench.sleeper.nextRest()
    gate.open()
    await stopped
    #expect(await bench.queue.waiting == 0)
  }

  @Test func `a call that outlasts the grace is cancelled and its notification stays`() async {
    let bench = DispatchBench()
    let receiver = ScriptedReceiver(gate: Gate())
    await bench.dispatcher.serve([integration(receiver)])
    await bench.queue(notification("a"), notification("b"))
    var received = receiver.received.makeAsyncIterator()
    _ = await received.next()
    async let stopped: Void = bench.dispatcher.stop(grace: .seconds(5))
    bench.sleeper.advance(by: await bench.sleeper.nextRest())
    await stopped
    #expect(await bench.queue.waiting == 2)
    #expect(await bench.dispatcher.statistics[chat]?.retried == 0)
  }

  @Test func `what waits for a receiver that was removed is given up`() async {
    let bench = DispatchBench()
    await bench.queue(notification("a", to: "gone"))
    await bench.dispatcher.serve([integration(ScriptedReceiver())])
    #expect(await bench.queue.deadLetters == ["its receiver is no longer in the settings"])
    await bench.dispatcher.stop(grace: .zero)
  }

  @Test func `new settings of a receiver hold for what already waits`() async {
    let bench = DispatchBench()
    let (old, new) = (ScriptedReceiver([failure]), ScriptedReceiver())
    await bench.dispatcher.serve([integration(old)])
    await bench.queue(notification("a"))
    var oldReceived = old.received.makeAsyncIterator()
    _ = await oldReceived.next()
    let rest = await bench.sleeper.nextRest()
    await bench.dispatcher.serve([integration(new)])
    bench.sleeper.advance(by: rest)
    var newReceived = new.received.makeAsyncIterator()
    #expect(await newReceived.next()?.eventID == "chat-a-1")
    await bench.dispatcher.stop(grace: .seconds(10))
  }

  @Test
  func `a retry has the id of the first try, and with news that joined it the id of the news`()
    async
  {
    let bench = DispatchBench()
    let receiver = ScriptedReceiver([failure, failure, failure])
    await bench.dispatcher.serve([integration(receiver)])
    await bench.queue(notification("a"))
    var received = receiver.received.makeAsyncIterator()
    var ids: [String?] = [await received.next()?.eventID]
    bench.sleeper.advance(by: await bench.sleeper.nextRest())
    // The same content: a service that had taken the first try must not show it twice.
    ids.append(await received.next()?.eventID)
    _ = await bench.sleeper.nextRest()
    await bench.queue(notification("a", sequence: 2, reason: .moreFiring))
    bench.sleeper.advance(by: .seconds(2))
    // Another content: a service that had taken the first must show this one too.
    ids.append(await received.next()?.eventID)
    bench.sleeper.advance(by: await bench.sleeper.nextRest())
    ids.append(await received.next()?.eventID)
    #expect(ids == ["chat-a-1", "chat-a-1", "chat-a-2", "chat-a-2"])
    await bench.dispatcher.stop(grace: .seconds(10))
  }

  @Test func `each failed try is kept with its time and answer, the latest twenty of them`() async {
    let bench = DispatchBench()
    let limited = DeliveryError.retryable(reason: "status 429", notBefore: .seconds(5))
    let failures = [limited] + Array(repeating: failure, count: 24)
    let receiver = ScriptedReceiver(failures)
    await bench.dispatcher.serve([integration(receiver)])
    await bench.queue(notification("a"))
    var received = receiver.received.makeAsyncIterator()
    _ = await received.next()
    bench.sleeper.advance(by: await bench.sleeper.nextRest())
    _ = await received.next()
    let rest = await bench.sleeper.nextRest()
    let tries = await bench.queue.tries
    #expect(
      tries == [
        [
          FailedTry(at: time(0), answer: "status 429"),
          FailedTry(at: time(5), answer: "status 503"),
        ]
      ]
    )
    bench.sleeper.advance(by: rest)
    for _ in 2..<25 {
      _ = await received.next()
      bench.sleeper.advance(by: await bench.sleeper.nextRest())
    }
    _ = await received.next()
    await bench.dispatcher.stop(grace: .seconds(10))
    #expect(QueuedNotification.triesMax == 20)
  }

  @Test func `what was not reached before a restart counts until something arrives`() async {
    let bench = DispatchBench()
    let gone = IntegrationID(receiver: "gone", kind: "test")
    await bench.queue.begin(with: [chat: time(-100), gone: time(-50)])
    let receiver = ScriptedReceiver()
    await bench.dispatcher.serve([integration(receiver)])
    #expect(await bench.dispatcher.unreached == [chat: time(-100)])
    await bench.queue(notification("a"))
    var received = receiver.received.makeAsyncIterator()
    _ = await received.next()
    await bench.dispatcher.stop(grace: .seconds(10))
    #expect(await bench.dispatcher.unreached == [:])
  }

  @Test func `a message past the queue waits for its turn, or says when that is`() async {
    let bench = DispatchBench()
    let limited = Integration(
      id: chat,
      rate: DeliveryRate(2, per: .seconds(60)),
      receiver: ScriptedReceiver()
    )
    await bench.dispatcher.serve([limited])
    #expect(await bench.dispatcher.takeTurn(of: chat, within: .zero) == nil)
    #expect(await bench.dispatcher.takeTurn(of: chat, within: .zero) == nil)
    #expect(await bench.dispatcher.takeTurn(of: chat, within: .seconds(59)) == time(60))
    async let turn = bench.dispatcher.takeTurn(of: chat, within: .seconds(60))
    bench.sleeper.advance(by: await bench.sleeper.nextRest())
    #expect(await turn == nil)
    let unlimited = IntegrationID(receiver: "other", kind: "test")
    #expect(await bench.dispatcher.takeTurn(of: unlimited, within: .zero) == nil)
    // Two go at once, or none does.
    #expect(await bench.dispatcher.takeTurn(of: chat, for: 2, within: .zero) == time(120))
    #expect(await bench.dispatcher.takeTurn(of: chat, for: 1, within: .zero) == nil)
    #expect(await bench.dispatcher.takeTurn(of: chat, for: 3, within: .zero) == .distantFuture)
    await bench.dispatcher.stop(grace: .zero)
  }
}
