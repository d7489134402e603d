// SPDX-License-Identifier: MIT
import Glibc

/// Durations in brackets and after `offset`: literals, or arithmetic on them.
extension Parser {
  /// Reads the duration of a range or a step.
  mutating func positiveDuration() throws(PromQLParseError) -> Duration {
    let start = position
    let seconds = try inDurationExpression { parser throws(PromQLParseError) in try parser.sum() }
    let duration = try duration(seconds, at: start)
    guard duration > .zero else {
      throw PromQLParseError("duration must be greater than 0", at: start)
    }
    return duration
  }

  /// Reads the duration after `offset`: a signed literal, or an expression in parentheses.
  mutating func signedDuration() throws(PromQLParseError) -> Duration {
    let start = position
    return try duration(try signed(), at: start)
  }

  /// Seconds rounded to the nanosecond and cut to whole milliseconds.
  private func duration(
    _ seconds: Double,
    at start: SourcePosition
  ) throws(PromQLParseError) -> Duration {
    // A range in nanoseconds has to fit 63 bits.
    guard seconds.isFinite, abs(seconds) < 9.2e9 else {
      throw PromQLParseError("duration out of range", at: start)
    }
    let nanoseconds = Int64((seconds * 1e9).rounded())
    return .milliseconds(nanoseconds / 1_000_000)
  }

  private mutating func sum() throws(PromQLParseError) -> Double {
    var value = try product()
    while true {
      if take(.plus) {
        value += try product()
      } else if take(.minus) {
        value -= try product()
      } else {
        return value
      }
    }
  }

  private mutating func product() throws(PromQLParseError) -> Double {
    var value = try signed()
    while true {
      let start = position
      if take(.asterisk) {
        value *= try signed()
      } else if take(.slash) {
        let divisor = try signed()
        guard divisor != 0 else { throw PromQLParseError("division by zero", at: start) }
        value /= divisor
      } else if take(.percent) {
        let divisor = try signed()
        guard divisor != 0 else { throw PromQLParseError("modulo by zero", at: start) }
        value = fmod(value, divisor)
      } else {
        return value
      }
    }
  }

  private mutating func signed() throws(PromQLParseError) -> Double {
    try enter()
    defer { leave() }
    if take(.minus) { return -(try signed()) }
    if take(.plus) { return try signed() }
    let base = try durationOperand()
    // Only inside brackets or parentheses can an operator follow: elsewhere it ends the duration.
    guard current.kind == .symbol(.caret), isInDurationExpression else { return base }
    advance()
    return pow(base, try signed())
  }

  private var isInDurationExpression: Bool { nestingOfDurations > 0 }

  private mutating func durationOperand() throws(PromQLParseError) -> Double {
    switch current.kind {
    case .number(let seconds):
      advance()
      return seconds
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

  private mutating func durationFunction(_ name: String) throws(PromQLParseError) -> Double {
    guard name == "min_of" || name == "max_of" else {
      let message =
        name == "step" || name == "range"
        ? "\(name)() is not supported in a duration" : "unknown duration function \"\(name)\""
      throw PromQLParseError(message, at: position)
    }
    advance()
    advance()
    let left = try inDurationExpression { parser throws(PromQLParseError) in try parser.sum() }
    try expect(.comma, in: "duration expression")
    let right = try inDurationExpression { parser throws(PromQLParseError) in try parser.sum() }
    try expect(.rightParenthesis, in: "duration expression")
    return name == "min_of" ? Swift.min(left, right) : Swift.max(left, right)
  }

  private mutating func inDurationExpression(
    _ body: (inout Parser) throws(PromQLParseError) -> Double
  ) throws(PromQLParseError) -> Double {
    nestingOfDurations += 1
    defer { nestingOfDurations -= 1 }
    return try body(&self)
  }
}
