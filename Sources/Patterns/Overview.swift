// SPDX-License-Identifier: MIT
//
// Patterns
