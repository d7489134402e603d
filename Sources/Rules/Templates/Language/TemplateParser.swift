// SPDX-License-Identifier: MIT

/// Builds the tree of a template; knows which functions and variables exist.
struct TemplateParser {
  /// The deepest nesting of blocks and parentheses.
  static let depthMax = 64

  let functions: TemplateFunctionSet
  private let pieces: [TemplatePiece]
  private var index = 0
  var variables: [String]
  var depth = 0
  private var loopDepth = 0
  private(set) var definitions: [String: [TemplateNode]] = [:]

  init(
    _ text: String,
    variables: [String],
    functions: TemplateFunctionSet
  ) throws(TemplateError) {
    var lexer = TemplateLexer(text)
    pieces = try lexer.pieces()
    self.variables = [""] + variables
    self.functions = functions
  }

  /// The whole template.
  mutating func parse() throws(TemplateError) -> [TemplateNode] {
    let (nodes, end) = try nodes()
    if let end { throw end.place.error("unexpected {{\(end.word)}}") }
    return nodes
  }

  /// What ended a list of nodes: `end`, or `else` with the rest of its action.
  private struct ListEnd {
    let word: String
    let place: TemplatePlace
    let rest: TemplateTokens
  }

  private mutating func nodes() throws(TemplateError) -> ([TemplateNode], ListEnd?) {
    var nodes: [TemplateNode] = []
    while index < pieces.count {
      let piece = pieces[index]
      index += 1
      switch piece {
      case .text(let text): nodes.append(.text(text))
      case .action(let tokens, let place):
        var tokens = TemplateTokens(tokens, place)
        tokens.skipSpace()
        guard case .keyword(let word)? = tokens.peek else {
          nodes.append(.action(try wholePipeline(&tokens)))
          continue
        }
        tokens.advance()
        if word == "end" || word == "else" {
          if word == "end" { try tokens.expectEnd() }
          return (nodes, ListEnd(word: word, place: place, rest: tokens))
        }
        if let node = try keywordNode(word, &tokens) { nodes.append(node) }
      }
    }
    return (nodes, nil)
  }

  private mutating func keywordNode(
    _ word: String,
    _ tokens: inout TemplateTokens
  ) throws(TemplateError) -> TemplateNode? {
    switch word {
    case "if": return .branch(try branch(.condition, &tokens))
    case "with": return .branch(try branch(.with, &tokens))
    case "range": return .branch(try branch(.range, &tokens))
    case "template": return try call(&tokens)
    case "define", "block": return try definition(word, &tokens)
    default:
      try tokens.expectEnd()
      guard loopDepth > 0 else { throw tokens.place.error("{{\(word)}} outside {{range}}") }
      return .leave(word == "break" ? .breakLoop : .continueLoop)
    }
  }

  private mutating func branch(
    _ kind: TemplateBranch.Kind,
    _ tokens: inout TemplateTokens
  ) throws(TemplateError) -> TemplateBranch {
    try descend(at: tokens.place)
    let visible = variables.count
    defer {
      depth -= 1
      variables.removeSubrange(visible...)
    }
    let place = tokens.opening
    let pipeline = try wholePipeline(&tokens, isRange: kind == .range)
    let declared = variables.count
    if kind == .range { loopDepth += 1 }
    let (body, end) = try nodes()
    if kind == .range { loopDepth -= 1 }
    variables.removeSubrange(declared...)
    guard let end else { throw place.error("the block is not closed by {{end}}") }
    let otherwise = end.word == "else" ? try self.otherwise(of: kind, end, from: place) : []
    return TemplateBranch(kind: kind, pipeline: pipeline, body: body, otherwise: otherwise)
  }

  private mutating func otherwise(
    of kind: TemplateBranch.Kind,
    _ end: ListEnd,
    from place: TemplatePlace
  ) throws(TemplateError) -> [TemplateNode] {
    var rest = end.rest
    rest.skipSpace()
    if case .keyword(let word)? = rest.peek, word == "if" || word == "with", kind != .range {
      // The chained block ends at the same {{end}}, so it takes it.
      rest.advance()
      return [.branch(try branch(word == "if" ? .condition : .with, &rest))]
    }
    try rest.expectEnd()
    let (nodes, last) = try nodes()
    guard let last else { throw place.error("the block is not closed by {{end}}") }
    guard last.word == "end" else { throw last.place.error("unexpected {{else}}") }
    return nodes
  }

  private mutating func call(_ tokens: inout TemplateTokens) throws(TemplateError) -> TemplateNode {
    let place = tokens.place
    let name = try templateName(&tokens)
    tokens.skipSpace()
    let argument = tokens.isAtEnd ? nil : try wholePipeline(&tokens)
    return .call(name: name, argument: argument, place: place)
  }

  private mutating func definition(
    _ word: String,
    _ tokens: inout TemplateTokens
  ) throws(TemplateError) -> TemplateNode? {
    let place = tokens.place
    let name = try templateName(&tokens)
    guard word == "block" || depth == 0 else {
      throw place.error("{{define}} must not stand inside another block")
    }
    var argument: TemplatePipeline?
    if word == "block" { argument = try wholePipeline(&tokens) } else { try tokens.expectEnd() }
    try descend(at: place)
    let (outside, loops) = (variables, loopDepth)
    (variables, loopDepth) = ([""], 0)
    defer {
      depth -= 1
      (variables, loopDepth) = (outside, loops)
    }
    let (body, end) = try nodes()
    guard let end, end.word == "end" else {
      throw place.error("the {{\(word)}} is not closed by {{end}}")
    }
    definitions[name] = body
    return word == "block" ? .call(name: name, argument: argument, place: place) : nil
  }

  private func templateName(_ tokens: inout TemplateTokens) throws(TemplateError) -> String {
    tokens.skipSpace()
    guard case .text(let name)? = tokens.peek else {
      throw tokens.place.error("a template's name in quotes must follow")
    }
    tokens.advance()
    return name
  }

  mutating func descend(at place: TemplatePlace) throws(TemplateError) {
    depth += 1
    guard depth <= Self.depthMax else {
      throw place.error("nested deeper than \(Self.depthMax) levels")
    }
  }
}

/// The words of one action, read from the left.
struct TemplateTokens {
  private let tokens: [PlacedToken]
  let opening: TemplatePlace
  private var index = 0

  init(_ tokens: [PlacedToken], _ opening: TemplatePlace) {
    self.tokens = tokens
    self.opening = opening
  }

  var isAtEnd: Bool { index == tokens.count }
  var peek: TemplateToken? { isAtEnd ? nil : tokens[index].token }
  var place: TemplatePlace { isAtEnd ? tokens.last?.place ?? opening : tokens[index].place }

  mutating func advance() { index += 1 }

  mutating func skipSpace() {
    while peek == .space { advance() }
  }

  mutating func expectEnd() throws(TemplateError) {
    skipSpace()
    if !isAtEnd { throw place.error("nothing more may stand between these braces") }
  }
}
