// SPDX-License-Identifier: MIT
//
// Codecs: outside vectors for the checksum, round trips over random runs whose seed is printed when
// they fail, and bytes that no encoder made, which must throw and never trap.
