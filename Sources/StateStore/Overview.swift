// SPDX-License-Identifier: MIT
//
// StateStore
