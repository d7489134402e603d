// SPDX-License-Identifier: MIT
//
// A whole cluster on loopback for `hvsmon demo` and for tests: the Proxmox API of each node, load
// balancers, apps, databases, the site behind a floating IP, chat, push and paging services that check and keep what they are
// sent, what each host tells by ssh, and the advertisements of who holds the floating IP.
//
// It must never import a collector or share a reply type with one: it is written from the peers'
// documents, so that a misreading cannot pass on both sides. It listens in 127.0.0.0/8 only.
//
// Entry types: `SimulatedCluster` (servers), `SimulatedWorld` (what is true when), `Scenario` (what
// goes wrong when), `ChatSink`.
//
// Invariants
// - `World`, `MongoDB`, `Proxmox` but for `ProxmoxResponder`, and `Hosts` but for `ShellDoor`,
//   `ShellSession` and `AdvertisementSender` are pure: plan, seed, faults and an instant decide every
//   byte. The same seed gives the same world.
// - Only `SimulatedCluster` holds servers, and they follow the world at `settle`.
// - The environment of a simulated app is full of secrets, so that tests see one that gets out.
// - A world remembers at most `SimulatedWorld.periodsMax` faults.
//
// Sources: the API of Proxmox VE 9.2; nginx, `ngx_http_stub_status_module`, `limit_req` and
// upstreams; RFC 3768 for the floating IP; PM2 7's list; the texts of OpenSSH 9.2; `deploy/facts.sh`
// for how hosts are asked; the limits and answers that the chat, push and
// paging services document; for databases mongodb/specifications (`message`,
// `auth`, `server-discovery-and-monitoring`), bsonspec.org and MongoDB 7.0's manual.
