// SPDX-License-Identifier: MIT
//
// The vocabulary: label sets, timestamps, the staleness marker, and the exposition text, which a
// strict OpenMetrics checker of its own reads back.
