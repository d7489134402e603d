// SPDX-License-Identifier: MIT
//
// PromQL: text to syntax tree, and syntax tree over stored samples to a result.
//
// It must never do I/O but through the `SeriesReading` it is given, read a clock, or keep anything
// between two queries. The syntax tree is text and values; it knows no store.
//
// Entry types: `PromQLParser`, `Expression`, `QueryEngine`.
//
// Invariants
// - A tree is at most `PromQLParser.maximumDepth` deep, so that walking it never exhausts a stack.
// - Printing a tree and parsing the text gives the same tree.
// - A query holds at most what its `QueryLimits` say, and asks for its deadline as it goes.
// - No thread that carries Swift's tasks is taken for a query: `SharedWork` has its own.
// - Inside the evaluator a vector is a list of columns, one a series, with one place for each
//   evaluation time; a place without a sample holds the staleness marker, which no result shows.
//
// Source: Prometheus 3 querying documentation; windows are open on the left as in Prometheus 3.
