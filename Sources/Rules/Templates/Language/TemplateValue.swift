// SPDX-License-Identifier: MIT
package import MetricModel

/// What a template handles: data, variables, arguments and results.
package indirect enum TemplateValue: Sendable {
  /// No value at all; an action prints it as `<no value>`, functions as `<nil>`.
  case none
  case text(String)
  /// A 64-bit float: `100.0`, sample values.
  case number(Double)
  /// A whole number: `100`, `len`. Never compared with a float.
  case integer(Int)
  case flag(Bool)
  case list([TemplateValue])
  /// Values by name; an absent name reads as the empty text.
  case map([String: TemplateValue])
  /// Named fields; an unknown field is a fault.
  case record([String: TemplateValue])
  case instant(Timestamp)
  case span(Duration)
  /// A value with members of its own.
  case object(any TemplateObject)
}

/// A value that answers for its own members, items and text.
package protocol TemplateObject: Sendable {
  /// The member called `name`, or nil when there is none.
  ///
  /// - Parameters:
  ///   - name: The text after the dot.
  ///   - arguments: What follows in the template; empty for a plain field.
  /// - Returns: The member's value, or nil when no member has that name.
  /// - Throws: ``TemplateFault`` when the arguments do not fit.
  func member(
    _ name: String,
    _ arguments: [TemplateValue]
  ) throws(TemplateFault) -> TemplateValue?

  /// What `range`, `len` and `index` see; nil when it is not a list.
  var items: [TemplateValue]? { get }

  /// The values by name that `range`, `len` and `index` see; nil when it is not a map.
  var entries: [String: TemplateValue]? { get }

  /// What is printed.
  var text: String { get }
}

extension TemplateObject {
  /// It is not a map.
  package var entries: [String: TemplateValue]? { nil }
}

extension TemplateValue {
  /// The labels as a map from name to value.
  package init(labels: some Sequence<Label>) {
    self = .map(Dictionary(labels.map { ($0.name, .text($0.value)) }) { _, last in last })
  }

  /// A result of a query: its `Labels` and its `Value`.
  package init(sample labels: LabelSet, _ value: Double) {
    self = .record(["Labels": TemplateValue(labels: labels), "Value": .number(value)])
  }

  /// Whether `if` takes it: not none, not false, not zero, not empty.
  var isTrue: Bool {
    switch self {
    case .none: false
    case .text(let text): !text.isEmpty
    case .number(let number): number != 0
    case .integer(let integer): integer != 0
    case .flag(let flag): flag
    case .list(let items): !items.isEmpty
    case .map(let entries): !entries.isEmpty
    case .span(let span): span != .zero
    case .record, .instant: true
    case .object(let object):
      object.items.map { !$0.isEmpty } ?? object.entries.map { !$0.isEmpty } ?? true
    }
  }

  /// The name of its type in messages and `%T`.
  var typeName: String {
    switch self {
    case .none: "<nil>"
    case .text: "string"
    case .number: "float64"
    case .integer: "int"
    case .flag: "bool"
    case .list: "list"
    case .map: "map[string]string"
    case .record, .object: "object"
    case .instant: "time"
    case .span: "duration"
    }
  }

  /// As an action of a template prints it.
  var shown: String {
    if case .none = self { "<no value>" } else { printed }
  }

  /// As functions print it.
  package var printed: String {
    switch self {
    case .none: "<nil>"
    case .text(let text): text
    case .number(let number): NumberText.shortest(number)
    case .integer(let integer): String(integer)
    case .flag(let flag): flag ? "true" : "false"
    case .list(let items): "[\(items.map(\.printed).joined(separator: " "))]"
    case .map(let entries):
      "map[\(entries.sortedByName.map { "\($0.key):\($0.value.printed)" }.joined(separator: " "))]"
    case .record(let fields):
      "{\(fields.sortedByName.map { $0.value.printed }.joined(separator: " "))}"
    case .instant(let instant): TimeText.standard(instant)
    case .span(let span): TimeText.span(span)
    case .object(let object): object.text
    }
  }
}

extension [String: TemplateValue] {
  /// The entries in bytewise order of their names.
  var sortedByName: [(key: String, value: TemplateValue)] {
    sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }
}
