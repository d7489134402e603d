// SPDX-License-Identifier: MIT

/// How a database file is opened.
package struct OpenOptions: Equatable, Sendable {
  /// What the connection may do with the file.
  package enum Access: Equatable, Sendable {
    /// Reads and writes, and makes the file when there is none.
    case create
    /// Reads and writes a file that exists.
    case readWrite
    /// Only reads.
    case readOnly
  }

  /// When a commit waits for the disk.
  package enum Synchronous: String, Equatable, Sendable {
    /// Never: a power cut may destroy the file.
    case off = "OFF"
    /// At checkpoints: a power cut may lose the latest commits, never consistency.
    case normal = "NORMAL"
    /// At each commit: a commit that returned survives a power cut.
    case full = "FULL"
  }

  /// What the connection may do with the file.
  package var access = Access.create
  /// When a commit waits for the disk.
  package var synchronous = Synchronous.full
  /// How long a statement waits for another connection's lock.
  package var busyTimeout = Duration.seconds(5)
  /// The page size of a new file: a power of two from 512 to 65536.
  package var pageBytes = 4_096
  /// Keeps what is needed to give free pages back with `incrementalVacuum`; new files only.
  package var allowsIncrementalVacuum = false
  /// The most memory the page cache takes.
  package var cacheBytes = 2 << 20
  /// The write-ahead log is cut back to this size after a checkpoint.
  package var logBytesMax = 16 << 20

  /// Makes the options of a store: write-ahead log, full synchronisation, made when missing.
  package init() {}
}
