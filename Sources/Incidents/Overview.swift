// SPDX-License-Identifier: MIT
//
// What happened between two moments: a record made of stored series, of messages and of what people
// did, and the words, tables and graphs that tell it.
//
// It must never do I/O or know a clock, and it decides nothing: what is an alert, a failure or a
// fail-over was decided when it happened.
//
// Entry types: `IncidentSource` (which series are read), `ValueCourse` (a series as its changes),
// `IncidentRecord` (everything on one axis, and its JSON), `IncidentSummary` (sentences),
// `TimelineText`, `MarkdownReport` and `HTMLReport` (what people read).
//
// Invariants
// - A record is bounded: what is left out is counted.
// - Every text of it has gone through `OutsideText`: no control character and nothing that looks like
//   a credential is left, whatever a peer, a label or a comment held.
// - A page is one file: no script, nothing from elsewhere, every text escaped.
// - What nobody knows is left out or said to be unknown, never taken for good.
