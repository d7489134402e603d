// SPDX-License-Identifier: MIT
//
// The only door to SQLite: connections, prepared statements, transactions, typed errors, and a
// queue that confines one connection to one thread of its own.
//
// It must never let a C type or a handle out, put a bound value into an error, retry by itself
// longer than the busy timeout, or run on the threads of Swift's cooperative pool.
//
// Entry types: `DatabaseQueue` (what stores use), `Connection`, `PreparedStatement`, `Schema`.
//
// Invariants
// - A connection is opened without SQLite's own mutex: it is not `Sendable`, and one thread uses it.
// - A prepared statement is finalized, or given back to its connection's cache, when it goes out
//   of scope; it keeps its connection alive until then.
// - Column readers copy: nothing returned points into SQLite's memory.
// - After a transaction's body or its commit fails, the transaction is rolled back.
// - `SQLiteError` carries SQLite's own message and the SQL text, in which values are `?`.
//
// Source: SQLite C interface, 3.40.
