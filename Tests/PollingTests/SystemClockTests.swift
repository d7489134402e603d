// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import Synchronization
import Testing

/// The clock that the daemon runs by, on the machine's own time.
@Suite struct SystemClockTests {
  @Test func `no sleep ends early, and all end`() async {
    let clock = SystemClock()
    let begin = clock.now
    await withTaskGroup(of: Void.self) { group in
      for span: Int64 in [60, 20, 40, 1] {
        group.addTask {
          await clock.sleep(until: begin + .milliseconds(span))
          #expect(clock.now >= begin + .milliseconds(span))
        }
      }
    }
  }

  @Test func `a sleep whose time has passed returns at once`() async {
    let clock = SystemClock()
    await clock.sleep(until: clock.now - .seconds(5))
    await clock.sleep(until: .distantPast)
  }

  @Test func `a cancelled sleep ends, before and after it began`() async {
    let clock = SystemClock()
    let far = clock.now + .seconds(3_600)
    let late = Task { await clock.sleep(until: far) }
    late.cancel()
    await late.value
    let begun = Task { await clock.sleep(until: far) }
    await clock.sleep(until: clock.now + .milliseconds(20))
    begun.cancel()
    await begun.value
  }

  @Test func `an earlier sleep that comes later is not held back`() async {
    let clock = SystemClock()
    let far = Task { await clock.sleep(until: clock.now + .seconds(3_600)) }
    await clock.sleep(until: clock.now + .milliseconds(10))
    await clock.sleep(until: clock.now + .milliseconds(10))
    far.cancel()
    await far.value
  }

  @Test func `a thousand sleeps of which half are cancelled all end`() async {
    let clock = SystemClock()
    let begin = clock.now
    let tasks = (0..<1_000).map { number in
      Task { await clock.sleep(until: begin + .milliseconds(Int64(number % 50))) }
    }
    for task in tasks.enumerated() where task.offset.isMultiple(of: 2) { task.element.cancel() }
    for task in tasks { await task.value }
  }

  @Test func `uptime never goes back`() {
    let clock = SystemClock()
    var last = clock.uptime
    for _ in 0..<1_000 {
      let now = clock.uptime
      #expect(now >= last)
      last = now
    }
  }
}
