// SPDX-License-Identifier: MIT
//
// The HTTP endpoints for programs: `/metrics`, Prometheus' query API, remote write, the cluster as it
// was judged, health and reload.
//
// A handler turns a request into one question to a port and the answer into bytes. It must never
// know a database, decide anything, or keep state between requests.
//
// Entry types: `APIRoutes` (makes the routes), `APIPorts` (what they ask).
//
// Invariants
// - Every refusal says which parameter or limit it is about, in Prometheus' envelope below /api/v1.
// - `/metrics` reads memory only.
//
// Source: Prometheus' HTTP API and remote write 1.0; OpenMetrics 1.0 for content negotiation.
