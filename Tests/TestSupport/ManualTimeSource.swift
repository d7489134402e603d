// SPDX-License-Identifier: MIT
package import MetricModel
import Synchronization

/// A clock that stands still until a test moves it.
package final class ManualTimeSource: TimeSource {
  private let instant: Mutex<Timestamp>

  /// Starts the clock at `start`.
  package init(_ start: Timestamp = .epoch) {
    instant = Mutex(start)
  }

  package var now: Timestamp { instant.withLock { $0 } }

  /// Moves the clock forward.
  package func advance(by span: Duration) {
    instant.withLock { $0 = $0 + span }
  }
}
