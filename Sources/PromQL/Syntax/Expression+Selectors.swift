// SPDX-License-Identifier: MIT

/// One selector of an expression, and how far it looks from the evaluation time.
package struct SelectorUse: Equatable, Sendable {
  /// The selector.
  package let selector: VectorSelector
  /// Where it stands.
  package let position: SourcePosition
  /// The distance to the oldest sample it may read: range, offset and the subqueries around it.
  ///
  /// The engine's lookback is not counted in. Nil when an `@` fixes the time, so that no distance
  /// from the evaluation time can be given, or a length depends on the query's step or range.
  package let lookBack: Duration?
}

extension Expression {
  /// Every vector selector, range selectors included, in the order of the text.
  package var selectorUses: [SelectorUse] {
    var uses: [SelectorUse] = []
    collectSelectors(distance: .zero, into: &uses)
    return uses
  }

  /// The metric names that the selectors fix, each once, sorted.
  package var metricNames: [String] {
    Set(selectorUses.compactMap(\.selector.metricName)).sorted()
  }

  /// The longest distance of any selector to its oldest sample; zero when there is none.
  package var longestLookBack: Duration {
    selectorUses.compactMap(\.lookBack).max() ?? .zero
  }

  private func collectSelectors(distance: Duration?, into uses: inout [SelectorUse]) {
    func add(_ selector: VectorSelector, range: Span) {
      let lookBack = Self.distance(distance, selector.shift, range)
      uses.append(SelectorUse(selector: selector, position: position, lookBack: lookBack))
    }
    switch form {
    case .selector(let selector): add(selector, range: .fixed(.zero))
    case .range(let range): add(range.selector, range: range.range)
    case .subquery(let subquery):
      let inner = Self.distance(distance, subquery.shift, subquery.range)
      subquery.expression.collectSelectors(distance: inner, into: &uses)
    default:
      for operand in form.operands { operand.collectSelectors(distance: distance, into: &uses) }
    }
  }

  private static func distance(
    _ outer: Duration?,
    _ shift: TimeShift,
    _ range: Span
  ) -> Duration? {
    guard let outer, shift.anchor == nil, let offset = shift.offset.fixedDuration,
      let length = range.fixedDuration
    else { return nil }
    return outer + offset + length
  }
}
