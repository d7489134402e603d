// SPDX-License-Identifier: MIT
//
// How the cluster stands at one moment, as one value: what the terminal view and other views draw.
//
// The daemon fills a `ClusterSnapshot` and serves it as JSON at `/api/hvsmon/v1/snapshot`; a view
// reads it back. It holds facts and the words for them, nothing of how they are drawn. It asks
// nobody, opens nothing and knows no clock.
//
// Entry types: `ClusterSnapshot` and the parts it lists; `ClusterSnapshot.json` and
// `ClusterSnapshot.init(json:)`; `SnapshotLedger` and `MarkedSnapshot`, the two ends of asking again
// and again; `Amounts` and the words of levels, so that views speak alike.
//
// The JSON: one object, names in snake case, `schema_version` first. Times are RFC 3339 in UTC,
// spans are seconds, sizes are bytes, ratios are 0 to 1; null is what nobody knows and never zero.
// `state` is `working`, `failed` or `unknown`; `level` is how it is to be looked at: `critical`,
// `warning`, `unknown`, `maintenance`, `held` (failed, but by another part's failure), `info`, `ok`.
// A `..._trend` is a list of past values, oldest first, one each `trend_step_seconds`, null where
// there was none. A reader takes fields it does not know for absent and absent ones for null, so
// fields may be added within a version; a change of meaning is another version.
//
// With `?since=` the object begins with `schema_version`, `mark` and `since`. Whoever asks again with
// `?since=MARK` is sent the fields that changed, and of a list that is as long as before possibly its
// changed rows alone, as an object by their places from 0 on. `since` is then the mark that the
// answer builds on; null says that the answer is whole: at the first time, after a restart.
