// SPDX-License-Identifier: MIT
import Configuration
import Logging
import MetricModel
import Polling
import TestSupport

/// One scheduler under a manual clock, and the instants its targets are expected to wake.
struct SchedulerHarness {
  let clock: ManualTimeSource
  let recorder = RecordingRecorder()
  let sink = MemorySink()
  let scheduler: PollScheduler

  init(start: Timestamp = Timestamp(unixMilliseconds: 1_700_000_000_000)) {
    clock = ManualTimeSource(start)
    scheduler = PollScheduler(
      clock: clock,
      recorder: recorder,
      logger: Logger(area: "polling", threshold: .debug, sink: sink, clock: { 0 })
    )
  }

  func target(
    _ collector: any Collector,
    instance: String = "a",
    _ poll: PollSettings = .plain()
  ) -> Target {
    Target(instance: instance, tier: "web", collector: collector, poll: poll)
  }

  /// When the first poll of a target is due.
  func firstPoll(of target: Target) -> Timestamp {
    PollSlots(key: target.key, interval: .seconds(1)).next(after: clock.now)
  }

  /// When the next regular poll of a target is due.
  func nextSlot(of target: Target) -> Timestamp {
    PollSlots(key: target.key, interval: target.poll.interval).next(after: clock.now)
  }

  /// Waits until the target sleeps until `instant`, then moves the clock there.
  func wake(at instant: Timestamp) async {
    await clock.waitForSleeper(until: instant)
    clock.advance(to: instant)
  }

  /// Starts one target and runs its first poll, which answers at once.
  ///
  /// - Returns: The instant of that poll.
  func start(_ target: Target) async -> Timestamp {
    let first = firstPoll(of: target)
    await scheduler.replaceTargets([target])
    await wake(at: first)
    return first
  }

  /// Waits until the collector was asked so often.
  func polls(_ collector: ScriptedCollector, _ count: Int) async {
    while collector.polls.count < count { await Task.yield() }
  }

  /// Waits until no call of the collector is under way.
  func returned(_ collector: ScriptedCollector) async {
    while collector.running > 0 { await Task.yield() }
  }

  /// Waits until the call of the collector that is under way was told to stop.
  func cancelled(_ collector: ScriptedCollector) async {
    while !collector.wasCancelled { await Task.yield() }
  }
}
