// SPDX-License-Identifier: MIT

/// How a sample store behaves.
package struct StoreSettings: Equatable, Sendable {
  /// Samples older than this, by the time source, are deleted in small steps.
  package var retention = Duration.seconds(30 * 86_400)
  /// The oldest chunks are deleted while the file holds more than this; nil means no such limit.
  package var bytesMax: Int?
  /// Series that may exist at once; at most 2,097,152.
  package var seriesMax = 200_000
  /// Samples that may wait in memory while they cannot be written; the oldest beyond are dropped.
  package var unflushedSamplesMax = 2_000_000
  /// The most samples of a series in a chunk that was not imported or late.
  package var chunkSamples = 480
  /// Span after which a chunk is closed.
  package var chunkSpan = Duration.seconds(2 * 3_600)
  /// How much older than its series' newest sample a sample may be.
  package var lateWindow = Duration.seconds(600)
  /// Blocks that were read lately and are kept in memory, in bytes.
  package var cacheBytesMax = 8 << 20
  /// How long opening looks for damage in the file's pages, besides what it reads anyway.
  package var checkLimit = Duration.milliseconds(5)
  /// How long a write waits for a lock that another program holds.
  package var busyTimeout = Duration.seconds(5)

  /// Samples of a series that go into a chunk together: chunks grow by so many, since what is in none
  /// has to be in the log, is read at the start, and takes more room there.
  var openSamples: Int { max(chunkSamples / 4, 1) }

  /// Makes the settings of the daemon.
  package init() {}
}

/// What a sample store is doing, for self-monitoring; counters start at 0 when the store opens.
package struct StoreStatistics: Equatable, Sendable {
  /// Series that can be found.
  package var series = 0
  /// Samples in memory, those kept after their chunk was closed included.
  package var headSamples = 0
  /// Chunks in the file.
  package var chunks = 0
  /// Samples in the file's chunks.
  package var chunkSamples = 0
  /// The database file and its write-ahead log, in bytes, as of the last flush.
  package var fileBytes = 0
  /// Samples that a crash now would lose.
  package var unflushedSamples = 0
  /// Samples taken.
  package var appended = 0
  /// Samples dropped unwritten because too many waited.
  package var dropped = 0
  /// Samples left out because their series already had one at that time.
  package var duplicates = 0
  /// Samples left out because they were too old.
  package var tooOld = 0
  /// Chunks deleted because of their age or the size of the file.
  package var expiredChunks = 0
  /// Flushes that wrote something.
  package var flushes = 0
  /// Flushes that failed.
  package var flushFailures = 0
  /// Rounds of retention that failed.
  package var retentionFailures = 0
  /// How long the last flush took, in seconds.
  package var lastFlushSeconds = 0.0
  /// The clock shows an earlier time than it did, by more than the window for late samples.
  package var isClockSetBack = false

  /// Makes zeros.
  package init() {}
}
