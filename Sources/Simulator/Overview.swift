// SPDX-License-Identifier: MIT
//
// A whole cluster on loopback for `hvsmon demo` and for tests: the Proxmox API of each node, load
// balancers, apps, the site behind a floating IP, and a chat that keeps what it is sent.
//
// It must never import a collector or share a reply type with one: it is written from the peers'
// documents, so that a misreading cannot pass on both sides. It listens in 127.0.0.0/8 only.
//
// Entry types: `SimulatedCluster` (servers), `SimulatedWorld` (what is true when), `Scenario` (what
// goes wrong when), `ChatSink`.
//
// Invariants
// - `World` and `Proxmox` but for `ProxmoxResponder` are pure: plan, seed, faults and an instant
//   decide every byte. The same seed gives the same world.
// - Only `SimulatedCluster` holds servers, and they follow the world at `settle`.
// - A world remembers at most `SimulatedWorld.periodsMax` faults.
//
// Sources: the API of Proxmox VE 9.2; nginx, `ngx_http_stub_status_module`; RFC 5798 for the
// floating IP; Slack incoming webhooks.
