// SPDX-License-Identifier: MIT
//
// Daemon
