// SPDX-License-Identifier: MIT
//
// Configuration
