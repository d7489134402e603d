// SPDX-License-Identifier: MIT
import MetricModel

/// JSON that is written with sorted members, a line each, so that differences can be read.
indirect enum GrafanaJSON: Sendable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)
  case list([GrafanaJSON])
  case object([String: GrafanaJSON])

  /// The whole text, with a line feed at its end.
  var document: String {
    var text = JSONText()
    write(to: &text, indent: 0)
    text.raw("\n")
    return String(decoding: text.bytes, as: UTF8.self)
  }

  private func write(to text: inout JSONText, indent: Int) {
    switch self {
    case .null: text.raw("null")
    case .flag(let flag): text.raw(flag ? "true" : "false")
    case .number(let number):
      text.raw(Int64(exactly: number).map { String($0) } ?? number.description)
    case .text(let string): text.string(string)
    case .list(let items):
      write(items.map { (nil, $0) }, between: "[", "]", to: &text, indent: indent)
    case .object(let members):
      let sorted = members.sorted { $0.key < $1.key }.map { (Optional($0.key), $0.value) }
      write(sorted, between: "{", "}", to: &text, indent: indent)
    }
  }

  private func write(
    _ parts: [(name: String?, value: GrafanaJSON)],
    between open: String,
    _ close: String,
    to text: inout JSONText,
    indent: Int
  ) {
    text.raw(open)
    for (index, part) in parts.enumerated() {
      text.raw((index == 0 ? "\n" : ",\n") + String(repeating: " ", count: indent + 2))
      if let name = part.name {
        text.string(name)
        text.raw(": ")
      }
      part.value.write(to: &text, indent: indent + 2)
    }
    if !parts.isEmpty { text.raw("\n" + String(repeating: " ", count: indent)) }
    text.raw(close)
  }
}

extension GrafanaJSON: ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  init(stringLiteral value: String) { self = .text(value) }
  init(booleanLiteral value: Bool) { self = .flag(value) }
  init(integerLiteral value: Int) { self = .number(Double(value)) }
  init(floatLiteral value: Double) { self = .number(value) }
  init(nilLiteral: ()) { self = .null }
  init(arrayLiteral elements: GrafanaJSON...) { self = .list(elements) }
  init(dictionaryLiteral elements: (String, GrafanaJSON)...) {
    self = .object(Dictionary(elements) { first, _ in first })
  }
}

extension GrafanaJSON {
  /// A whole number.
  static func whole(_ number: Int) -> GrafanaJSON { .number(Double(number)) }
}
