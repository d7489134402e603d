// SPDX-License-Identifier: MIT
//
// `hvsmon.yml` as typed, immutable settings; every fault at once, each with its place.
//
// It must never read a file or the environment itself (`SettingsEnvironment` is handed in), keep
// anything mutable after loading, or know a concrete collector or receiver.
//
// Reading/   the tree that collects issues: `SettingsTree`, `SettingsSection`, `SettingsIssue`
// Sections/  the sections every hvsmon has: `Settings` and its parts
//
// The way of a load: `SettingsTree` parses the text; `Settings` reads its sections from it; each
// collector and receiver reads its own; then `SettingsTree.issues` lists what was wrong, the keys
// that nobody asked for among it. So a key is known exactly when some code reads it.
//
// Invariants
// - A secret is a `Secret`, which neither prints nor mirrors its text.
// - A value that is wrong or missing is an issue and reads as its default: reading never stops at
//   the first fault.
