// SPDX-License-Identifier: MIT
import MetricModel

/// One call of a template function.
package struct TemplateCall {
  /// The function as it was called.
  package let name: String
  /// The arguments; a piped value is the last.
  package let arguments: [TemplateValue]
  /// The expansion that it belongs to.
  package let context: TemplateContext
}

/// The functions that a template may call, by name.
///
/// `and`, `or` and `tmpl` are part of the language and always there.
package struct TemplateFunctionSet: Sendable {
  /// A function: what it is given is ``TemplateCall/arguments``.
  package typealias Function =
    @Sendable (_ call: TemplateCall) throws(TemplateFault) -> TemplateValue

  private let functions: [String: Function]

  /// Makes a set of functions.
  package init(_ functions: [String: Function]) {
    self.functions = functions
  }

  /// The functions of the language and those of alert rules.
  package static let alerting = TemplateFunctionSet(languageFunctions).adding(alertFunctions)

  /// The set with further functions, which win over equal names.
  package func adding(_ further: [String: Function]) -> TemplateFunctionSet {
    TemplateFunctionSet(functions.merging(further) { $1 })
  }

  /// A function of this name can be called.
  func contains(_ name: String) -> Bool {
    functions[name] != nil || name == "and" || name == "or" || name == "tmpl"
  }

  func call(_ call: TemplateCall) throws(TemplateFault) -> TemplateValue {
    guard let function = functions[call.name] else {
      throw TemplateFault("function \"\(call.name)\" not defined")
    }
    return try function(call)
  }
}

extension TemplateCall {
  /// Refuses any other number of arguments.
  package func expect(_ count: Int) throws(TemplateFault) {
    guard arguments.count == count else {
      throw TemplateFault(
        "wrong number of args for \(name): want \(count) got \(arguments.count)"
      )
    }
  }

  /// Refuses fewer arguments.
  func expectAtLeast(_ count: Int) throws(TemplateFault) {
    guard arguments.count >= count else {
      throw TemplateFault(
        "wrong number of args for \(name): want at least \(count) got \(arguments.count)"
      )
    }
  }

  /// The text at a position.
  package func text(_ index: Int) throws(TemplateFault) -> String {
    guard arguments.indices.contains(index) else { throw TemplateFault("an argument is missing") }
    guard case .text(let text) = arguments[index] else {
      throw TemplateFault(
        "wrong type for value; expected string; got \(arguments[index].typeName)"
      )
    }
    return text
  }

  /// The number at a position: a float, a whole number, a span in seconds, or text of a number.
  package func number(_ index: Int) throws(TemplateFault) -> Double {
    guard arguments.indices.contains(index) else { throw TemplateFault("an argument is missing") }
    switch arguments[index] {
    case .number(let number): return number
    case .integer(let integer): return Double(integer)
    case .span(let span): return span.inSeconds
    case .text(let text):
      guard let number = Self.number(of: text) else {
        throw TemplateFault("\(text.prefix(100).description.quotedForPromQL) is not a number")
      }
      return number
    case let other: throw TemplateFault("can't convert \(other.typeName) to float")
    }
  }

  private static func number(of text: String) -> Double? {
    // `Double` also reads `nan(1)` and the like, which the reference refuses.
    switch text.lowercased() {
    case "inf", "+inf", "infinity", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    case "nan": return .nan
    default: return text.contains("(") ? nil : Double(text)
    }
  }

  /// The whole number at a position.
  func integer(_ index: Int) throws(TemplateFault) -> Int {
    guard arguments.indices.contains(index) else { throw TemplateFault("an argument is missing") }
    guard case .integer(let integer) = arguments[index] else {
      throw TemplateFault("expected integer; found \(arguments[index].typeName)")
    }
    return integer
  }

  /// The list at a position.
  func list(_ index: Int) throws(TemplateFault) -> [TemplateValue] {
    guard arguments.indices.contains(index) else { throw TemplateFault("an argument is missing") }
    switch arguments[index] {
    case .list(let items): return items
    case .object(let object):
      if let items = object.items { return items }
    default: break
    }
    throw TemplateFault("wrong type for value; expected list; got \(arguments[index].typeName)")
  }
}
