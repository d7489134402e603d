// SPDX-License-Identifier: MIT
import MetricModel

/// Why a regular expression was refused.
package struct PatternError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The expression as written, cut after 200 characters.
  package let pattern: String
  /// What is wrong with it, in RE2's words or ours.
  package let reason: String

  init(_ pattern: String, _ reason: String) {
    self.pattern = pattern.utf8.count > 200 ? "\(pattern.prefix(200))..." : pattern
    self.reason = reason
  }

  /// Reason and expression in one line.
  package var description: String { "error parsing regexp: \(reason): `\(pattern)`" }
}

/// An RE2 expression that must match a whole value.
///
/// Literals, alternations of literals, `prefix.*`, `prefix.+`, `.*` and `.+` are compared as bytes
/// without RE2.
package struct AnchoredPattern: Sendable {
  /// The longest expression that is taken, in bytes of UTF-8.
  package static let maximumPatternBytes = 16_384

  /// The expression as written.
  package let pattern: String
  private let form: Form

  private enum Form {
    case everything
    case nonEmpty
    case literal(String)
    case alternatives(Set<ByteText>)
    case prefix([UInt8], needsMore: Bool)
    case expression(RE2Expression)
  }

  /// Compiles an expression.
  ///
  /// - Parameters:
  ///   - pattern: RE2 syntax, without anchors.
  ///   - capturing: True when ``expanding(_:for:)`` will be asked; it then always goes through RE2.
  /// - Throws: ``PatternError`` when it is not valid or too long.
  package init(_ pattern: String, capturing: Bool = false) throws(PatternError) {
    guard pattern.utf8.count <= Self.maximumPatternBytes else {
      throw PatternError(pattern, "longer than \(Self.maximumPatternBytes) bytes")
    }
    self.pattern = pattern
    if !capturing, let simple = Self.simpleForm(of: pattern) {
      form = simple
    } else {
      form = .expression(try RE2Expression(pattern))
    }
  }

  /// The whole of `value` matches.
  package func matches(_ value: String) -> Bool {
    switch form {
    case .everything: true
    case .nonEmpty: !value.isEmpty
    case .literal(let text): value.hasSameBytes(as: text)
    case .alternatives(let texts): texts.contains(ByteText(value))
    case .prefix(let prefix, let needsMore):
      value.utf8.starts(with: prefix) && (!needsMore || value.utf8.count > prefix.count)
    case .expression(let expression): expression.matches(value)
    }
  }

  /// The `template` with the groups of a match put in, or nil when `value` does not match.
  ///
  /// `$1`, `${1}`, `$name`, `${name}` stand for groups, `$$` for a dollar sign; a name is the
  /// longest run of letters, digits and underscores, and a group that does not exist is empty.
  package func expanding(_ template: String, for value: String) -> String? {
    guard case .expression(let expression) = form else {
      return matches(value) ? GroupTemplate(template).expanded { $0 == "0" ? value : "" } : nil
    }
    guard let groups = expression.captures(in: value) else { return nil }
    return GroupTemplate(template).expanded { name in
      let number = Int(name) ?? expression.groupNumber(of: name) ?? -1
      return groups.indices.contains(number) ? groups[number] : ""
    }
  }

  /// The expression only ever accepts these values, or nil when that cannot be told cheaply.
  package var literalValues: [String]? {
    switch form {
    case .literal(let text): [text]
    case .alternatives(let texts): texts.map(\.text).sorted()
    default: nil
    }
  }

  private static func simpleForm(of pattern: String) -> Form? {
    switch pattern {
    case ".*": return .everything
    case ".+": return .nonEmpty
    default: break
    }
    if let literal = LiteralReader.literal(of: Array(pattern.utf8)[...]) {
      return .literal(literal)
    }
    if let choices = LiteralReader.alternatives(of: Array(pattern.utf8)) {
      return .alternatives(Set(choices.map { ByteText($0) }))
    }
    guard pattern.hasSuffix(".*") || pattern.hasSuffix(".+") else { return nil }
    guard let prefix = LiteralReader.literal(of: Array(pattern.utf8).dropLast(2)) else {
      return nil
    }
    return .prefix(Array(prefix.utf8), needsMore: pattern.hasSuffix("+"))
  }
}

/// A string that is compared by its bytes: `String` itself compares by canonical equivalence.
private struct ByteText: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: ByteText, right: ByteText) -> Bool {
    left.text.hasSameBytes(as: right.text)
  }

  func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// Recognises expressions that are only text.
private enum LiteralReader {
  private static let special = Set("\\.+*?()|[]{}^$".utf8)

  /// The text that these bytes stand for, or nil when they hold an operator.
  static func literal(of bytes: ArraySlice<UInt8>) -> String? {
    var text: [UInt8] = []
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\\") {
        // Only escaped punctuation is plain; `\d`, `\n`, `\Q` and the rest mean something else.
        guard index + 1 < bytes.endIndex, special.contains(bytes[index + 1]) else { return nil }
        text.append(bytes[index + 1])
        index += 2
      } else {
        guard !special.contains(byte) else { return nil }
        text.append(byte)
        index += 1
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The texts of `a|b|c` or `(a|b|c)`, or nil when a part is not plain text.
  static func alternatives(of bytes: [UInt8]) -> [String]? {
    var body = bytes[...]
    if body.count >= 2, body.first == UInt8(ascii: "("), body.last == UInt8(ascii: ")") {
      body = body.dropFirst().dropLast()
      if body.starts(with: "?:".utf8) { body = body.dropFirst(2) }
    }
    var texts: [String] = []
    for part in body.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false) {
      // A bar behind a backslash splits here too, and then leaves a lone backslash: not plain.
      guard let text = literal(of: part) else { return nil }
      texts.append(text)
    }
    return texts
  }
}
