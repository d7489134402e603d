// SPDX-License-Identifier: MIT
//
// YAML text to a tree whose nodes know their line and column.
//
// It must never read files or decide what a key means: that is for `Configuration` and `Rules`.
//
// Entry types: `YAMLDocument` (parses), `YAMLNode` (one scalar, sequence or mapping with its mark).
//
// Invariants
// - Lines and columns count from 1.
// - Aliases are refused unless the caller wants them: no settings file needs them. Where they are
//   expanded they stand for at most 100,000 values, as aliases of aliases multiply.
// - Text is at most 4 MiB, nesting at most 64 deep, and no key stands twice in one mapping.
//
// Source: YAML 1.1 as libyaml 0.2 reads it.
