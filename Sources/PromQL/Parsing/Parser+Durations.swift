// SPDX-License-Identifier: MIT

/// Durations in brackets and after `offset`: literals, or arithmetic on them.
extension Parser {
  /// The most operators of formulas that depend on the query; formulas are walked by recursion.
  private static let maximumFormulaParts = 100

  /// Reads the duration of a range or a step.
  mutating func positiveDuration() throws(PromQLParseError) -> Span {
    let start = position
    let formula = try inDurationExpression { parser throws(PromQLParseError) in try parser.sum() }
    let span = try span(formula, at: start)
    if case .fixed(let duration) = span, duration <= .zero {
      throw PromQLParseError("duration must be greater than 0", at: start)
    }
    return span
  }

  /// Reads the duration after `offset`: a signed literal, or an expression in parentheses.
  mutating func signedDuration() throws(PromQLParseError) -> Span {
    let start = position
    return try span(try signed(), at: start)
  }

  private func span(
    _ formula: DurationFormula,
    at start: SourcePosition
  ) throws(PromQLParseError) -> Span {
    guard let seconds = formula.constant else { return .formula(formula) }
    guard let milliseconds = DurationFormula.milliseconds(ofSeconds: seconds) else {
      throw PromQLParseError("duration out of range", at: start)
    }
    return .fixed(.milliseconds(milliseconds))
  }

  private mutating func sum() throws(PromQLParseError) -> DurationFormula {
    var value = try product()
    while true {
      let start = position
      if take(.plus) {
        value = try combine(.add, value, try product(), at: start)
      } else if take(.minus) {
        value = try combine(.subtract, value, try product(), at: start)
      } else {
        return value
      }
    }
  }

  private mutating func product() throws(PromQLParseError) -> DurationFormula {
    var value = try signed()
    while true {
      let start = position
      if take(.asterisk) {
        value = try combine(.multiply, value, try signed(), at: start)
      } else if take(.slash) {
        let divisor = try signed()
        if divisor.constant == 0 { throw PromQLParseError("division by zero", at: start) }
        value = try combine(.divide, value, divisor, at: start)
      } else if take(.percent) {
        let divisor = try signed()
        if divisor.constant == 0 { throw PromQLParseError("modulo by zero", at: start) }
        value = try combine(.modulo, value, divisor, at: start)
      } else {
        return value
      }
    }
  }

  private mutating func signed() throws(PromQLParseError) -> DurationFormula {
    try enter()
    defer { leave() }
    let start = position
    if take(.minus) {
      let part = try signed()
      if let value = part.constant { return .seconds(-value) }
      try countFormulaPart(at: start)
      return .negated(part)
    }
    if take(.plus) { return try signed() }
    let base = try durationOperand()
    // Only inside brackets or parentheses can an operator follow: elsewhere it ends the duration.
    guard current.kind == .symbol(.caret), nestingOfDurations > 0 else { return base }
    advance()
    return try combine(.power, base, try signed(), at: start)
  }

  private mutating func durationOperand() throws(PromQLParseError) -> DurationFormula {
    switch current.kind {
    case .number(let seconds):
      advance()
      return .seconds(seconds)
    case .symbol(.leftParenthesis):
      advance()
      let value = try inDurationExpression { parser throws(PromQLParseError) in try parser.sum() }
      try expect(.rightParenthesis, in: "duration expression")
      return value
    case .word(let name) where following.kind == .symbol(.leftParenthesis):
      return try durationFunction(name.lowercased())
    default:
      throw unexpected("in duration", expected: "number or duration")
    }
  }

  private mutating func durationFunction(
    _ name: String
  ) throws(PromQLParseError) -> DurationFormula {
    let start = position
    let operation = DurationFormula.Operation(rawValue: name)
    guard operation != nil || name == "step" || name == "range" else {
      throw PromQLParseError("unknown duration function \"\(name)\"", at: start)
    }
    advance()
    advance()
    guard let operation else {
      try expect(.rightParenthesis, in: "duration expression")
      return name == "step" ? .step : .range
    }
    let left = try inDurationExpression { parser throws(PromQLParseError) in try parser.sum() }
    try expect(.comma, in: "duration expression")
    let right = try inDurationExpression { parser throws(PromQLParseError) in try parser.sum() }
    try expect(.rightParenthesis, in: "duration expression")
    return try combine(operation, left, right, at: start)
  }

  /// Joins two parts, at once when both are known.
  private mutating func combine(
    _ operation: DurationFormula.Operation,
    _ left: DurationFormula,
    _ right: DurationFormula,
    at start: SourcePosition
  ) throws(PromQLParseError) -> DurationFormula {
    if let left = left.constant, let right = right.constant {
      let value = operation.apply(left, right)
      guard value.isFinite else { throw PromQLParseError("duration out of range", at: start) }
      return .seconds(value)
    }
    try countFormulaPart(at: start)
    return .combined(operation, left, right)
  }

  private mutating func countFormulaPart(at start: SourcePosition) throws(PromQLParseError) {
    formulaParts += 1
    guard formulaParts <= Self.maximumFormulaParts else {
      throw PromQLParseError("more than \(Self.maximumFormulaParts) duration operators", at: start)
    }
  }

  private mutating func inDurationExpression(
    _ body: (inout Parser) throws(PromQLParseError) -> DurationFormula
  ) throws(PromQLParseError) -> DurationFormula {
    nestingOfDurations += 1
    defer { nestingOfDurations -= 1 }
    return try body(&self)
  }
}
