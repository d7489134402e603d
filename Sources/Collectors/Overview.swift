// SPDX-License-Identifier: MIT
//
// Collectors
