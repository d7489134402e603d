// SPDX-License-Identifier: MIT
//
// One folder for each kind of thing hvsmon polls.
//
// A collector asks, decodes and maps. It must never write to the target, add the target's labels,
// keep more than it needs between polls, or know rules and stores.
//
// To add one: a folder with `<Name>Collector.swift` (asks, maps), `<Name>Metrics.swift` (every
// metric it emits), `<Name>Reply.swift` (the wire shape, pure) and one line in `Registry.swift`.
//
// Facts of a host by ssh: `Shell/HostBook.swift` gives out hosts, `Shell/HostFacts.swift` says how all
// that is wanted of one goes out as one question.
//
// Invariants
// - A reply that breaks its contract is one failed poll with the place named, never a crash.
// - Metric names are those of the established exporter where they measure the same fact.
