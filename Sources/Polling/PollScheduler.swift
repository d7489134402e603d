// SPDX-License-Identifier: MIT
package import Logging
import MetricModel

/// Polls every target on its own slots, one task a target.
package actor PollScheduler {
  private let clock: any PollClock
  private let recorder: any PollRecording
  private let logger: Logger
  private var loops: [String: Task<Void, Never>] = [:]

  /// Makes a scheduler without targets.
  package init(clock: any PollClock, recorder: any PollRecording, logger: Logger) {
    self.clock = clock
    self.recorder = recorder
    self.logger = logger
  }

  /// Polls these targets from now on, in place of those polled so far.
  ///
  /// Polls under way are given up; the series of targets that are gone end.
  package func replaceTargets(_ targets: [Target]) async {
    let old = Set(loops.keys)
    await stop()
    recorder.forget(targets: old.subtracting(targets.map(\.key)).sorted(), at: clock.now)
    for target in targets where loops[target.key] == nil {
      let loop = TargetLoop(target: target, clock: clock, recorder: recorder, logger: logger)
      // Ended and awaited by `stop()`.
      loops[target.key] = Task { await loop.run() }
    }
  }

  /// Gives up all polls and returns when none runs any more.
  package func stop() async {
    let ending = loops
    loops = [:]
    for loop in ending.values { loop.cancel() }
    for loop in ending.values { await loop.value }
  }
}
