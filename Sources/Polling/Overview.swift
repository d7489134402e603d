// SPDX-License-Identifier: MIT
//
// Polling
