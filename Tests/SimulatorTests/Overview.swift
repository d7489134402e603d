// SPDX-License-Identifier: MIT
//
// The simulated cluster is asked as its peers would be.
