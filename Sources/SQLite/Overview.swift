// SPDX-License-Identifier: MIT
//
// SQLite
