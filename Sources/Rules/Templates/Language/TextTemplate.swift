// SPDX-License-Identifier: MIT
package import MetricModel

/// A parsed text with `{{ … }}` in it, in the language of Go's `text/template`.
package struct TextTemplate: Sendable {
  /// The most bytes of a template's text.
  package static let textBytesMax = 64 << 10

  /// The text it was parsed from.
  package let text: String
  let nodes: [TemplateNode]
  /// Bodies of `define` and `block` by name.
  let definitions: [String: [TemplateNode]]
  /// Those that stand in this text.
  private let ownDefinitions: [String: [TemplateNode]]
  let variables: [String]
  let functions: TemplateFunctionSet

  /// Parses a text.
  ///
  /// - Parameters:
  ///   - text: Literal text with actions.
  ///   - variables: The names, without the dollar, that each expansion gives values.
  ///   - functions: The functions that may be called.
  ///   - library: A template whose definitions this one may call.
  /// - Throws: ``TemplateError`` for the first fault: syntax, an unknown variable or function.
  package init(
    parsing text: String,
    variables: [String] = [],
    functions: TemplateFunctionSet = .alerting,
    library: TextTemplate? = nil
  ) throws(TemplateError) {
    guard text.utf8.count <= Self.textBytesMax else {
      let start = TemplatePlace(line: 1, column: 1)
      throw start.error("the template is larger than \(Self.textBytesMax) bytes")
    }
    self.text = text
    self.variables = variables
    self.functions = functions
    var parser = try TemplateParser(text, variables: variables, functions: functions)
    nodes = try parser.parse()
    ownDefinitions = parser.definitions
    definitions = (library?.definitions ?? [:]).merging(parser.definitions) { $1 }
  }

  /// Every call of another template in its text, sorted by place.
  package var calls: [TemplateReference] {
    var found: [TemplateReference] = []
    for nodes in [nodes] + ownDefinitions.values { Self.collect(nodes, into: &found) }
    return found.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
  }

  /// A template of that name can be called.
  package func defines(_ name: String) -> Bool { definitions[name] != nil }

  /// The names of all templates that can be called, sorted.
  package var definedNames: [String] { definitions.keys.sorted() }

  private static func collect(_ nodes: [TemplateNode], into found: inout [TemplateReference]) {
    for node in nodes {
      switch node {
      case .call(let name, _, let place):
        found.append(TemplateReference(name: name, line: place.line, column: place.column))
      case .branch(let branch):
        collect(branch.body, into: &found)
        collect(branch.otherwise, into: &found)
      case .text, .action, .leave: break
      }
    }
  }

  /// The text holds no action: every expansion gives the text itself.
  package var isLiteral: Bool {
    nodes.allSatisfy { if case .text = $0 { true } else { false } }
  }

  /// Expands the template.
  ///
  /// - Throws: ``TemplateError`` for a fault in the data or a limit that was passed.
  package func expand(in context: TemplateContext) throws(TemplateError) -> String {
    if nodes.count == 1, case .text(let literal) = nodes[0] { return literal }
    var evaluator = TemplateEvaluator(self, context)
    return try evaluator.expand()
  }
}

/// A place in a template's text that calls another template.
package struct TemplateReference: Equatable, Sendable {
  /// The name of what is called.
  package let name: String
  /// The line in the text, from 1.
  package let line: Int
  /// The column in bytes, from 1.
  package let column: Int
}

/// What one expansion is given.
package struct TemplateContext {
  /// Answers `query`: the samples of an instant query, each a record of `Labels` and `Value`.
  package typealias Query = (_ expression: String) throws(TemplateFault) -> [TemplateValue]

  /// The dot, and `$`.
  package var data: TemplateValue
  /// The values of the declared variables; a missing one is ``TemplateValue/none``.
  package var variables: [String: TemplateValue]
  /// The evaluation time.
  package var now: Timestamp
  /// Where hvsmon is reached from outside; empty when that is not set.
  package var externalURL: String
  /// Answers `query`; nil refuses it.
  package var query: Query?

  /// Describes an expansion.
  package init(
    data: TemplateValue,
    variables: [String: TemplateValue] = [:],
    now: Timestamp,
    externalURL: String = "",
    query: Query? = nil
  ) {
    self.data = data
    self.variables = variables
    self.now = now
    self.externalURL = externalURL
    self.query = query
  }
}
