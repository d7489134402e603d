// SPDX-License-Identifier: MIT
//
// Reads what other programs write of series: exposition text, Prometheus' format 0.0.4 and OpenMetrics
// 1.0, as it comes in slices, and remote write requests.
//
// It must never do I/O, hold more than one line of text, or trap on any input. What it reads is a
// peer's: every line, name, label and number is checked, and every fault names its place.
//
// Entry types: `ExpositionReader` (fed with text, by `ExpositionRules`), `WriteRequestReader`,
// `HistoryGatherer` (from text in any order to runs of samples by series).
//
// Invariants
// - A series is numbered when its name and labels are first met, as they were written. One that was
//   met before costs a comparison of bytes: no text is made of it. Its number is the caller's key to
//   whatever it keeps of the series.
// - Numbers in text are exact: the double nearest to it, ties to even.
// - What a line adds is added whole or not at all; a request that is malformed adds nothing.
//
// Sources: Prometheus text format 0.0.4; OpenMetrics 1.0; names in quotes as Prometheus 3 reads them;
// Prometheus remote write 1.0; protobuf.dev, "Encoding".
