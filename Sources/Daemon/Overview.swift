// SPDX-License-Identifier: MIT
//
// Builds the running monitor from settings: who owns what, reload, and the order of a stop.
//
// It must never name a concrete collector or receiver: `MonitorPlan` hands them in.
//
// Entry types: `Monitor` (the running whole), `SettingsLoader` (files to settings), `RuleRunner`
// (when rules are evaluated), `NotificationRunner` (from alerts to the durable queue).
//
// Invariants
// - A reload swaps settings whole or not at all.
// - A database that cannot be opened refuses the start; one that fails later never stops alerts.
// - A stop ends in this order: polls, rules, messages, HTTP, store, state.
