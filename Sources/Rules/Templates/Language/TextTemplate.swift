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
    definitions = (library?.definitions ?? [:]).merging(parser.definitions) { $1 }
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
