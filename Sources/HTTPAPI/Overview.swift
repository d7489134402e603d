// SPDX-License-Identifier: MIT
//
// The HTTP endpoints for programs: `/metrics`, `/federate`, Prometheus' API, remote write, Alertmanager's
// API, the cluster as it was judged, what is told of alerts and what people say of them, health, reload.
//
// A handler turns a request into one question to a port and the answer into bytes. It must never
// know a database, decide anything, or keep state between requests, but for which queries take long.
//
// Entry types: `APIRoutes` (makes the routes), `APIPorts` (what they ask, in groups).
//
// Folders: `Answering` (parameters, envelope, threads), `Querying` (what is asked of samples),
// `Watching` (rules, targets and the daemon itself), `Alertmanager` (/api/v2), `Operating` (explain, ack,
// audit, notify-test).
//
// Invariants
// - Every refusal says which parameter or limit it is about, in Prometheus' envelope below /api/v1.
// - What reads the store runs on `QueryThreads`, few at a time: neither polls nor alerts wait for it.
//   Queries of few samples are answered on the thread that reads requests, one at a time (`Shortcut`).
// - An answer is not longer than `APIEnvelope.bytesMax`.
// - `/metrics` reads memory only, `/federate` too unless remote write is on.
// - Pages of other sites may read what is below /api/v1, never with what a browser remembers.
//
// Source: Prometheus' HTTP API, federation and remote write 1.0; OpenMetrics 1.0 for content
// negotiation.
