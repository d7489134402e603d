// SPDX-License-Identifier: MIT
//
// The MongoDB client against the corpora that drivers test themselves with, recorded conversations,
// the examples of RFC 4013, 5802 and 7677, servers that misbehave, and mutated input. Set
// HVSMON_FUZZ_ROUNDS for longer mutation runs; a failure prints its seed.
