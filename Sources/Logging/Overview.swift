// SPDX-License-Identifier: MIT
//
// Logging
