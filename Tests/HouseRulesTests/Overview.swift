// SPDX-License-Identifier: MIT
//
// The rules of the house that neither the compiler nor the formatter knows, checked on the source
// tree itself: arrows between modules, lengths, names, documentation, C types, layout.
//
// A rule is a function from a source file (or the tree) to violations, each `file:line: what is
// wrong`. `SourceTreeTests` runs all rules on the tree; the other suites prove on small snippets
// that each rule bites. A rule that must not hold is deleted, never switched off.
//
// It must never need the compiler, the network or a build: it reads text. `SwiftLexer` knows
// strings, interpolations, comments and raw strings, so that braces and words in them are never
// taken for code; regular expression literals between bare slashes it does not know.
