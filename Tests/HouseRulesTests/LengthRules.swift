// SPDX-License-Identifier: MIT

/// A file and a function stay small enough to hold in mind.
enum LengthRules {
  static func fileLength(_ file: SourceFile) -> [Violation] {
    let limit = file.isInSources ? 400 : 600
    guard file.lines.count > limit else { return [] }
    return [
      file.violation(limit + 1, "the file has \(file.lines.count) lines, at most \(limit) allowed")
    ]
  }

  static func functionLength(_ file: SourceFile) -> [Violation] {
    file.functionBodies.filter { $0.lineCount >= 60 }.map {
      file.violation($0.line, "'\($0.name)' has \($0.lineCount) lines, fewer than 60 allowed")
    }
  }
}
