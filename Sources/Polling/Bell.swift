// SPDX-License-Identifier: MIT
import Glibc

/// Wakes a thread that waits for descriptors with a limit.
///
/// The limit follows the monotonic clock, which a semaphore's does not.
package final class Bell: Sendable {
  private let reading: Int32
  private let writing: Int32

  /// Nil when the system has no descriptors left.
  package init?() {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    reading = ends[0]
    writing = ends[1]
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
  }

  deinit {
    close(reading)
    close(writing)
  }

  /// Ends the present wait, or the next one; on any thread.
  package func ring() {
    var byte: UInt8 = 1
    // A full pipe rings already.
    _ = write(writing, &byte, 1)
  }

  /// Waits until it rings, one of the descriptors can be read, or the time is over.
  ///
  /// - Parameters:
  ///   - descriptors: Of open files; they are not read.
  ///   - limit: Rounded up to milliseconds; nil waits without an end.
  package func wait(besides descriptors: [Int32] = [], atMost limit: Duration?) {
    var waited = ([reading] + descriptors).map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    let (seconds, attoseconds) = (limit ?? .zero).components
    let milliseconds = seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    let most = limit == nil ? -1 : Int32(clamping: max(0, milliseconds))
    _ = poll(&waited, nfds_t(waited.count), most)
    var bytes = [UInt8](repeating: 0, count: 64)
    while read(reading, &bytes, bytes.count) > 0 {}
  }
}
