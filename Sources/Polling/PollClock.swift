// SPDX-License-Identifier: MIT
import Glibc
package import MetricModel

/// The clock the scheduler runs by.
package protocol PollClock: TimeSource {
  /// Returns at `instant`, or earlier when the task is cancelled.
  func sleep(until instant: Timestamp) async

  /// Time passed since some fixed moment, to measure spans with; never goes back.
  var uptime: Duration { get }
}

extension PollClock {
  /// As exact as ``TimeSource/now``: for clocks that stand still or are moved by hand.
  package var uptime: Duration { now - .epoch }
}

/// The system's clock; its sleeps share one thread.
package final class SystemClock: PollClock {
  private let timer = TimerThread()

  /// Makes the clock.
  package init() {}

  deinit {
    timer?.end()
  }

  package var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let milliseconds = Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    return Timestamp(unixMilliseconds: milliseconds)
  }

  package var uptime: Duration { TimerThread.uptime }

  package func sleep(until instant: Timestamp) async {
    let span = instant - now
    guard span > .zero else { return }
    if let timer {
      // A clock that is set back must not stretch the wait: it is counted in uptime.
      await timer.sleep(until: TimerThread.uptime + span)
    } else {
      // Cancelled: the caller looks at its task or its wake flag, which say why.
      try? await Task.sleep(for: span)
    }
  }
}

/// When a target is due: every interval, at a phase of its own, so that polls spread out.
package struct PollSlots: Equatable, Sendable {
  private let intervalMilliseconds: Int64
  private let phaseMilliseconds: Int64

  /// Spreads targets by a hash of `key`; the same key has the same phase after a restart.
  package init(key: String, interval: Duration) {
    intervalMilliseconds = max(1, interval.wholeMilliseconds)
    // FNV-1a: Swift's own hash differs from process to process.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    // The low bits of FNV depend too much on the last byte.
    phaseMilliseconds = Int64((hash >> 17) % UInt64(intervalMilliseconds))
  }

  /// The first slot after `instant`.
  package func next(after instant: Timestamp) -> Timestamp {
    let elapsed = instant.unixMilliseconds - phaseMilliseconds
    let slot = elapsed.floorDivided(by: intervalMilliseconds).quotient + 1
    return Timestamp(unixMilliseconds: slot * intervalMilliseconds + phaseMilliseconds)
  }
}
