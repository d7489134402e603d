// SPDX-License-Identifier: MIT
//
// Simulator
