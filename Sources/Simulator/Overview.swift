// SPDX-License-Identifier: MIT
//
// A small cluster on loopback for `hvsmon demo`: nginx-like responders, an app, a story of faults,
// and a chat that keeps what it is sent.
//
// It must never import a collector or share a reply type with one: it is written from the peers'
// documents, so that a misreading cannot pass on both sides. It listens on 127.0.0.1 only.
//
// Entry types: `SimulatedCluster`, `Story`, `ChatSink`.
//
// Source: nginx, `ngx_http_stub_status_module`; Slack incoming webhooks.
