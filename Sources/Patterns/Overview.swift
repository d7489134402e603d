// SPDX-License-Identifier: MIT
//
// Regular expressions for label values: RE2 syntax, anchored at both ends, as Prometheus and
// Alertmanager match them; and for texts of templates, where they are searched for.
//
// It must never run an expression in an engine that can backtrack, do I/O, or hand out a C type.
//
// Entry types: `AnchoredPattern` (one expression), `CompiledMatcher` (one label matcher ready to
// run), `SearchPattern` (one expression to be found within texts).
//
// Invariants
// - To match, the whole value must match, and `.` matches a line feed too.
// - Plain literals, alternations of literals and `prefix.*` give the same answers as RE2 gives;
//   they only skip it.
// - An absent label counts as the empty value.
// - An expression is at most `AnchoredPattern.maximumPatternBytes` long.
//
// Source: RE2 syntax; Prometheus querying basics (matchers are fully anchored).
