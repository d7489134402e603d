// SPDX-License-Identifier: MIT
import MetricModel

/// Walks the tree of one template once.
struct TemplateEvaluator {
  /// The most bytes one expansion prints.
  static let outputBytesMax = 64 << 10
  /// The most nodes, loop turns and calls of one expansion.
  static let stepsMax = 100_000
  /// The deepest chain of `template` calls.
  static let callDepthMax = 32
  /// The most queries of one expansion.
  static let queriesMax = 64

  private let template: TextTemplate
  let context: TemplateContext
  private var output = ""
  private var variables: [(name: String, value: TemplateValue)]
  private var steps = 0
  private var callDepth = 0
  private var queries = 0

  init(_ template: TextTemplate, _ context: TemplateContext) {
    self.template = template
    self.context = context
    variables = [("", context.data)]
    for name in template.variables { variables.append((name, context.variables[name] ?? .none)) }
  }

  mutating func expand() throws(TemplateError) -> String {
    _ = try walk(template.nodes, context.data)
    return output
  }

  private mutating func walk(
    _ nodes: [TemplateNode],
    _ dot: TemplateValue
  ) throws(TemplateError) -> TemplateLeave? {
    for node in nodes {
      switch node {
      case .text(let text): try write(text, at: TemplatePlace(line: 1, column: 1))
      case .action(let pipeline):
        let value = try evaluate(pipeline, dot)
        if pipeline.variables.isEmpty { try write(value.shown, at: pipeline.place) }
      case .branch(let branch):
        let visible = variables.count
        let leave = try walk(branch, dot)
        variables.removeSubrange(visible...)
        if let leave { return leave }
      case .call(let name, let argument, let place):
        let value = try argument.map { pipeline throws(TemplateError) in
          try evaluate(pipeline, dot)
        }
        try call(name, value ?? .none, at: place)
      case .leave(let leave): return leave
      }
    }
    return nil
  }

  private mutating func write(_ text: String, at place: TemplatePlace) throws(TemplateError) {
    try countStep(at: place)
    guard output.utf8.count + text.utf8.count <= Self.outputBytesMax else {
      throw place.error("the text would be longer than \(Self.outputBytesMax) bytes")
    }
    output += text
  }

  private mutating func countStep(at place: TemplatePlace) throws(TemplateError) {
    steps += 1
    guard steps <= Self.stepsMax else {
      throw place.error("more than \(Self.stepsMax) steps")
    }
  }

  private mutating func walk(
    _ branch: TemplateBranch,
    _ dot: TemplateValue
  ) throws(TemplateError) -> TemplateLeave? {
    try countStep(at: branch.pipeline.place)
    if branch.kind == .range { return try loop(branch, dot) }
    let value = try evaluate(branch.pipeline, dot)
    guard value.isTrue else { return try walk(branch.otherwise, dot) }
    return try walk(branch.body, branch.kind == .with ? value : dot)
  }

  private mutating func loop(
    _ branch: TemplateBranch,
    _ dot: TemplateValue
  ) throws(TemplateError) -> TemplateLeave? {
    let pipeline = branch.pipeline
    var plain = pipeline
    plain = TemplatePipeline(
      variables: [],
      assigns: false,
      commands: pipeline.commands,
      place: pipeline.place
    )
    let value = try evaluate(plain, dot)
    let visible = variables.count
    var turns = 0
    let entries = try entries(of: value, at: pipeline.place)
    for (key, item) in entries {
      try countStep(at: pipeline.place)
      turns += 1
      let values = pipeline.variables.count == 2 ? [key, item] : [item]
      for (name, value) in zip(pipeline.variables, values) {
        try set(name, value, assigns: pipeline.assigns, at: pipeline.place)
      }
      let leave = try walk(branch.body, item)
      variables.removeSubrange(visible...)
      if leave == .breakLoop { break }
    }
    return turns == 0 ? try walk(branch.otherwise, dot) : nil
  }

  /// What a range sees: pairs of key and value.
  private func entries(
    of value: TemplateValue,
    at place: TemplatePlace
  ) throws(TemplateError) -> [(TemplateValue, TemplateValue)] {
    switch value {
    case .none: return []
    case .list(let items): return items.enumerated().map { (.integer($0), $1) }
    case .map(let entries): return entries.sortedByName.map { (.text($0.key), $0.value) }
    case .integer(let count):
      guard count <= Self.stepsMax else { throw place.error("more than \(Self.stepsMax) steps") }
      return (0..<max(count, 0)).map { (.integer($0), .integer($0)) }
    case .object(let object):
      if let items = object.items { return items.enumerated().map { (.integer($0), $1) } }
      if let entries = object.entries {
        return entries.sortedByName.map { (.text($0.key), $0.value) }
      }
    default: break
    }
    throw place.error("range can't iterate over \(value.typeName)")
  }

  private mutating func call(
    _ name: String,
    _ value: TemplateValue,
    at place: TemplatePlace
  ) throws(TemplateError) {
    guard let nodes = template.definitions[name] else {
      throw place.error("template \(name.quotedForPromQL) not defined")
    }
    guard callDepth < Self.callDepthMax else {
      throw place.error("templates call each other deeper than \(Self.callDepthMax) levels")
    }
    callDepth += 1
    let outside = variables
    variables = [("", value)]
    _ = try walk(nodes, value)
    variables = outside
    callDepth -= 1
  }

  private mutating func set(
    _ name: String,
    _ value: TemplateValue,
    assigns: Bool,
    at place: TemplatePlace
  ) throws(TemplateError) {
    guard assigns else {
      variables.append((name, value))
      return
    }
    guard let index = variables.lastIndex(where: { $0.name == name }) else {
      throw place.error("undefined variable \"$\(name)\"")
    }
    variables[index].value = value
  }

