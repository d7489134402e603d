// SPDX-License-Identifier: MIT
import Synchronization

/// What long answers hold in memory until their readers have taken them, and how much that may be.
///
/// Connections bound how many answers wait, but not how long those are.
package final class UnreadAnswers: Sendable {
  /// Bytes that may wait.
  package let limitBytes: Int
  private let waiting = Mutex(0)

  /// Nothing waits yet.
  package init(limitBytes: Int = 64 << 20) {
    self.limitBytes = limitBytes
  }

  /// Why there is no room for another.
  package var refusal: String {
    "answers that wait to be read may have \(limitBytes) bytes together, and another has no room: "
      + "ask again later"
  }

  /// Whether an answer of so many bytes would be taken now; one alone always is.
  package func hasRoom(bytes: Int) -> Bool {
    waiting.withLock { $0 == 0 || $0 + bytes <= limitBytes }
  }

  /// Counts an answer in, if there is room; ``remove(bytes:)`` counts it out.
  func add(bytes: Int) -> Bool {
    waiting.withLock { waiting in
      guard waiting == 0 || waiting + bytes <= limitBytes else { return false }
      waiting += bytes
      return true
    }
  }

  /// Counts an answer out that was read or is given up.
  func remove(bytes: Int) {
    waiting.withLock { $0 -= bytes }
  }
}
