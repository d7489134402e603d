// SPDX-License-Identifier: MIT
package import Logging
import MetricModel

/// Polls every target on its own slots, one task a target.
package actor PollScheduler {
  private let clock: any PollClock
  private let recorder: any PollRecording
  private let logger: Logger
  private var loops: [String: Task<Void, Never>] = [:]
  /// The targets whose series may be live.
  private var recorded: Set<String> = []
  /// Counts the calls that change what is polled: while one awaits old loops another may come, and
  /// the last one wins.
  private var generation = 0

  /// Makes a scheduler without targets.
  package init(clock: any PollClock, recorder: any PollRecording, logger: Logger) {
    self.clock = clock
    self.recorder = recorder
    self.logger = logger
  }

  /// Polls these targets from now on, in place of those polled so far.
  ///
  /// Polls under way are given up; the series of targets that are gone end. Of targets with the
  /// same key the first is polled.
  package func replaceTargets(_ targets: [Target]) async {
    generation += 1
    let own = generation
    await endLoops()
    guard own == generation else { return }
    let keys = Set(targets.map(\.key))
    recorder.forget(targets: recorded.subtracting(keys).sorted(), at: clock.now)
    recorded = keys
    for target in targets where loops[target.key] == nil {
      let loop = TargetLoop(target: target, clock: clock, recorder: recorder, logger: logger)
      // Ended and awaited by `endLoops()`.
      loops[target.key] = Task { await loop.run() }
    }
  }

  /// Gives up all polls and returns when none runs any more; their series do not end.
  package func stop() async {
    generation += 1
    await endLoops()
  }

  private func endLoops() async {
    let ending = loops.values
    for loop in ending { loop.cancel() }
    for loop in ending { await loop.value }
    // A call that came meanwhile waited for the same loops and may have started others.
    for (key, loop) in loops where loop.isCancelled { loops[key] = nil }
  }
}
