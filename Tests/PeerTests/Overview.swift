// SPDX-License-Identifier: MIT
//
// The program as a process beside real peers: Debian's nginx and Prometheus, unpacked into `.peers`
// by `make setup-peers`. Suites are skipped, with a line saying so, where they are missing.
