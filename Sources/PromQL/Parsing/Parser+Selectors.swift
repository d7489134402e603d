// SPDX-License-Identifier: MIT
import MetricModel

extension Parser {
  /// Reads an optional `{...}` behind a metric name, or a required one without a name.
  mutating func matchers(name: String?) throws(PromQLParseError) -> [LabelMatcher] {
    var metricName = name
    var matchers: [LabelMatcher] = []
    func fixesName(_ matcher: LabelMatcher) -> Bool {
      matcher.name == LabelSet.metricNameLabel && matcher.operation == .equal
    }
    if current.kind == .symbol(.leftBrace) {
      advance()
      while !take(.rightBrace) {
        let start = position
        if case .string(let quoted) = current.kind, !isOperator(following) {
          advance()
          try setName(quoted, over: &metricName, at: start)
        } else {
          let matcher = try matcher()
          if let metricName, fixesName(matcher) {
            throw nameSetTwice(metricName, matcher.value, at: start)
          }
          matchers.append(matcher)
        }
        if take(.rightBrace) { break }
        guard take(.comma) else {
          throw unexpected("in label matching", expected: "\",\" or \"}\"")
        }
      }
    }
    guard let metricName else { return matchers }
    if let other = matchers.first(where: fixesName) {
      throw nameSetTwice(metricName, other.value, at: position)
    }
    return [LabelMatcher(LabelSet.metricNameLabel, .equal, metricName)] + matchers
  }

  private func setName(
    _ quoted: String,
    over name: inout String?,
    at start: SourcePosition
  ) throws(PromQLParseError) {
    if let name { throw nameSetTwice(name, quoted, at: start) }
    name = quoted
  }

  private func nameSetTwice(
    _ first: String,
    _ second: String,
    at start: SourcePosition
  ) -> PromQLParseError {
    PromQLParseError("metric name must not be set twice: \"\(first)\" or \"\(second)\"", at: start)
  }

  private func isOperator(_ token: Token) -> Bool {
    guard case .symbol(let symbol) = token.kind else { return false }
    return symbol == .equalEqual || LabelMatcher.Operation(rawValue: symbol.rawValue) != nil
  }

  private mutating func matcher() throws(PromQLParseError) -> LabelMatcher {
    let name: String
    switch current.kind {
    case .word(let text): name = text
    case .string(let text) where !text.isEmpty: name = text
    default: throw unexpected("in label matching", expected: "identifier or \"}\"")
    }
    advance()
    guard case .symbol(let symbol) = current.kind,
      let operation = LabelMatcher.Operation(rawValue: symbol.rawValue)
    else { throw unexpected("in label matching", expected: "label matching operator") }
    advance()
    guard case .string(let value) = current.kind else {
      throw unexpected("in label matching", expected: "string")
    }
    advance()
    return LabelMatcher(name, operation, value)
  }

  /// Reads an operand and what stands behind it: `[...]`, `offset`, `@`.
  mutating func postfixExpression() throws(PromQLParseError) -> Expression {
    var expression = try primaryExpression()
    var shifts = ShiftsSeen()
    while true {
      if current.kind == .symbol(.leftBracket) {
        expression = try bracketed(expression, shifts)
        shifts = ShiftsSeen()
      } else if current.kind == .symbol(.at) {
        expression = try anchored(expression, &shifts)
      } else if keyword == "offset" {
        expression = try offset(expression, &shifts)
      } else if expression.takesEdges, let edges = keyword.flatMap(WindowEdges.init(rawValue:)) {
        expression = try edged(expression, edges)
      } else {
        return expression
      }
    }
  }

  /// Reads `anchored` or `smoothed`.
  private mutating func edged(
    _ expression: Expression,
    _ edges: WindowEdges
  ) throws(PromQLParseError) -> Expression {
    let start = position
    advance()
    switch expression.form {
    case .selector(var selector) where edges == .smoothed && selector.edges == .plain:
      selector.edges = edges
      return try node(.selector(selector), at: expression.position)
    case .range(var range) where range.selector.edges == .plain:
      range.selector.edges = edges
      return try node(.range(range), at: expression.position)
    case .selector where edges == .anchored:
      throw PromQLParseError("anchored modifier must be preceded by a range selector", at: start)
    default:
      throw PromQLParseError("anchored or smoothed may not be set multiple times", at: start)
    }
  }

  /// Which modifiers stood behind the operand since its last bracket.
  private struct ShiftsSeen {
    var offset = false
    var anchor = false
  }

