// SPDX-License-Identifier: MIT
import Dispatch
import Synchronization

/// Runs work on threads that stay for a while afterwards: to make one takes longer than many an
/// answer.
package final class ParkedThreads: Sendable {
  /// Where a thread waits.
  private final class Place: Sendable {
    let bell = DispatchSemaphore(value: 0)
    let work = Mutex<(@Sendable () -> Void)?>(nil)
  }

  private let idle = Mutex<[Place]>([])
  private let patience: Duration

  /// Makes a set without threads.
  ///
  /// - Parameter patience: How long a thread waits for more work before it ends.
  package init(patience: Duration = .seconds(10)) {
    self.patience = patience
  }

  /// The threads that wait for work.
  package var idleCount: Int { idle.withLock(\.count) }

  /// Runs `work` on the thread that was busy last, or on a new one.
  ///
  /// - Returns: Whether there was or could be made a thread.
  package func run(_ work: @escaping @Sendable () -> Void) -> Bool {
    if let place = idle.withLock({ $0.popLast() }) {
      place.work.withLock { $0 = work }
      place.bell.signal()
      return true
    }
    return Thread.start { [self] in
      work()
      stay()
    }
  }

  private func stay() {
    let place = Place()
    let wait = DispatchTimeInterval.milliseconds(Int(patience.wholeMilliseconds))
    while true {
      idle.withLock { $0.append(place) }
      if case .timedOut = place.bell.wait(timeout: .now() + wait) {
        let isUnwanted = idle.withLock { idle in
          let index = idle.firstIndex { $0 === place }
          if let index { idle.remove(at: index) }
          return index != nil
        }
        if isUnwanted { return }
        // Work was given to it at the last moment.
        place.bell.wait()
      }
      let work = place.work.withLock { $0.take() }
      work?()
    }
  }
}
