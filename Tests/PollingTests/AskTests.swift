// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Polling
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct AskTests {
  private let harness = SchedulerHarness()
  private let refused = CollectionError.unreachable(kind: "refused", reason: "nobody listens")

  /// Starts a target and moves the clock a second past its first poll.
  private func started(_ collector: ScriptedCollector, instance: String = "a") async -> Target {
    let target = harness.target(collector, instance: instance)
    let first = await harness.start(target)
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    harness.clock.advance(to: first + .milliseconds(300))
    return target
  }

  @Test func `who is asked is polled at once, and the poll says so`() async {
    let collector = ScriptedCollector(.working)
    let target = await started(collector)
    let now = harness.clock.now
    harness.scheduler.ask([target.key, "unknown//key"])
    await harness.polls(collector, 2)
    let slot = harness.nextSlot(of: target)
    await harness.wake(at: slot)
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(collector.polls.map(\.isAsked) == [false, true, false])
    #expect(collector.polls[1].time == now && collector.polls[2].time == slot)
    #expect(harness.recorder.records.map(\.began) == collector.polls.map(\.time))
    #expect(harness.recorder.records.last?.counts.connectionsClosed == 0)
    await harness.scheduler.stop()
  }

  @Test func `only who is asked is polled`() async {
    let asked = ScriptedCollector(.working)
    let other = ScriptedCollector(.working)
    let targets = [harness.target(asked), harness.target(other, instance: "b")]
    let firsts = targets.map(harness.firstPoll)
    await harness.scheduler.replaceTargets(targets)
    for first in firsts { await harness.clock.waitForSleeper(until: first) }
    harness.clock.advance(by: .seconds(1))
    await harness.polls(asked, 1)
    await harness.polls(other, 1)
    for target in targets {
      await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    }
    harness.clock.advance(by: .milliseconds(200))
    harness.scheduler.ask([targets[0].key])
    await harness.polls(asked, 2)
    await harness.scheduler.stop()
    #expect(other.polls.count == 1)
  }

  @Test func `a storm of questions leads to one poll in 200 ms`() async {
    let collector = ScriptedCollector(.working)
    let target = await started(collector)
    let slot = harness.nextSlot(of: target)
    let begin = harness.clock.now
    harness.scheduler.ask([target.key])
    await harness.polls(collector, 2)
    for round in Int64(1)...4 {
      await harness.clock.waitForSleeper(until: slot)
      for _ in 0..<50 { harness.scheduler.ask([target.key]) }
      // Asked too soon, it lies down again until the distance has passed.
      await harness.wake(at: begin + .milliseconds(200 * round))
      await harness.polls(collector, Int(round) + 2)
    }
    await harness.clock.waitForSleeper(until: slot)
    #expect(
      collector.polls.dropFirst().map { ($0.time - begin).wholeMilliseconds }
        == [0, 200, 400, 600, 800]
    )
    let answers = collector.polls.dropFirst().map(\.isAsked)
    #expect(answers == [true, true, true, true, true])
    await harness.scheduler.stop()
  }

  @Test func `questions do not use up what closed connections may`() async throws {
    let collector = ScriptedCollector(.working)
    let target = await started(collector)
    let slot = harness.nextSlot(of: target)
    for count in 2...7 {
      harness.scheduler.ask([target.key])
      await harness.polls(collector, count)
      await harness.clock.waitForSleeper(until: slot)
      harness.clock.advance(by: PollScheduler.askDistance)
    }
    let closed = try #require(collector.polls.last?.connectionClosed)
    for count in 8...10 {
      closed()
      await harness.polls(collector, count)
      await harness.clock.waitForSleeper(until: slot)
    }
    closed()
    await harness.wake(at: slot)
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(collector.polls.count == 11 && collector.polls.last?.time == slot)
    #expect(harness.recorder.records.last?.counts.connectionsClosed == 3)
    await harness.scheduler.stop()
  }

  @Test func `in doubt the confirmation keeps its pace, and answers the question`() async {
    let collector = ScriptedCollector(.working, .failing(refused))
    let target = await started(collector)
    let slot = harness.nextSlot(of: target)
    await harness.wake(at: slot)
    let confirmation = slot + .seconds(1)
    await harness.clock.waitForSleeper(until: confirmation)
    harness.scheduler.ask([target.key])
    harness.clock.advance(by: .milliseconds(500))
    await harness.wake(at: confirmation)
    await harness.polls(collector, 3)
    #expect(collector.polls.map(\.time).last == confirmation)
    #expect(collector.polls.map(\.isAsked) == [false, false, true])
    await harness.scheduler.stop()
  }

  @Test func `a target that is down is asked, and may be back`() async {
    let collector = ScriptedCollector(.failing(refused), .failing(refused), .working)
    let target = harness.target(collector)
    let first = await harness.start(target)
    await harness.wake(at: first + .seconds(1))
    let slot = harness.nextSlot(of: target)
    await harness.clock.waitForSleeper(until: slot)
    harness.clock.advance(by: .milliseconds(250))
    let asked = harness.clock.now
    harness.scheduler.ask([target.key])
    await harness.polls(collector, 3)
    await harness.clock.waitForSleeper(until: slot)
    #expect(harness.recorder.records.last?.began == asked)
    guard case .success? = harness.recorder.records.last?.outcome else {
      Issue.record("not back")
      return
    }
    await harness.scheduler.stop()
  }

  @Test func `a question during a poll is answered by another one right after`() async {
    let collector = ScriptedCollector(.ignoresCancellation, .working)
    let target = harness.target(collector)
    _ = await harness.start(target)
    await harness.polls(collector, 1)
    harness.scheduler.ask([target.key])
    harness.clock.advance(by: .milliseconds(700))
    collector.release()
    await harness.polls(collector, 2)
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(collector.polls.count == 2 && collector.runningMax == 1)
    #expect(collector.polls[1].time == harness.clock.now && collector.polls[1].isAsked)
    await harness.scheduler.stop()
  }

  @Test func `a target that was never polled is polled at once`() async {
    let collector = ScriptedCollector(.working)
    let target = harness.target(collector)
    let first = harness.firstPoll(of: target)
    await harness.scheduler.replaceTargets([target])
    await harness.clock.waitForSleeper(until: first)
    harness.scheduler.ask([target.key])
    await harness.polls(collector, 1)
    #expect(collector.polls.first?.time == harness.clock.now)
    await harness.scheduler.stop()
    harness.scheduler.ask([target.key])
    #expect(harness.clock.sleepers.isEmpty)
  }

  @Test func `the recorder hears of a first doubt, and of no other`() async {
    let collector = ScriptedCollector(
      .failing(refused),
      .failing(refused),
      .working,
      .failing(refused)
    )
    let target = harness.target(collector, .plain(failures: 3))
    let first = await harness.start(target)
    // From the start nothing was known: that it fails is no news.
    await harness.wake(at: first + .seconds(1))
    await harness.wake(at: first + .seconds(2))
    let slot = harness.nextSlot(of: target)
    await harness.wake(at: slot)
    await harness.wake(at: slot + .seconds(1))
    await harness.wake(at: slot + .seconds(2))
    await harness.wake(at: harness.nextSlot(of: target))
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(harness.recorder.doubts.map(\.key) == [target.key])
    #expect(harness.recorder.doubts.first?.time == slot)
    await harness.scheduler.stop()
  }

  @Test func `a settled poll is told by when it began, once its samples are there`() {
    struct Seen: Equatable {
      var settled: Timestamp?
      var doubts: [String] = []
    }
    let seen = Mutex(Seen())
    let door = Mutex<Ingest?>(nil)
    let target = IngestHarness.target()
    let ingest = Ingest(
      catalog: MetricCatalog(IngestMetrics.all),
      cluster: "hvs",
      store: RecordingStore(),
      latest: LatestSamples(),
      logger: .silent,
      observer: { _ in
        let settled = door.withLock { $0?.lastSettled(target.key) }
        seen.withLock { $0.settled = settled }
      },
      doubtObserver: { target, time in
        seen.withLock { $0.doubts.append("\(target.key) \(time.unixMilliseconds)") }
      }
    )
    door.withLock { $0 = ingest }
    #expect(ingest.lastSettled(target.key) == nil)
    ingest.record(
      PollRecord(
        target: target,
        time: IngestHarness.at(10),
        began: IngestHarness.at(10) + .milliseconds(7),
        duration: .zero,
        outcome: .failure(refused),
        counts: PollCounts()
      )
    )
    #expect(ingest.lastSettled(target.key) == IngestHarness.at(10) + .milliseconds(7))
    #expect(seen.withLock { $0.settled } == ingest.lastSettled(target.key))
    ingest.doubt(target, at: IngestHarness.at(11))
    #expect(seen.withLock { $0.doubts } == ["scripted/web/a 11000"])
    ingest.forget(targets: [target.key], at: IngestHarness.at(12))
    #expect(ingest.lastSettled(target.key) == nil)
  }
}
