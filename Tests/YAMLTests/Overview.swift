// SPDX-License-Identifier: MIT
//
// YAML text as a tree: marks, nulls, refusals and messages, and input that is cut, oversized or
// random, which must never trap.
