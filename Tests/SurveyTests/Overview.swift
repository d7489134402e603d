// SPDX-License-Identifier: MIT
//
// What is guessed from a cluster's answers, and that the draft reads back without a fault.
