// SPDX-License-Identifier: MIT

/// Turns PromQL text into a checked syntax tree.
package enum PromQLParser {
  /// The longest text that is taken, in bytes of UTF-8.
  package static let maximumTextBytes = 65_536
  /// The deepest tree that is taken, in nodes.
  package static let maximumDepth = 200

  /// Parses an expression and checks its types.
  ///
  /// - Parameter text: The query; all functions are known, experimental ones too.
  /// - Returns: The tree, whose types fit and whose regular expressions compile.
  /// - Throws: The first fault; syntax comes before types.
  package static func parse(_ text: String) throws(PromQLParseError) -> Expression {
    guard text.utf8.count <= maximumTextBytes else {
      throw PromQLParseError(
        "query is longer than \(maximumTextBytes) bytes",
        at: SourcePosition()
      )
    }
    var parser = Parser(text)
    let expression = try parser.wholeExpression()
    try TypeChecker.check(expression)
    if case .range(let range) = expression.unwrapped.form, range.selector.edges != .plain {
      throw PromQLParseError(
        "\(range.selector.edges.rawValue) modifier can only be used within a function",
        at: expression.position
      )
    }
    return expression
  }
}

/// Walks the tokens once, without looking back.
struct Parser {
  private let tokens: [Token]
  private let lineStarts: [Int]
  private var index = 0
  private var nesting = 0
  /// Greater than zero inside the parentheses of a duration expression.
  var nestingOfDurations = 0
  /// How many operators of duration formulas were met.
  var formulaParts = 0

  init(_ text: String) {
    var lexer = Lexer(text)
    var starts = [0]
    for (offset, byte) in lexer.bytes.enumerated() where byte == UInt8(ascii: "\n") {
      starts.append(offset + 1)
    }
    lineStarts = starts
    tokens = lexer.tokens()
  }

  mutating func wholeExpression() throws(PromQLParseError) -> Expression {
    if current.kind == .end {
      throw PromQLParseError("no expression found in input", at: position)
    }
    let expression = try binaryExpression(atLeast: 1)
    guard current.kind == .end else { throw unexpected("after expression", expected: nil) }
    return expression
  }

  // MARK: Tokens

  var current: Token { tokens[index] }

  /// The token after the current one; the last token repeats.
  var following: Token { tokens[Swift.min(index + 1, tokens.count - 1)] }

  var position: SourcePosition { position(of: current.start) }

  func position(of offset: Int) -> SourcePosition {
    // The last line that starts at or before the offset, by halving.
    var (line, end) = (0, lineStarts.count)
    while end - line > 1 {
      let middle = (line + end) / 2
      if lineStarts[middle] <= offset { line = middle } else { end = middle }
    }
    return SourcePosition(line: line + 1, column: offset - lineStarts[line] + 1)
  }

  mutating func advance() {
    if index < tokens.count - 1 { index += 1 }
  }

  mutating func take(_ symbol: Symbol) -> Bool {
    guard current.kind == .symbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func expect(_ symbol: Symbol, in context: String) throws(PromQLParseError) {
    guard take(symbol) else {
      throw unexpected("in \(context)", expected: "\"\(symbol.rawValue)\"")
    }
  }

  /// The current token as a keyword in lower case, or nil when it is no word.
  var keyword: String? {
    guard case .word(let text) = current.kind else { return nil }
    return text.lowercased()
  }

  func unexpected(_ context: String, expected: String?) -> PromQLParseError {
    if case .invalid(let message) = current.kind { return PromQLParseError(message, at: position) }
    let wish = expected.map { ", expected \($0)" } ?? ""
    if current.kind == .end {
      return PromQLParseError("unexpected end of input \(context)\(wish)", at: position)
    }
    return PromQLParseError("unexpected \(current.name) \(context)\(wish)", at: position)
  }

  // MARK: Nodes

  /// Makes a node, unless the tree gets too deep: trees are walked by recursion.
  func node(
    _ form: Expression.Form,
    at position: SourcePosition
  ) throws(PromQLParseError) -> Expression {
    let expression = Expression(form, at: position)
    guard expression.depth <= PromQLParser.maximumDepth else { throw tooDeep(position) }
    return expression
  }

  private func tooDeep(_ position: SourcePosition) -> PromQLParseError {
    PromQLParseError(
      "expression is nested more than \(PromQLParser.maximumDepth) levels deep",
      at: position
    )
  }

  mutating func enter() throws(PromQLParseError) {
    nesting += 1
    guard nesting <= PromQLParser.maximumDepth else { throw tooDeep(position) }
  }

  mutating func leave() { nesting -= 1 }

  // MARK: Operators

  mutating func binaryExpression(atLeast precedence: Int) throws(PromQLParseError) -> Expression {
    try enter()
    defer { leave() }
    var left = try unaryExpression()
    while let operation = binaryOperator, operation.precedence >= precedence {
      advance()
      let returnsBool = keyword == "bool"
      if returnsBool { advance() }
      let matching = try vectorMatching()
      let next = operation.isRightAssociative ? operation.precedence : operation.precedence + 1
      let right = try binaryExpression(atLeast: next)
      let binary = BinaryExpression(
        operation,
        left,
        right,
        returnsBool: returnsBool,
        matching: matching
      )
      left = try node(.binary(binary), at: left.position)
    }
    return left
  }

  private var binaryOperator: BinaryOperator? {
    switch current.kind {
    case .symbol(let symbol): BinaryOperator(rawValue: symbol.rawValue)
    case .word(let text): BinaryOperator(rawValue: text.lowercased())
    default: nil
    }
  }

  private mutating func unaryExpression() throws(PromQLParseError) -> Expression {
    let start = position
    let sign: UnaryOperator
    if take(.minus) {
      sign = .minus
    } else if take(.plus) {
      sign = .plus
    } else {
      return try postfixExpression()
    }
    // A sign binds like `*`: what follows may only hold `^`.
    let operand = try binaryExpression(atLeast: BinaryOperator.power.precedence)
    if case .number(let literal) = operand.form {
      return try node(.number(sign == .minus ? literal.negated : literal), at: start)
    }
    return try node(.unary(sign, operand), at: start)
  }
}

extension NumberLiteral {
  fileprivate var negated: NumberLiteral { NumberLiteral(-value) }
}
