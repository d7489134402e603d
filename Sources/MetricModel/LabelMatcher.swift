// SPDX-License-Identifier: MIT

/// A test on one label of a series; an absent label counts as the empty value.
package struct LabelMatcher: Hashable, Sendable {
  /// How the value is compared.
  package enum Operation: String, Hashable, Sendable {
    case equal = "="
    case notEqual = "!="
    case matches = "=~"
    case doesNotMatch = "!~"
  }

  /// The label's name.
  package let name: String
  /// How its value is compared.
  package let operation: Operation
  /// The text to compare with, or an RE2 expression that must match the whole value.
  package let value: String

  /// Makes a matcher; an expression is checked when `Patterns` compiles it, not here.
  package init(_ name: String, _ operation: Operation, _ value: String) {
    self.name = name
    self.operation = operation
    self.value = value
  }
}

extension LabelMatcher: CustomStringConvertible {
  /// The matcher in PromQL's notation, such as `job=~"a|b"`.
  package var description: String { "\(name)\(operation.rawValue)\(value.quotedForPromQL)" }
}
