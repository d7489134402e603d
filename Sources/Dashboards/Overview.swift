// SPDX-License-Identifier: MIT
//
// The dashboards for Grafana: one description of each in Swift, and the files that follow from it.
//
// It must never do I/O or know a clock; whoever exports writes the files. It names metrics only in
// expressions, and its tests compare those with the catalog.
//
// Entry types: `Dashboard` with `Dashboard.all` (what is shown, by which query, with which unit and
// whose limits), `DashboardFile.all` (every file with its text).
//
// Invariants
// - The same description always gives the same text: members are sorted, places are counted.
// - No data source is named: all ask the variable `datasource`, which a Prometheus that scrapes
//   hvsmon can be as well as hvsmon itself. So no expression reads what only rules record.
// - A limit is that of a shipped rule, which it names.
// - Every panel has a unit and says what it is, what is bad and what to do.
// - Rates look back by `$__rate_interval`.
//
// Source: the JSON model of Grafana's dashboards ("classic", schema version 39), which 10.4 and
// later import.
