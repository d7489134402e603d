// SPDX-License-Identifier: MIT
//
// The program as a process, and the client for MongoDB, beside peers that others wrote: Debian's
// nginx and Prometheus, a fake Proxmox and a MongoDB-compatible server, all put into `.peers` by
// `make setup-peers`. Suites are skipped, with a line saying so, where they are missing.
