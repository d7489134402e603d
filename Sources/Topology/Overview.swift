// SPDX-License-Identifier: MIT
//
// What the cluster is by now: where each guest runs, which members work, how much more may fail,
// what the loss of a part would mean, and where reality is no longer the declared architecture.
//
// It must never do I/O, read a clock, or send anything: it gets the declared cluster and what was
// found, and returns values.
//
// Entry types: `ClusterObservation` (what was found, read from live series), `ClusterAssessment` (what
// it means), `TopologyMetrics` (the series that come out).
//
// Folders: `Observation` facts, `Assessment` states and what stands on what, `Findings` series,
// capacity and deviations, `Words` sentences for people and the verdict on a stop, `JSON`.
//
// Invariants
// - Three states everywhere: working, failed, unknown. Unknown is never read as working.
// - A guest is only as alive as its node.
// - A member of a replica set works when it says that it is primary, secondary or arbiter; a tier
//   that needs a majority also needs a primary, which an election has half a minute to find.
// - Equal input gives equal output, in a fixed order.