  private mutating func bracketed(
    _ expression: Expression,
    _ shifts: ShiftsSeen
  ) throws(PromQLParseError) -> Expression {
    let bracket = position
    advance()
    let range = try positiveDuration()
    if take(.rightBracket) {
      guard case .selector(let selector) = expression.form else {
        throw PromQLParseError("ranges only allowed for vector selectors", at: bracket)
      }
      if shifts.offset {
        throw PromQLParseError("no offset modifiers allowed before range", at: bracket)
      }
      if selector.edges != .plain {
        throw PromQLParseError("no smoothed modifier allowed before range", at: bracket)
      }
      if shifts.anchor {
        throw PromQLParseError("no @ modifiers allowed before range", at: bracket)
      }
      return try node(.range(RangeSelector(selector, range: range)), at: expression.position)
    }
    try expect(.colon, in: "subquery or range selector")
    var step: Span?
    if current.kind != .symbol(.rightBracket) { step = try positiveDuration() }
    try expect(.rightBracket, in: "subquery selector")
    let subquery = Subquery(expression, range: range, step: step)
    return try node(.subquery(subquery), at: expression.position)
  }

  private mutating func offset(
    _ expression: Expression,
    _ shifts: inout ShiftsSeen
  ) throws(PromQLParseError) -> Expression {
    let start = position
    advance()
    let offset = try signedDuration()
    guard var shift = expression.shift else {
      throw PromQLParseError(
        "offset modifier must be preceded by an instant vector selector or range vector selector "
          + "or a subquery",
        at: start
      )
    }
    guard !shifts.offset else {
      throw PromQLParseError("offset may not be set multiple times", at: expression.position)
    }
    shifts.offset = true
    shift.offset = offset
    return try node(expression.form.shifted(shift), at: expression.position)
  }

  private mutating func anchored(
    _ expression: Expression,
    _ shifts: inout ShiftsSeen
  ) throws(PromQLParseError) -> Expression {
    let start = position
    advance()
    let anchor = try timeAnchor()
    guard var shift = expression.shift else {
      throw PromQLParseError(
        "@ modifier must be preceded by an instant vector selector or range vector selector "
          + "or a subquery",
        at: start
      )
    }
    guard !shifts.anchor else {
      throw PromQLParseError(
        "@ <timestamp> may not be set multiple times",
        at: expression.position
      )
    }
    shifts.anchor = true
    shift.anchor = anchor
    return try node(expression.form.shifted(shift), at: expression.position)
  }

  private mutating func timeAnchor() throws(PromQLParseError) -> TimeAnchor {
    if let word = keyword, word == "start" || word == "end" {
      advance()
      try expect(.leftParenthesis, in: "@ modifier")
      try expect(.rightParenthesis, in: "@ modifier")
      return word == "start" ? .start : .end
    }
    let start = position
    let isNegative = take(.minus)
    if !isNegative { _ = take(.plus) }
    if let word = keyword, word == "inf" || word == "nan" {
      throw PromQLParseError("timestamp out of bounds for @ modifier: \(word)", at: start)
    }
    guard case .number(let seconds) = current.kind else {
      throw unexpected("in @ modifier", expected: "timestamp")
    }
    guard seconds.isFinite, seconds < Double(Int64.max / 4_000) else {
      throw PromQLParseError("timestamp out of bounds for @ modifier: \(seconds)", at: start)
    }
    advance()
    return .at(Timestamp(unixSeconds: isNegative ? -seconds : seconds))
  }
}

extension Expression {
  /// `anchored` or `smoothed` may stand behind it.
  fileprivate var takesEdges: Bool {
    switch form {
    case .selector, .range: true
    default: false
    }
  }

  /// What `offset` and `@` say, or nil when the node takes neither.
  var shift: TimeShift? {
    switch form {
    case .selector(let selector): selector.shift
    case .range(let range): range.selector.shift
    case .subquery(let subquery): subquery.shift
    default: nil
    }
  }
}

extension Expression.Form {
  /// The same node with another shift; nodes that take none stay.
  func shifted(_ shift: TimeShift) -> Expression.Form {
    switch self {
    case .selector(var selector):
      selector.shift = shift
      return .selector(selector)
    case .range(var range):
      range.selector.shift = shift
      return .range(range)
    case .subquery(var subquery):
      subquery.shift = shift
      return .subquery(subquery)
    default: return self
    }
  }
}
