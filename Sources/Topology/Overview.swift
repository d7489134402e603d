// SPDX-License-Identifier: MIT
//
// What the cluster is by now: where each guest runs, which members work, how much more may fail,
// what the loss of a part would mean, and where reality is no longer the declared architecture.
//
// It must never do I/O, read a clock, or send anything: it gets the declared cluster and what was
// found, and returns values.
//
// Invariants
// - Three states everywhere: working, failed, unknown. Unknown is never read as working.
// - A guest is only as alive as its node.
// - Equal input gives equal output, in a fixed order.
