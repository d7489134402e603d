// SPDX-License-Identifier: MIT
//
// Keeps samples: the newest in memory (the head), all of them in one SQLite file.
//
// It must never read the system's clock, do I/O in `append`, lose a sample whose flush returned, or
// give a sample twice while it moves from the head to a block.
//
// Entry types: `SampleStore`, which fills the ports `SampleAppending`, `SeriesReading` and
// `HistoryImporting`; `StoreSettings`, `StoreOpenError`, `StoreStatistics`.
//
// The file, application id "hvss":
//
//   symbols(id, text)              label names and values, each once
//   series(id, grp, col, first_ms, last_ms, labels)   `last_ms` is null while the series goes on
//   groups(id, closed_ms, span_ms, rolled_ms)  newest time and longest span of a block, roll-ups' end
//   moves(series, grp)             groups that a series was in before
//   blocks(id, end_ms, samples, data)   id = group << 42 | time of the first row; `SampleBlock` bytes
//   rollups_300, rollups_3600(id, data) id = group << 42 | day | figure; `SampleBlock` bytes
//   head(seq, data)                one row a flush: what came since the last, by `HeadLogWriter`
//   totals(blocks, samples)        one row
//
// Invariants
// - Series that get their samples together are a group: they share the times of rows and blocks. A
//   series whose times prove to be its own gets a group of its own.
// - One flush is one transaction with full synchronisation; only the writer's thread writes.
// - Rows later than `closed_ms` are in the log only, earlier ones in blocks; a log row goes when no
//   group needs it. A row whose time lies between rows is late: it waits with its series and goes
//   into a block of its own, so that blocks may overlap; readers merge them.
// - From `memoryFrom` on all samples of a group are in memory: its rows of the last 10 minutes stay
//   there, so that duplicates are found and short look-backs answered without I/O.
// - Readers take the head under the lock, by reference, and read older blocks afterwards on their
//   own connections: never blocked by the writer, never blocking it.
// - A damaged block costs its samples; it is named in what is read and in `damagedBlocks`.
// - Roll-ups are made a day of a group at a time, half a day after the day; they outlive the samples
//   when the file reaches its size limit.
// - Written limits: series, series in a group, unflushed and late samples, cached blocks, readers.
