// SPDX-License-Identifier: MIT

/// HTML that is whole by the way it is made: its own words are in the source, every other text is
/// escaped.
struct Markup {
  /// An attribute's name, from the source, and its value, from anywhere.
  typealias Attribute = (name: StaticString, value: String)

  private(set) var html = ""

  /// HTML from the source.
  mutating func raw(_ html: StaticString) {
    html.withUTF8Buffer { self.html += String(decoding: $0, as: UTF8.self) }
  }

  /// HTML that another markup made.
  mutating func append(_ other: Markup) {
    html += other.html
  }

  /// Text from anywhere.
  mutating func text(_ text: String) {
    html += Self.escaped(text)
  }

  /// A name or sentence from outside: letters of any direction stay by themselves.
  mutating func outside(_ text: String) {
    element("bdi") { $0.text(text) }
  }

  /// An element with what is inside it.
  mutating func element(
    _ name: StaticString,
    _ attributes: Attribute...,
    inside: (inout Markup) -> Void
  ) {
    element(name, all: attributes, inside: inside)
  }

  /// An element with a list of attributes, and with what is inside it.
  mutating func element(
    _ name: StaticString,
    all attributes: [Attribute],
    inside: (inout Markup) -> Void
  ) {
    open(name, attributes)
    inside(&self)
    html += "</\(name)>"
  }

  /// An element with a text inside it.
  mutating func element(_ name: StaticString, _ attributes: Attribute..., text: String) {
    open(name, attributes)
    self.text(text)
    html += "</\(name)>"
  }

  /// An element without an end, such as `meta`.
  mutating func void(_ name: StaticString, _ attributes: Attribute...) {
    open(name, attributes)
  }

  private mutating func open(_ name: StaticString, _ attributes: [Attribute]) {
    html += "<\(name)"
    for (name, value) in attributes { html += " \(name)=\"\(Self.escaped(value))\"" }
    html += ">"
  }

  /// Escapes what means something in HTML, in text and in quoted attributes; control characters and
  /// marks of direction are nothing a page should hold.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\n", "\t": escaped += " "
      default:
        switch scalar.properties.generalCategory {
        case .control, .surrogate, .privateUse, .lineSeparator, .paragraphSeparator:
          escaped += "\u{fffd}"
        case .format where scalar.isMarkOfDirection: break
        default: escaped.unicodeScalars.append(scalar)
        }
      }
    }
    return escaped
  }
}

extension Unicode.Scalar {
  /// Unicode Annex 9, explicit directional formatting.
  fileprivate var isMarkOfDirection: Bool {
    switch value {
    case 0x200e, 0x200f, 0x061c, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
