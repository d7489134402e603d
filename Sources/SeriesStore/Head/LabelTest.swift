// SPDX-License-Identifier: MIT
import MetricModel
import Patterns

/// A label matcher ready to be tried on values.
struct LabelTest {
  let name: String
  /// A series without the label passes.
  let matchesEmpty: Bool
  private let matcher: CompiledMatcher

  init(_ matcher: LabelMatcher) throws(StoreError) {
    do throws(PatternError) {
      self.matcher = try CompiledMatcher(matcher)
    } catch {
      throw .invalidPattern(pattern: matcher.value, reason: "\(error)")
    }
    name = matcher.name
    matchesEmpty = self.matcher.matchesEmpty
  }

  /// The values that pass, when they can be listed: looked up instead of tried.
  var acceptedValues: [String]? { matcher.acceptedValues }

  func matches(_ value: String) -> Bool { matcher.matches(value) }
}
