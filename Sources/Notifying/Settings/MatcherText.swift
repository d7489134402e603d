// SPDX-License-Identifier: MIT
package import MetricModel

/// Label matchers as settings and the silence API write them, such as `severity="page"`.
package enum MatcherText {
  /// Reads one matcher: a label name, one of `=`, `!=`, `=~`, `!~`, and a value, quoted or plain.
  ///
  /// Blanks around the parts are allowed. A quoted value knows `\"`, `\\` and `\n`.
  ///
  /// - Parameter text: The matcher.
  /// - Returns: The matcher; a regular expression in it is not checked here.
  /// - Throws: ``Malformed``, which says what is wrong.
  package static func matcher(_ text: String) throws(Malformed) -> LabelMatcher {
    var rest = Substring(text).trimmingBlanks
    let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    guard let first = name.first, !first.isNumber else {
      throw Malformed(reason: "must begin with a label name, as in severity=\"page\"")
    }
    rest = rest.dropFirst(name.count).trimmingBlanks
    // The longer operators first: `=` begins `=~`.
    let operations: [LabelMatcher.Operation] = [.matches, .doesNotMatch, .notEqual, .equal]
    guard let operation = operations.first(where: { rest.hasPrefix($0.rawValue) }) else {
      throw Malformed(reason: "needs =, !=, =~ or !~ behind \(name), as in \(name)=\"page\"")
    }
    rest = rest.dropFirst(operation.rawValue.count).trimmingBlanks
    let value = rest.first == "\"" ? try unquoted(rest.dropFirst()) : try plain(rest)
    return LabelMatcher(String(name), operation, value)
  }

  /// Why a text is not a matcher.
  package struct Malformed: Error, Equatable, Sendable {
    /// What is wrong, as half a sentence.
    package let reason: String
  }

  private static func plain(_ text: Substring) throws(Malformed) -> String {
    guard !text.contains(where: { "\"{},".contains($0) }) else {
      throw Malformed(reason: "a value with quotes, braces or commas must be quoted as a whole")
    }
    return String(text)
  }

  private static func unquoted(_ text: Substring) throws(Malformed) -> String {
    var value = ""
    var rest = text
    while let character = rest.popFirst() {
      switch character {
      case "\"":
        guard rest.isEmpty else {
          throw Malformed(reason: "goes on behind the value: write one matcher per list item")
        }
        return value
      case "\\":
        switch rest.popFirst() {
        case "\"": value.append("\"")
        case "\\": value.append("\\")
        case "n": value.append("\n")
        // `\d` and the like: a regular expression whose backslash was not doubled.
        case let other?: value += "\\\(other)"
        case nil: throw Malformed(reason: "the value ends in a backslash")
        }
      default: value.append(character)
      }
    }
    throw Malformed(reason: "the value lacks its closing quote")
  }
}

extension Substring {
  fileprivate var trimmingBlanks: Substring {
    var trimmed = drop { $0 == " " || $0 == "\t" }
    while let last = trimmed.last, last == " " || last == "\t" { trimmed.removeLast() }
    return trimmed
  }
}
