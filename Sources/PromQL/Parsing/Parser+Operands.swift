// SPDX-License-Identifier: MIT
import MetricModel

extension Parser {
  /// Words that are never a metric's name unless quoted.
  static let reservedWords: Set<String> = [
    "on", "ignoring", "bool", "group_left", "group_right", "atan2", "inf", "nan",
  ]

  mutating func primaryExpression() throws(PromQLParseError) -> Expression {
    let start = position
    switch current.kind {
    case .number(let value):
      advance()
      return try node(.number(NumberLiteral(value)), at: start)
    case .string(let text):
      advance()
      return try node(.string(text), at: start)
    case .symbol(.leftParenthesis):
      advance()
      let inner = try binaryExpression(atLeast: 1)
      try expect(.rightParenthesis, in: "parenthesized expression")
      return try node(.parentheses(inner), at: start)
    case .symbol(.leftBrace):
      return try node(.selector(VectorSelector(try matchers(name: nil))), at: start)
    case .word(let text):
      return try wordExpression(text, at: start)
    default:
      throw unexpected("in expression", expected: nil)
    }
  }

  private mutating func wordExpression(
    _ text: String,
    at start: SourcePosition
  ) throws(PromQLParseError) -> Expression {
    let lower = text.lowercased()
    if lower == "inf" || lower == "nan" {
      advance()
      return try node(.number(NumberLiteral(lower == "inf" ? .infinity : .nan)), at: start)
    }
    if let aggregator = Aggregator(rawValue: lower), isAggregationAhead {
      advance()
      return try aggregation(aggregator, at: start)
    }
    if Self.reservedWords.contains(lower) {
      throw unexpected("in expression", expected: nil)
    }
    advance()
    guard current.kind == .symbol(.leftParenthesis) else {
      return try node(.selector(VectorSelector(try matchers(name: text))), at: start)
    }
    guard let function = Function(rawValue: text) else {
      throw PromQLParseError("unknown function with name \"\(text)\"", at: start)
    }
    let arguments = try arguments(of: "function call")
    return try node(.call(FunctionCall(function, arguments)), at: start)
  }

  private var isAggregationAhead: Bool {
    switch following.kind {
    case .symbol(.leftParenthesis): true
    case .word(let next): ["by", "without"].contains(next.lowercased())
    default: false
    }
  }

  /// Reads `(a, b, ...)`; a comma at the end is not allowed.
  private mutating func arguments(of context: String) throws(PromQLParseError) -> [Expression] {
    try expect(.leftParenthesis, in: context)
    var arguments: [Expression] = []
    if take(.rightParenthesis) { return arguments }
    while true {
      arguments.append(try binaryExpression(atLeast: 1))
      if take(.rightParenthesis) { return arguments }
      guard take(.comma) else {
        throw unexpected("in \(context)", expected: "\",\" or \")\"")
      }
      if current.kind == .symbol(.rightParenthesis) {
        throw PromQLParseError("trailing commas not allowed in function call args", at: position)
      }
    }
  }

  private mutating func aggregation(
    _ aggregator: Aggregator,
    at start: SourcePosition
  ) throws(PromQLParseError) -> Expression {
    var grouping = try groupingClause()
    let arguments = try arguments(of: "aggregation")
    if grouping == nil { grouping = try groupingClause() }
    guard !arguments.isEmpty else {
      throw PromQLParseError("no arguments for aggregate expression provided", at: start)
    }
    let wanted = aggregator.parameterType == nil ? 1 : 2
    guard arguments.count == wanted else {
      throw PromQLParseError(
        "wrong number of arguments for aggregate expression provided, expected \(wanted), "
          + "got \(arguments.count)",
        at: start
      )
    }
    let aggregation = Aggregation(
      aggregator,
      parameter: wanted == 2 ? arguments[0] : nil,
      of: arguments[wanted - 1],
      grouping: grouping ?? .by([])
    )
    return try node(.aggregation(aggregation), at: start)
  }

  private mutating func groupingClause() throws(PromQLParseError) -> Aggregation.Grouping? {
    switch keyword {
    case "by":
      advance()
      return .by(try labelNames())
    case "without":
      advance()
      return .without(try labelNames())
    default: return nil
    }
  }

  /// Reads `(a, b, "c.d")`, where a comma may end the list.
  mutating func labelNames() throws(PromQLParseError) -> [String] {
    try expect(.leftParenthesis, in: "grouping opts")
    var names: [String] = []
    while !take(.rightParenthesis) {
      switch current.kind {
      case .word(let text) where CharacterClass.isLabelName(text): names.append(text)
      case .string(let text) where !text.isEmpty: names.append(text)
      default: throw unexpected("in grouping opts", expected: "label")
      }
      advance()
      if take(.rightParenthesis) { break }
      guard take(.comma) else { throw unexpected("in grouping opts", expected: "\",\" or \")\"") }
    }
    return names
  }

  /// Reads what may stand between a binary operator and its right operand.
  mutating func vectorMatching() throws(PromQLParseError) -> VectorMatching? {
    var isOn = false
    var labels: [String]?
    if keyword == "on" || keyword == "ignoring" {
      isOn = keyword == "on"
      advance()
      labels = try labelNames()
    }
    var cardinality = VectorMatching.Cardinality.oneToOne
    if labels != nil, keyword == "group_left" || keyword == "group_right" {
      let isLeft = keyword == "group_left"
      advance()
      let isListAhead = current.kind == .symbol(.leftParenthesis)
      let including = isListAhead ? try labelNames() : []
      cardinality = isLeft ? .manyToOne(including: including) : .oneToMany(including: including)
    }
    let fills = try fillValues()
    guard labels != nil || fills != nil else { return nil }
    return VectorMatching(
      isOn: isOn,
      labels: labels ?? [],
      cardinality: cardinality,
      leftFill: fills?.left,
      rightFill: fills?.right
    )
  }

  private mutating func fillValues() throws(PromQLParseError) -> (
    left: NumberLiteral?, right: NumberLiteral?
  )? {
    var fills: (left: NumberLiteral?, right: NumberLiteral?)?
    while let word = keyword, ["fill", "fill_left", "fill_right"].contains(word),
      following.kind == .symbol(.leftParenthesis)
    {
      let start = position
      advance()
      advance()
      let isNegative = take(.minus)
      if !isNegative { _ = take(.plus) }
      let value = try signedLiteral(isNegative: isNegative)
      try expect(.rightParenthesis, in: "fill modifier")
      let setsLeft = word != "fill_right"
      let setsRight = word != "fill_left"
      if setsLeft && fills?.left != nil || setsRight && fills?.right != nil {
        throw PromQLParseError("fill value may not be set multiple times", at: start)
      }
      fills = (
        setsLeft ? value : fills?.left,
        setsRight ? value : fills?.right
      )
    }
    return fills
  }

  private mutating func signedLiteral(isNegative: Bool) throws(PromQLParseError) -> NumberLiteral {
    let value: Double
    switch (current.kind, keyword) {
    case (.number(let number), _): value = number
    case (_, "inf"): value = .infinity
    case (_, "nan"): value = .nan
    default: throw unexpected("in fill modifier", expected: "number")
    }
    advance()
    return NumberLiteral(isNegative ? -value : value)
  }
}
