// SPDX-License-Identifier: MIT
//
// Rules tried out: promtool's unit-test files, and rules over history that is there already.
//
// It must never do I/O or read a clock: files come as bytes, history through `SeriesReading`, and
// what is found goes back as values.
//
// Entry types: `RuleTestFile` (a test file as values), `RuleTestRunner` (runs its tests),
// `TrialSeries` (samples in memory, only those up to a time), `RuleReplay` (what rules would have
// told over a span of history).
//
// Invariants
// - A test sees only samples up to the evaluation, as if they had just come in.
// - The order and times of evaluation are promtool's: all groups at each step of the evaluation
//   interval, whatever their own interval.
// - Rules that no check of a test can see, and that read none of its series, are left out.
//
// Source: the Prometheus documentation, "Unit testing for rules".
