// SPDX-License-Identifier: MIT
package import MetricModel

/// A label matcher with its regular expression compiled.
package struct CompiledMatcher: Sendable {
  /// What it was made of.
  package let matcher: LabelMatcher
  private let pattern: AnchoredPattern?

  /// The empty value, and so an absent label, satisfies the matcher.
  package let matchesEmpty: Bool

  /// Compiles a matcher.
  ///
  /// - Parameter matcher: The matcher as written.
  /// - Throws: ``PatternError`` when its regular expression is not valid.
  package init(_ matcher: LabelMatcher) throws(PatternError) {
    self.matcher = matcher
    switch matcher.operation {
    case .equal, .notEqual: pattern = nil
    case .matches, .doesNotMatch: pattern = try AnchoredPattern(matcher.value)
    }
    matchesEmpty = Self.accepts("", matcher, pattern)
  }

  /// The label's name.
  package var name: String { matcher.name }

  /// A label with this value satisfies the matcher; absent is the empty value.
  package func matches(_ value: String) -> Bool {
    value.isEmpty ? matchesEmpty : Self.accepts(value, matcher, pattern)
  }

  /// The label set satisfies the matcher.
  package func matches(_ labels: LabelSet) -> Bool {
    matches(labels[matcher.name] ?? "")
  }

  /// The only values that satisfy the matcher, or nil when there may be others.
  ///
  /// A store looks these up in its index instead of trying all values.
  package var acceptedValues: [String]? {
    switch matcher.operation {
    case .equal: [matcher.value]
    case .matches: pattern?.literalValues
    case .notEqual, .doesNotMatch: nil
    }
  }

  private static func accepts(
    _ value: String,
    _ matcher: LabelMatcher,
    _ pattern: AnchoredPattern?
  ) -> Bool {
    switch matcher.operation {
    case .equal: value.hasSameBytes(as: matcher.value)
    case .notEqual: !value.hasSameBytes(as: matcher.value)
    case .matches: pattern?.matches(value) ?? false
    case .doesNotMatch: !(pattern?.matches(value) ?? false)
    }
  }
}
