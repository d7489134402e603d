// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Polling
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct SchedulerLifeTests {
  private let harness = SchedulerHarness()

  @Test func `stopping gives up polls under way and waits for them`() async {
    let collector = ScriptedCollector(.waitsForCancellation)
    _ = await harness.start(harness.target(collector))
    await harness.polls(collector, 1)
    await harness.scheduler.stop()
    #expect(collector.running == 0)
    #expect(harness.clock.sleepers.isEmpty)
    #expect(harness.recorder.records.isEmpty)
    #expect(harness.recorder.forgotten.allSatisfy { $0.keys.isEmpty })
  }

  @Test func `stopping ends targets that sleep`() async {
    let targets = (0..<20).map { harness.target(ScriptedCollector(.working), instance: "\($0)") }
    await harness.scheduler.replaceTargets(targets)
    await harness.scheduler.stop()
    #expect(harness.clock.sleepers.isEmpty)
    harness.clock.advance(by: .seconds(60))
    #expect(harness.recorder.records.isEmpty)
  }

  @Test func `replacing targets ends the series of those that are gone`() async {
    let kept = harness.target(ScriptedCollector(.working), instance: "kept")
    let gone = harness.target(ScriptedCollector(.working), instance: "gone")
    let new = harness.target(ScriptedCollector(.working), instance: "new")
    await harness.scheduler.replaceTargets([kept, gone])
    harness.clock.advance(by: .seconds(5))
    await harness.scheduler.replaceTargets([kept, new])
    #expect(harness.recorder.forgotten.map(\.keys) == [[], ["scripted/web/gone"]])
    #expect(harness.recorder.forgotten.last?.time == harness.clock.now)
    await harness.scheduler.replaceTargets([])
    #expect(harness.recorder.forgotten.last?.keys == ["scripted/web/kept", "scripted/web/new"])
    #expect(harness.clock.sleepers.isEmpty)
  }

  @Test func `targets go on after a stop, and those then gone still end`() async {
    let first = harness.target(ScriptedCollector(.working), instance: "first")
    await harness.scheduler.replaceTargets([first])
    await harness.scheduler.stop()
    let collector = ScriptedCollector(.working)
    _ = await harness.start(harness.target(collector, instance: "second"))
    await harness.polls(collector, 1)
    #expect(harness.recorder.forgotten.last?.keys == ["scripted/web/first"])
    await harness.scheduler.stop()
  }

  @Test func `a stop that comes while targets are replaced wins`() async {
    let slow = ScriptedCollector(.ignoresCancellation)
    let scheduler = harness.scheduler
    _ = await harness.start(harness.target(slow))
    await harness.polls(slow, 1)
    let later = ScriptedCollector(.working)
    let target = harness.target(later, instance: "later")
    // The collector holds this one up until the stop is under way.
    async let replaced: Void = scheduler.replaceTargets([target])
    await harness.cancelled(slow)
    async let stopped: Void = scheduler.stop()
    await Task.yield()
    slow.release()
    await replaced
    await stopped
    await scheduler.stop()
    #expect(harness.clock.sleepers.isEmpty)
    harness.clock.advance(by: .seconds(60))
    #expect(later.polls.isEmpty)
  }

  @Test func `of targets with one key the first is polled`() async {
    let first = ScriptedCollector(.working)
    let second = ScriptedCollector(.working)
    let target = harness.target(first)
    let due = harness.firstPoll(of: target)
    await harness.scheduler.replaceTargets([target, harness.target(second)])
    await harness.wake(at: due)
    await harness.clock.waitForSleeper(until: harness.nextSlot(of: target))
    #expect(first.polls.count == 1 && second.polls.isEmpty)
    await harness.scheduler.stop()
  }

  @Test func `a target's labels leave out what it has not`() {
    let collector = ScriptedCollector(.working)
    let target = Target(instance: "a", collector: collector, poll: .plain())
    #expect(target.labels == LabelSet(["job": "scripted", "instance": "a"]))
    #expect(target.key == "scripted//a")
    let member = Target(
      instance: "a",
      tier: "t",
      node: "n",
      collector: collector,
      poll: .plain()
    )
    #expect(
      member.labels == LabelSet(["job": "scripted", "instance": "a", "tier": "t", "node": "n"])
    )
  }
}
