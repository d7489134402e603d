// SPDX-License-Identifier: MIT

/// Lets a task rest; the system's clock in the daemon, a manual one in tests.
package protocol Sleeping: Sendable {
  /// Returns after `span`, or as soon as the task is cancelled.
  func sleep(for span: Duration) async
}

/// Rests on the system's monotonic clock.
package struct SystemSleeper: Sleeping {
  /// Makes a sleeper.
  package init() {}

  package func sleep(for span: Duration) async {
    do {
      try await Task.sleep(for: span)
    } catch {
      // Cancelled: the caller looks at its task and knows.
    }
  }
}
