// SPDX-License-Identifier: MIT
//
// Receivers
