// SPDX-License-Identifier: MIT

/// Why a text is not a PromQL expression.
package struct PromQLParseError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Where the fault stands.
  package let position: SourcePosition
  /// What is wrong, without the place.
  package let message: String

  init(_ message: String, at position: SourcePosition) {
    self.message = message
    self.position = position
  }

  /// The line, from 1.
  package var line: Int { position.line }

  /// The column in bytes, from 1.
  package var column: Int { position.column }

  /// Place and message as the query API shows them: `1:5: parse error: ...`.
  package var description: String { "\(position): parse error: \(message)" }
}
