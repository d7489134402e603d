// SPDX-License-Identifier: MIT

/// Why a template could not be parsed or expanded, and where in its text.
package struct TemplateError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The line in the template, from 1.
  package let line: Int
  /// The column in bytes, from 1.
  package let column: Int
  /// What is wrong, as half a sentence.
  package let reason: String

  /// `line:column: reason`.
  package var description: String { "\(line):\(column): \(reason)" }
}

/// Why a function or a member of a value refused; the evaluator adds the place.
package struct TemplateFault: Error, Equatable, Sendable {
  /// What is wrong, as half a sentence.
  package let reason: String

  /// Keeps the reason.
  package init(_ reason: String) {
    self.reason = reason
  }
}

/// A place in a template's text; both count from 1.
struct TemplatePlace: Equatable, Sendable {
  let line: Int
  let column: Int

  func error(_ reason: String) -> TemplateError {
    TemplateError(line: line, column: column, reason: reason)
  }
}
