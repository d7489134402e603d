// SPDX-License-Identifier: MIT

/// Text in which nothing is hidden: what would not be seen, or would move what stands around it,
/// is written out.
enum VisibleText {
  /// Every run of blanks, tabs and line ends as one blank, control characters as signs.
  static func line(_ text: String) -> String { visible(text.onOneLine) }

  /// Lines stay lines, control characters become signs.
  static func block(_ text: String) -> String {
    text.split(omittingEmptySubsequences: false) { $0.isNewline }
      .map { visible(String($0)) }.joined(separator: "\n")
  }

  private static func visible(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isHidden) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      guard isHidden(scalar) else {
        result.unicodeScalars.append(scalar)
        continue
      }
      switch scalar.value {
      case 0x09: result += " "
      // The pictures of control characters stand in the order of the characters.
      case 0..<0x20:
        if let picture = Unicode.Scalar(0x2400 + scalar.value) {
          result.unicodeScalars.append(picture)
        }
      case 0x7f: result += "\u{2421}"
      default: result += "‹U+\(String(scalar.value, radix: 16, uppercase: true))›"
      }
    }
    return result
  }

  /// Control characters, line ends of Unicode, and what turns the direction of text (Unicode
  /// Standard Annex 9): a name with one of these could rewrite the message around it.
  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f...0x9f, 0x061c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff,
      0xfff9...0xfffb, 0xe0000...0xe007f:
      true
    default: false
    }
  }
}
