// SPDX-License-Identifier: MIT
import MetricModel

/// Text made of a format and arguments, as `printf` and `print` write it.
///
/// Source: the Go standard library's documentation of `fmt`.
struct FormatText {
  /// The largest width and precision; larger ones are faults.
  static let widthMax = 1_000

  /// The values one after the other, with a blank between two of which neither is text.
  static func joined(_ values: [TemplateValue]) -> String {
    var text = ""
    var isAfterText = true
    for (index, value) in values.enumerated() {
      let isText = if case .text = value { true } else { false }
      if index > 0, !isText, !isAfterText { text += " " }
      text += value.printed
      isAfterText = isText
    }
    return text
  }

  /// Writes a format with its verbs replaced.
  ///
  /// A verb that does not fit its argument is written as such and is no fault.
  static func formatted(
    _ format: String,
    _ arguments: [TemplateValue]
  ) throws(TemplateFault) -> String {
    var reader = FormatText(format: format, arguments: arguments)
    return try reader.text()
  }

  private var rest: Substring.UnicodeScalarView
  private let arguments: [TemplateValue]
  private var used = 0

  private init(format: String, arguments: [TemplateValue]) {
    rest = Substring(format).unicodeScalars
    self.arguments = arguments
  }

  private mutating func text() throws(TemplateFault) -> String {
    var text = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      if scalar == "%" {
        text.append(contentsOf: try verb().unicodeScalars)
      } else {
        text.append(scalar)
      }
      guard text.count <= TemplateEvaluator.outputBytesMax else {
        throw TemplateFault("the text would be longer than \(TemplateEvaluator.outputBytesMax)")
      }
    }
    guard used < arguments.count else { return String(text) }
    let extra = arguments[used...].map { "\($0.typeName)=\($0.printed)" }
    return String(text) + "%!(EXTRA \(extra.joined(separator: ", ")))"
  }

  private mutating func verb() throws(TemplateFault) -> String {
    var directive = FormatDirective()
    while let flag = rest.first, directive.take(flag: flag) { rest.removeFirst() }
    directive.width = try count()
    if directive.width ?? 0 < 0 {
      directive.width = directive.width.map { -$0 }
      directive.isLeft = true
    }
    if rest.first == "." {
      rest.removeFirst()
      directive.precision = max(try count() ?? 0, 0)
    }
    guard let verb = rest.popFirst() else { return "%!(NOVERB)" }
    if verb == "%" { return "%" }
    guard used < arguments.count else { return "%!\(verb)(MISSING)" }
    used += 1
    return directive.format(arguments[used - 1], verb)
  }

  /// Digits, or `*` for the next argument; nil when neither stands here.
  private mutating func count() throws(TemplateFault) -> Int? {
    var count: Int?
    if rest.first == "*" {
      rest.removeFirst()
      if used < arguments.count, case .integer(let given) = arguments[used] { count = given }
      used += 1
    }
    while let digit = rest.first,
      let value = digit.properties.numericType == .decimal
        ? Int(String(digit)) : nil
    {
      rest.removeFirst()
      count = (count ?? 0) * 10 + value
      if count ?? 0 > Self.widthMax { break }
    }
    guard (count ?? 0).magnitude <= Self.widthMax else {
      throw TemplateFault("a width or precision is larger than \(Self.widthMax)")
    }
    return count
  }
}
