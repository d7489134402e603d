// SPDX-License-Identifier: MIT
//
// Notifying
