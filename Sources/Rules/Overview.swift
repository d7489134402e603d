// SPDX-License-Identifier: MIT
//
// Rules
