// SPDX-License-Identifier: MIT
//
// The vocabulary every other module speaks: label sets, samples, series, timestamps, metric
// definitions, and the ports that outer modules fill.
//
// It must never do I/O, read a clock, or know where samples come from or go to.
//
// Entry types: `LabelSet`, `Sample`, `MetricDefinition`, and the ports `SeriesReading`,
// `SampleAppending`, `HistoryImporting` and `TimeSource`.
//
// Invariants
// - A label set is sorted by name, has no empty value and no name twice: a label with the empty
//   value is the same as an absent label (Prometheus data model).
// - A staleness marker is one NaN bit pattern and is told apart by its bits, never by `isNaN`.
// - Time is whole milliseconds since the Unix epoch.
//
// Source: Prometheus data model, text exposition format 0.0.4, OpenMetrics 1.0.
