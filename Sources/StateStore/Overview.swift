// SPDX-License-Identifier: MIT
//
// What must survive a restart besides the series: alert instances, who was told what, and the
// notifications that wait for delivery. One SQLite file of its own, `state.sqlite`.
//
// It must never decide who is told or when, store a secret, or stop messages because a disk failed.
//
// Entry types: `StateDatabase` (opens the file), `NotificationStore` (fills `NotificationQueueing`),
// `AlertStateStore` (fills `AlertStateStoring`), `SilenceStore` (silences, acknowledgements, audit log).
//
// Invariants
// - A commit that returned as durable survives a power cut: `synchronous` is FULL.
// - A plan's messages and the planner's state are written in one transaction.
// - Memory is ahead of the file, never behind: what a failing disk refused stays in memory, works,
//   and is written with the next commit that succeeds.
// - Everything has a limit: waiting notifications (`NotificationBacklog`), kept records
//   (`NotificationStore.maximumRecords`), silences (`OperatorLedger`), entries of the audit log
//   (`SilenceStore.auditEntriesMax`).
// - A file that is damaged, someone else's or from a later version is refused at start and left as
//   it is.
//
// Bodies are JSON, so that a person with `sqlite3` can read them and a later version can add to
// them; times are Unix milliseconds.
