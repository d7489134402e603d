// SPDX-License-Identifier: MIT
//
// What a Proxmox cluster tells of itself, and the settings that can be drafted from it.
//
// It must never ask anything itself, decide what hvsmon does with a setting, or write a secret. It
// guesses, and each guess is marked as one in the draft.
//
// Replies/   answers of Proxmox to values: `ClusterSurvey`
// Guessing/  values to tiers and entries: `ArchitectureGuess`
// Draft/     both to the text of `hvsmon.yml`: `SettingsDraft`
//
// Entry types: `ClusterSurvey`, `ArchitectureGuess`, `SettingsDraft`.
//
// Invariants
// - A draft has no faults, whatever the cluster's names are: what cannot be written as a setting
//   becomes a comment that says why.
// - The same survey makes the same draft.
//
// Sources: the API of Proxmox VE 7 to 9.2; YAML 1.2, sections 5.1 and 5.7 (characters and escapes).
