// SPDX-License-Identifier: MIT
import Configuration
import Logging
import MetricModel
import Polling
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct PollSchedulerTests {
  private let harness = SchedulerHarness()
  private let refused = CollectionError.unreachable(kind: "refused", reason: "nobody listens")

  @Test func `a target is first polled within a second and then on its slots`() async {
    let collector = ScriptedCollector(.working)
    let target = harness.target(collector)
    let began = harness.clock.now
    let first = await harness.start(target)
    #expect(first - began <= .seconds(1))
    var times = [first]
    for _ in 0..<3 {
      let slot = harness.nextSlot(of: target)
      await harness.wake(at: slot)
      times.append(slot)
    }
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(collector.polls.map(\.time) == times)
    #expect(harness.recorder.records.map(\.time) == times)
    #expect(times[2] - times[1] == .seconds(10) && times[3] - times[2] == .seconds(10))
    #expect(harness.recorder.records.map(\.counts.polls) == [1, 2, 3, 4])
    await harness.scheduler.stop()
  }

  @Test func `a poll that begins a little late carries its slot's time`() async {
    let collector = ScriptedCollector(.working)
    let target = harness.target(collector)
    let first = harness.firstPoll(of: target)
    await harness.scheduler.replaceTargets([target])
    await harness.clock.waitForSleeper(until: first)
    harness.clock.advance(to: first + .milliseconds(20))
    let second = PollSlots(key: target.key, interval: .seconds(10)).next(after: harness.clock.now)
    await harness.clock.waitForSleeper(until: second)
    harness.clock.advance(to: second + .milliseconds(21))
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(harness.recorder.records.map(\.time) == [first, second + .milliseconds(21)])
    await harness.scheduler.stop()
  }

  @Test func `a first failure is held back and asked again, the second is published`() async {
    let collector = ScriptedCollector(.working, .failing(refused))
    let target = harness.target(collector)
    _ = await harness.start(target)
    let slot = harness.nextSlot(of: target)
    await harness.wake(at: slot)
    await harness.clock.waitForSleeper(until: slot + .seconds(1))
    #expect(harness.recorder.records.count == 1)
    await harness.wake(at: slot + .seconds(1))
    let next = harness.nextSlot(of: target)
    await harness.clock.waitForSleeper(until: next)
    let published = harness.recorder.records.last
    #expect(harness.recorder.records.count == 2)
    #expect(published?.time == slot + .seconds(1))
    #expect(published?.counts.polls == 3)
    #expect(published?.counts.failures == ["refused": 2])
    guard case .failure(refused) = published?.outcome else {
      Issue.record("not the failure: \(String(describing: published))")
      return
    }
    // A target that is known to be down is polled at its slots and published at once.
    await harness.wake(at: next)
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(harness.recorder.records.count == 3)
    await harness.scheduler.stop()
  }

  @Test func `a success in between stays quiet`() async {
    let collector = ScriptedCollector(.working, .failing(refused), .working)
    let target = harness.target(collector)
    _ = await harness.start(target)
    let slot = harness.nextSlot(of: target)
    await harness.wake(at: slot)
    await harness.wake(at: slot + .seconds(1))
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    let failures = harness.recorder.records.filter {
      if case .failure = $0.outcome { true } else { false }
    }
    #expect(failures.isEmpty)
    #expect(harness.recorder.records.count == 2)
    #expect(harness.recorder.records.last?.counts.failures == ["refused": 1])
    #expect(!harness.sink.lines.contains { $0.contains("target is down") })
    await harness.scheduler.stop()
  }

  @Test func `a broken target with samples is settled like a failure`() async {
    let collector = ScriptedCollector(.broken(.unexpectedStatus(500), isUp: true))
    let target = harness.target(collector)
    let first = await harness.start(target)
    await harness.wake(at: first + .seconds(1))
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(harness.recorder.records.count == 1)
    guard case .success(let collection)? = harness.recorder.records.first?.outcome else {
      Issue.record("no samples")
      return
    }
    #expect(collection.failure == .unexpectedStatus(500) && collection.samples.count == 1)
    await harness.scheduler.stop()
  }

  @Test func `down and working again are logged once each, with the reason`() async {
    let collector = ScriptedCollector(
      .failing(refused),
      .failing(refused),
      .failing(refused),
      .working
    )
    let target = harness.target(collector)
    let first = await harness.start(target)
    await harness.wake(at: first + .seconds(1))
    await harness.wake(at: harness.nextSlot(of: target))
    await harness.wake(at: harness.nextSlot(of: target))
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(
      harness.sink.lines.map { $0.split(separator: " ", maxSplits: 1)[1] } == [
        #"level=info area=polling msg="poll failed, asking again" target=scripted/web/a reason=refused error="nobody listens""#,
        #"level=warning area=polling msg="target is down" target=scripted/web/a reason=refused error="nobody listens""#,
        #"level=info area=polling msg="target works again" target=scripted/web/a"#,
      ]
    )
    await harness.scheduler.stop()
  }

  @Test func `a closed connection makes the target be asked at once`() async throws {
    let collector = ScriptedCollector(.working)
    let target = harness.target(collector)
    let first = await harness.start(target)
    let slot = harness.nextSlot(of: target)
    await harness.clock.waitForSleeper(until: slot)
    harness.clock.advance(to: first + .milliseconds(300))
    let closed = try #require(collector.polls.first?.connectionClosed)
    let watch = harness.clock.now
    closed()
    await harness.polls(collector, 2)
    #expect(collector.polls[1].time == watch)
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(harness.recorder.records.last?.time == watch)
    #expect(harness.recorder.records.last?.counts.connectionsClosed == 1)
    await harness.scheduler.stop()
  }

  @Test func `news that a collector hears make the target be asked at once, however often`()
    async throws
  {
    let collector = ScriptedCollector(.working)
    let target = harness.target(collector)
    let first = await harness.start(target)
    var time = first
    for count in 1...6 {
      await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
      time = time + .milliseconds(300)
      harness.clock.advance(to: time)
      try #require(collector.polls.last).newsArrived()
      await harness.polls(collector, count + 1)
      #expect(collector.polls[count].time == time)
      #expect(collector.polls[count].isAsked)
    }
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(harness.recorder.records.last?.isAsked == true)
    #expect(harness.recorder.records.last?.counts.connectionsClosed == 0)
    await harness.scheduler.stop()
  }

  @Test func `a closed connection is ignored while the target is in doubt`() async throws {
    let collector = ScriptedCollector(.working, .failing(refused), .working)
    let target = harness.target(collector)
    _ = await harness.start(target)
    let slot = harness.nextSlot(of: target)
    await harness.wake(at: slot)
    await harness.clock.waitForSleeper(until: slot + .seconds(1))
    let closed = try #require(collector.polls.first?.connectionClosed)
    closed()
    // Woken in vain, the target lies down again until its confirmation.
    await harness.wake(at: slot + .seconds(1))
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(
      collector.polls.map(\.time.unixMilliseconds).last == (slot + .seconds(1)).unixMilliseconds
    )
    #expect(collector.polls.count == 3)
    #expect(harness.recorder.records.last?.counts.connectionsClosed == 0)
    await harness.scheduler.stop()
  }

  @Test func `a peer that closes every connection is not asked without end`() async throws {
    let collector = ScriptedCollector(.working)
    let target = harness.target(collector)
    _ = await harness.start(target)
    let slot = harness.nextSlot(of: target)
    await harness.clock.waitForSleeper(until: slot)
    let closed = try #require(collector.polls.first?.connectionClosed)
    for count in 2...4 {
      closed()
      await harness.polls(collector, count)
      await harness.clock.waitForSleeper(until: slot)
    }
    closed()
    await harness.wake(at: slot)
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(collector.polls.count == 5)
    #expect(collector.polls.last?.time == slot)
    #expect(harness.recorder.records.last?.counts.connectionsClosed == 3)
    await harness.scheduler.stop()
  }

  @Test func `connections are not watched when the settings say so`() async {
    let collector = ScriptedCollector(.working)
    var settings = PollSettings.plain()
    settings.watchesConnections = false
    _ = await harness.start(harness.target(collector, settings))
    await harness.polls(collector, 1)
    #expect(collector.polls.first?.connectionClosed == nil)
    #expect(collector.polls.first?.timeout == .seconds(4))
    await harness.scheduler.stop()
  }

  @Test func `a collector that overstays its timeout is given up`() async {
    let collector = ScriptedCollector(.waitsForCancellation)
    let target = harness.target(collector, .plain(failures: 1))
    let first = await harness.start(target)
    let giveUp = first + .seconds(4) + .milliseconds(500)
    await harness.wake(at: giveUp)
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    let record = harness.recorder.records.first
    guard case .failure(.timedOut(after: .seconds(4)))? = record?.outcome else {
      Issue.record("not a timeout: \(String(describing: record))")
      return
    }
    #expect(record?.duration == .milliseconds(4_500))
    await harness.scheduler.stop()
    #expect(collector.running == 0)
  }

  @Test func `a collector that cannot be stopped counts as down and is never asked twice`() async {
    let collector = ScriptedCollector(.ignoresCancellation, .working)
    let target = harness.target(collector)
    let first = await harness.start(target)
    await harness.wake(at: first + .milliseconds(4_500))
    // The confirmation, due by now, finds the collector still at the first question.
    let next = harness.nextSlot(of: target)
    await harness.clock.waitForSleeper(until: next)
    #expect(collector.polls.count == 1 && collector.runningMax == 1)
    #expect(harness.recorder.records.count == 1)
    #expect(harness.recorder.records.first?.counts.failures == ["timeout": 2])
    collector.release()
    await harness.returned(collector)
    await harness.wake(at: next)
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(collector.polls.count == 2)
    guard case .success = harness.recorder.records.last?.outcome else {
      Issue.record("the target does not work again")
      return
    }
    await harness.scheduler.stop()
  }

  @Test func `a poll longer than the interval leaves slots out instead of overlapping`() async {
    let collector = ScriptedCollector(.waitsForCancellation, .working)
    var settings = PollSettings.plain(failures: 1, interval: .seconds(1))
    settings.timeout = .seconds(4)
    let target = harness.target(collector, settings)
    let first = await harness.start(target)
    await harness.wake(at: first + .milliseconds(4_500))
    let next = harness.nextSlot(of: target)
    #expect(next - first == .seconds(5))
    await harness.wake(at: next)
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(collector.polls.map(\.time) == [first, next])
    #expect(collector.runningMax == 1)
    await harness.scheduler.stop()
  }
}
