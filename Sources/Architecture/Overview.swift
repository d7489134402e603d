// SPDX-License-Identifier: MIT
//
// Architecture
