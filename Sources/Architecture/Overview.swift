// SPDX-License-Identifier: MIT
//
// The cluster as it is meant to be: tiers with their members, and the entries users reach.
//
// It must never hold what was found by asking, or change once loaded: these are values.
//
// Entry type: `DeclaredCluster`.