  private mutating func evaluate(
    _ pipeline: TemplatePipeline,
    _ dot: TemplateValue
  ) throws(TemplateError) -> TemplateValue {
    var value: TemplateValue?
    for command in pipeline.commands {
      value = try evaluate(command, dot, piped: value)
    }
    let result = value ?? .none
    for name in pipeline.variables {
      try set(name, result, assigns: pipeline.assigns, at: pipeline.place)
    }
    return result
  }

  private mutating func evaluate(
    _ command: TemplateCommand,
    _ dot: TemplateValue,
    piped: TemplateValue?
  ) throws(TemplateError) -> TemplateValue {
    try countStep(at: command.place)
    let rest = command.operands.dropFirst()
    guard let first = command.operands.first else { return .none }
    switch first {
    case .function(let name):
      return try callFunction(name, rest, dot, piped: piped, at: command.place)
    case .none: throw command.place.error("nil is not a command")
    case .field(let path):
      return try walkPath(dot, path, rest, dot, piped, at: command.place)
    case .variable(let name, let path):
      let start = try variable(name, at: command.place)
      return try walkPath(start, path, rest, dot, piped, at: command.place)
    case .member(let owner, let path):
      let start = try evaluate(owner, dot, at: command.place)
      return try walkPath(start, path, rest, dot, piped, at: command.place)
    default:
      guard rest.isEmpty, piped == nil else {
        throw command.place.error("can't give argument to non-function")
      }
      return try evaluate(first, dot, at: command.place)
    }
  }

  /// The value of an operand that is an argument.
  private mutating func evaluate(
    _ operand: TemplateOperand,
    _ dot: TemplateValue,
    at place: TemplatePlace
  ) throws(TemplateError) -> TemplateValue {
    switch operand {
    case .dot: return dot
    case .none: return .none
    case .literal(let value): return value
    case .field(let path): return try walkPath(dot, path, [], dot, nil, at: place)
    case .variable(let name, let path):
      return try walkPath(try variable(name, at: place), path, [], dot, nil, at: place)
    case .function(let name): return try callFunction(name, [], dot, piped: nil, at: place)
    case .pipeline(let pipeline):
      let visible = variables.count
      defer { variables.removeSubrange(visible...) }
      return try evaluate(pipeline, dot)
    case .member(let owner, let path):
      return try walkPath(try evaluate(owner, dot, at: place), path, [], dot, nil, at: place)
    }
  }

  private func variable(
    _ name: String,
    at place: TemplatePlace
  ) throws(TemplateError) -> TemplateValue {
    guard let found = variables.last(where: { $0.name == name }) else {
      throw place.error("undefined variable \"$\(name)\"")
    }
    return found.value
  }

  /// Follows fields; the arguments belong to the last one.
  private mutating func walkPath(
    _ start: TemplateValue,
    _ path: [String],
    _ operands: ArraySlice<TemplateOperand>,
    _ dot: TemplateValue,
    _ piped: TemplateValue?,
    at place: TemplatePlace
  ) throws(TemplateError) -> TemplateValue {
    var arguments: [TemplateValue] = []
    for operand in operands { arguments.append(try evaluate(operand, dot, at: place)) }
    if let piped { arguments.append(piped) }
    guard !path.isEmpty || arguments.isEmpty else {
      throw place.error("can't give argument to non-function")
    }
    var value = start
    for (index, name) in path.enumerated() {
      let given = index == path.count - 1 ? arguments : []
      do throws(TemplateFault) {
        value = try value.member(name, given)
      } catch {
        throw place.error(error.reason)
      }
    }
    return value
  }

  private mutating func callFunction(
    _ name: String,
    _ operands: ArraySlice<TemplateOperand>,
    _ dot: TemplateValue,
    piped: TemplateValue?,
    at place: TemplatePlace
  ) throws(TemplateError) -> TemplateValue {
    if name == "and" || name == "or" {
      return try shortCircuit(name, operands, dot, piped: piped, at: place)
    }
    var arguments: [TemplateValue] = []
    for operand in operands { arguments.append(try evaluate(operand, dot, at: place)) }
    if let piped { arguments.append(piped) }
    if name == "query" {
      queries += 1
      guard queries <= Self.queriesMax else {
        throw place.error("more than \(Self.queriesMax) queries")
      }
    }
    if name == "tmpl" { return try expandDefinition(arguments, at: place) }
    do throws(TemplateFault) {
      return try template.functions.call(
        TemplateCall(name: name, arguments: arguments, context: context)
      )
    } catch {
      throw place.error("error calling \(name): \(error.reason)")
    }
  }

  /// `and` and `or` evaluate only as many arguments as they must.
  private mutating func shortCircuit(
    _ name: String,
    _ operands: ArraySlice<TemplateOperand>,
    _ dot: TemplateValue,
    piped: TemplateValue?,
    at place: TemplatePlace
  ) throws(TemplateError) -> TemplateValue {
    var value = piped
    for operand in operands {
      let next = try evaluate(operand, dot, at: place)
      if next.isTrue == (name == "or") { return next }
      value = piped ?? next
    }
    guard let value else { throw place.error("\(name) needs at least one argument") }
    return value
  }

  /// `tmpl "name" data`: the text that a definition expands to.
  private mutating func expandDefinition(
    _ arguments: [TemplateValue],
    at place: TemplatePlace
  ) throws(TemplateError) -> TemplateValue {
    guard arguments.count == 2, case .text(let name) = arguments[0] else {
      throw place.error("tmpl needs a template's name and its data")
    }
    let before = output
    output = ""
    try call(name, arguments[1], at: place)
    defer { output = before }
    return .text(output)
  }
}
