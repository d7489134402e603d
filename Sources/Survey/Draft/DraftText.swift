// SPDX-License-Identifier: MIT

/// Texts of which nothing is known as parts of a YAML file.
enum DraftText {
  /// A comment repeats at most so many characters of what it was told.
  private static let commentMax = 200

  /// Words that one YAML reader or another takes for something else than text.
  private static let taken: Set<String> = [
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf",
  ]

  /// A value that reads back as `text`, bare where every reader takes it for a text.
  static func scalar(_ text: String) -> String {
    isPlain(text) ? text : quoted(text)
  }

  /// A value in double quotes (YAML 1.2, section 5.7).
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case _ where isPrintable(scalar): quoted.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
      }
    }
    return quoted + "\""
  }

  /// One line that stays one behind a `#`.
  static func comment(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars.prefix(commentMax) {
      line.unicodeScalars.append(isPrintable(scalar) ? scalar : "?")
    }
    return line
  }

  /// Begins with a letter or a slash and goes on with what means nothing to YAML, or is an IPv4
  /// address.
  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 200 else { return false }
    func isLetter(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte < 0x80
    }
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count == 4, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }) {
      return true
    }
    return (isLetter(first) || first == UInt8(ascii: "/"))
      && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "_./-".utf8.contains($0) }
      && !taken.contains(text.lowercased())
  }

  /// What may stand in a YAML file and breaks no line (YAML 1.2, sections 5.1 and 5.4; the older
  /// line breaks U+0085, U+2028 and U+2029 are left out).
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7e, 0xa0...0xd7ff, 0xe000...0xfffd, 0x10000...0x10ffff:
      scalar.value != 0x2028 && scalar.value != 0x2029 && scalar.value != 0xfeff
    default: false
    }
  }
}
