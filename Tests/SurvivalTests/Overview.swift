// SPDX-License-Identifier: MIT
//
// The whole program killed again and again while its targets fail and recover: what it promised
// before holds after. Everything around it, targets and receiver, is in the test's own process.
