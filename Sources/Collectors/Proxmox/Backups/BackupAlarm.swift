// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import Synchronization

/// Has the target polled when a run that has not begun counts as missed, instead of at the slot after
/// that; it owns the task that waits, and ends it when it goes away.
final class BackupAlarm: Sendable {
  /// A deadline that is further away is left to a later poll.
  private static let reach = Duration.seconds(3_600)

  private let waiting = Mutex<Task<Void, Never>?>(nil)

  deinit {
    waiting.withLock { $0?.cancel() }
  }

  /// Waits for this deadline from now on, and for none that was set before.
  func set(_ deadline: Timestamp?, after poll: Poll) {
    let pause = deadline.map { $0 - poll.time }.flatMap { $0 < Self.reach ? $0 : nil }
    let task = pause.map { pause in
      Task {
        do {
          try await Task.sleep(for: pause)
          poll.newsArrived()
        } catch {
          // Another deadline has taken its place.
        }
      }
    }
    waiting.withLock { waiting in
      waiting?.cancel()
      waiting = task
    }
  }
}
