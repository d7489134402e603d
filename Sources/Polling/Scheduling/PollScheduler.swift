// SPDX-License-Identifier: MIT
package import Logging
import MetricModel
import Synchronization

/// Polls every target on its own slots, one task a target.
package actor PollScheduler {
  /// However often a target is asked, its polls are so far apart.
  package static let askDistance = Duration.milliseconds(200)

  private let clock: any PollClock
  private let recorder: any PollRecording
  private let logger: Logger
  private var loops: [String: Task<Void, Never>] = [:]
  /// The targets whose series may be live.
  private var recorded: Set<String> = []
  /// Counts the calls that change what is polled: while one awaits old loops another may come, and
  /// the last one wins.
  private var generation = 0
  /// How the loops of the targets are woken, by the targets' keys.
  private let wakers = Mutex<[String: TargetWaker]>([:])

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
      let waker = TargetWaker()
      wakers.withLock { $0[target.key] = waker }
      let loop = TargetLoop(
        target: target,
        waker: waker,
        clock: clock,
        recorder: recorder,
        logger: logger
      )
      // Ended and awaited by `endLoops()`.
      loops[target.key] = Task { await loop.run() }
    }
  }

  /// Has these targets polled at once, without waiting for their slots; returns at once, on any
  /// thread.
  ///
  /// A target that is being polled is polled again right after. One in doubt is asked at its
  /// confirmation pace only; one that is down is asked. No target is polled because of this within
  /// ``askDistance`` of its poll before: it is then asked when that has passed. The next poll of
  /// each says ``Poll/isAsked``, whatever brought it about. Unknown keys are ignored.
  ///
  /// - Parameter keys: As in ``Target/key``.
  package nonisolated func ask(_ keys: Set<String>) {
    let asked = wakers.withLock { wakers in keys.compactMap { wakers[$0] } }
    for waker in asked { waker.ask() }
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
    for (key, loop) in loops where loop.isCancelled {
      loops[key] = nil
      wakers.withLock { $0[key] = nil }
    }
  }
}
