// SPDX-License-Identifier: MIT

/// One element of a parsed template.
indirect enum TemplateNode: Sendable {
  case text(String)
  /// Prints the pipeline's value, unless it declares or assigns.
  case action(TemplatePipeline)
  case branch(TemplateBranch)
  case call(name: String, argument: TemplatePipeline?, place: TemplatePlace)
  case leave(TemplateLeave)
}

/// How a loop is left early.
enum TemplateLeave: Sendable {
  case breakLoop
  case continueLoop
}

/// `if`, `with` or `range` with its two bodies.
struct TemplateBranch: Sendable {
  enum Kind: Sendable {
    case condition
    case with
    case range
  }

  let kind: Kind
  let pipeline: TemplatePipeline
  let body: [TemplateNode]
  let otherwise: [TemplateNode]
}

/// Commands, each given the result of the one before as its last argument.
struct TemplatePipeline: Sendable {
  /// The variables it sets, without the dollar; two only in `range`.
  let variables: [String]
  /// The variables exist already: `=`, not `:=`.
  let assigns: Bool
  let commands: [TemplateCommand]
  let place: TemplatePlace
}

/// One operand, or a function or member with its arguments.
struct TemplateCommand: Sendable {
  let operands: [TemplateOperand]
  let place: TemplatePlace
}

/// One operand of a command.
indirect enum TemplateOperand: Sendable {
  case dot
  case none
  case literal(TemplateValue)
  /// `.a.b`
  case field([String])
  /// `$x.a.b`; the name is empty for `$`.
  case variable(String, [String])
  case function(String)
  /// `(…)`
  case pipeline(TemplatePipeline)
  /// `(…).a.b`
  case member(of: TemplateOperand, [String])

  /// It may stand at the end of a pipe: it takes arguments.
  var isCallable: Bool {
    switch self {
    case .field, .variable, .function, .pipeline, .member: true
    case .dot, .none, .literal: false
    }
  }
}
