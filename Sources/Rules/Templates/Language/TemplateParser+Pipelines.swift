// SPDX-License-Identifier: MIT

extension TemplateParser {
  /// The pipeline that fills an action to its end.
  mutating func wholePipeline(
    _ tokens: inout TemplateTokens,
    isRange: Bool = false
  ) throws(TemplateError) -> TemplatePipeline {
    let pipeline = try pipeline(&tokens, isRange: isRange)
    try tokens.expectEnd()
    return pipeline
  }

  private mutating func pipeline(
    _ tokens: inout TemplateTokens,
    isRange: Bool
  ) throws(TemplateError) -> TemplatePipeline {
    tokens.skipSpace()
    let place = tokens.place
    let declaration = try declaration(&tokens, isRange: isRange)
    var commands: [TemplateCommand] = []
    while true {
      let command = try command(&tokens)
      if !commands.isEmpty, command.operands.first?.isCallable != true {
        throw command.place.error("only a function or member can stand after a pipe")
      }
      commands.append(command)
      tokens.skipSpace()
      guard tokens.peek == .pipe else { break }
      tokens.advance()
    }
    // Declared only now: a variable is not visible in its own value.
    if let declaration, !declaration.assigns { variables += declaration.names }
    return TemplatePipeline(
      variables: declaration?.names ?? [],
      assigns: declaration?.assigns ?? false,
      commands: commands,
      place: place
    )
  }

  /// `$x :=`, `$x =`, and in a range `$i, $x :=`; nil when the pipeline begins otherwise.
  private func declaration(
    _ tokens: inout TemplateTokens,
    isRange: Bool
  ) throws(TemplateError) -> (names: [String], assigns: Bool)? {
    var ahead = tokens
    var names: [String] = []
    while case .variable(let name)? = ahead.peek, names.count < 2 {
      ahead.advance()
      ahead.skipSpace()
      names.append(name)
      guard ahead.peek == .comma else { break }
      guard isRange else { throw ahead.place.error("two variables can be set only by range") }
      ahead.advance()
      ahead.skipSpace()
    }
    guard !names.isEmpty, ahead.peek == .declare || ahead.peek == .assign else {
      if names.count > 1 { throw ahead.place.error("expected := after the variables") }
      return nil
    }
    let assigns = ahead.peek == .assign
    for name in names where name.isEmpty || (assigns && !variables.contains(name)) {
      throw tokens.place.error(
        name.isEmpty ? "$ cannot be set" : "undefined variable \"$\(name)\""
      )
    }
    ahead.advance()
    tokens = ahead
    return (names, assigns)
  }

  private mutating func command(
    _ tokens: inout TemplateTokens
  ) throws(TemplateError) -> TemplateCommand {
    tokens.skipSpace()
    let place = tokens.place
    var operands: [TemplateOperand] = []
    while let operand = try operand(&tokens) {
      operands.append(operand)
      guard tokens.peek == .space else { break }
      tokens.skipSpace()
    }
    guard let first = operands.first else { throw place.error("a value is missing") }
    guard operands.count == 1 || first.isCallable else {
      throw place.error("only a function or member can take arguments")
    }
    if !tokens.isAtEnd, tokens.peek != .pipe, tokens.peek != .close {
      throw tokens.place.error("a blank must stand between operands")
    }
    return TemplateCommand(operands: operands, place: place)
  }

  /// A term and the fields that follow it without a blank; nil where no term begins.
  private mutating func operand(
    _ tokens: inout TemplateTokens
  ) throws(TemplateError) -> TemplateOperand? {
    let place = tokens.place
    guard let term = try term(&tokens) else { return nil }
    var fields: [String] = []
    while case .field(let name)? = tokens.peek {
      tokens.advance()
      fields.append(name)
    }
    guard !fields.isEmpty else { return term }
    switch term {
    case .field(let first): return .field(first + fields)
    case .variable(let name, let first): return .variable(name, first + fields)
    case .none, .literal: throw place.error("a literal has no fields")
    case .dot: throw place.error("unexpected dot")
    default: return .member(of: term, fields)
    }
  }

  private mutating func term(
    _ tokens: inout TemplateTokens
  ) throws(TemplateError) -> TemplateOperand? {
    let place = tokens.place
    guard let token = tokens.peek else { return nil }
    switch token {
    case .space, .pipe, .close: return nil
    case .comma, .declare, .assign, .keyword:
      throw place.error("unexpected \(Self.shown(token))")
    default: tokens.advance()
    }
    switch token {
    case .dot: return .dot
    case .none: return TemplateOperand.none
    case .field(let name): return .field([name])
    case .text(let text): return .literal(.text(text))
    case .integer(let integer): return .literal(.integer(integer))
    case .number(let number): return .literal(.number(number))
    case .flag(let flag): return .literal(.flag(flag))
    case .variable(let name):
      guard variables.contains(name) else {
        throw place.error("undefined variable \"$\(name)\"")
      }
      return .variable(name, [])
    case .identifier(let name):
      guard functions.contains(name) else {
        throw place.error("function \"\(name)\" not defined")
      }
      return .function(name)
    default:
      try descend(at: place)
      let visible = variables.count
      let pipeline = try pipeline(&tokens, isRange: false)
      variables.removeSubrange(visible...)
      depth -= 1
      guard tokens.peek == .close else { throw tokens.place.error("expected )") }
      tokens.advance()
      return .pipeline(pipeline)
    }
  }

  private static func shown(_ token: TemplateToken) -> String {
    switch token {
    case .comma: "comma"
    case .declare: ":="
    case .assign: "="
    case .keyword(let word): "<\(word)>"
    default: "word"
    }
  }
}
