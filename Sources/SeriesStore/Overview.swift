// SPDX-License-Identifier: MIT
//
// Keeps samples: the newest in memory (the head), all of them in one SQLite file.
//
// It must never read the system's clock, do I/O in `append`, lose a sample whose flush returned, or
// give a sample twice while it moves from the head to a chunk.
//
// Entry types: `SampleStore`, which fills the ports `SampleAppending` and `SeriesReading`;
// `StoreSettings`, `StoreOpenError`, `StoreStatistics`.
//
// The file, application id "hvss":
//
//   series(id, first_ms, labels)   one row a series; `first_ms` is its first sample's time
//   tails(series, closed_ms)       the time of the newest sample in a chunk, per series
//   chunks(id, end_ms, data)       id = series << 42 | time of the first sample; `SampleChunk` bytes
//   head(seq, data)                one row a flush: `HeadRecord` bytes of all samples since the last
//   totals(chunks, samples)        one row
//
// Invariants
// - One flush is one transaction with full synchronisation; only the writer's thread writes.
// - A series' chunks do not overlap. Samples later than `tails.closed_ms` are in head rows only,
//   earlier ones in chunks; a head row goes when no series needs it.
// - Late samples (before the newest closed chunk) are marked so in their head row, wait in a small
//   run of their series, and are merged into the chunks when the series closes its next one.
// - From `memoryFrom` on all samples of a series are in memory: its closed samples of the last
//   10 minutes stay there, so that duplicates are found and short look-backs answered without I/O.
// - Readers copy the head under the lock first and read older chunks afterwards, each by one short
//   statement on their own connections: never blocked by the writer, never blocking it.
// - Written limits: series, unflushed samples, late samples per series, reader connections.
