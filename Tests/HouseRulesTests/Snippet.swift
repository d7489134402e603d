// SPDX-License-Identifier: MIT

/// Makes a source file of a few lines for the suites that prove that a rule bites.
func snippet(_ text: String, path: String = "Sources/Rules/Snippet.swift") -> SourceFile {
  SourceFile(path: path, text: text)
}

/// The lines at which a rule found something.
func lines(_ violations: [Violation]) -> [Int] { violations.map(\.line) }
