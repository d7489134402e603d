// SPDX-License-Identifier: MIT
//
// Tests of the reader of exposition text: cases of others, numbers against the C library's, slices of
// every length, limits, and changed input.
