// SPDX-License-Identifier: MIT
import YAML

/// Finds places within multi-line or quoted values in the file they stand in.
struct ScalarPlaces {
  private let lines: [[Unicode.Scalar]]

  init(_ file: [UInt8]) {
    let text = String(decoding: file, as: UTF8.self)
    lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .map(Array.init)
  }

  /// The place in the file of a line and a byte column, both from 1, in a value's text; the value's
  /// own place when it cannot be told, as within escapes.
  func mark(of node: YAMLNode, line: Int, column: Int) -> YAMLMark {
    guard case .scalar(let text, let isQuoted) = node.content else { return node.mark }
    let wanted = Self.offset(in: text, line: line, column: column)
    var cursor = Cursor(lines: lines, line: node.mark.line - 1, column: node.mark.column - 1)
    if isQuoted {
      switch cursor.current {
      case "|", ">": cursor.nextLine()
      default: cursor.advance()
      }
    }
    let scalars = Array(text.unicodeScalars)
    for scalar in scalars.prefix(wanted) {
      guard cursor.skip(scalar) else { return node.mark }
    }
    // At the very end there is nothing to step to.
    if wanted < scalars.count, !Cursor.isBlank(scalars[wanted]) { cursor.skipBlanks() }
    return cursor.mark ?? node.mark
  }

  private static func offset(in text: String, line: Int, column: Int) -> Int {
    var offset = 0
    var atLine = 1
    var atColumn = 1
    for scalar in text.unicodeScalars {
      if atLine > line || (atLine == line && atColumn >= column) { break }
      offset += 1
      if scalar == "\n" {
        if atLine == line { return offset - 1 }
        (atLine, atColumn) = (atLine + 1, 1)
      } else {
        atColumn += scalar.utf8.count
      }
    }
    return offset
  }
}

/// Walks the file beside the value's text: YAML folds and indents blanks, and leaves the rest.
private struct Cursor {
  let lines: [[Unicode.Scalar]]
  var line: Int
  var column: Int

  var current: Unicode.Scalar? {
    guard lines.indices.contains(line) else { return nil }
    return column < lines[line].count ? lines[line][column] : "\n"
  }

  var mark: YAMLMark? {
    lines.indices.contains(line) ? YAMLMark(line: line + 1, column: column + 1) : nil
  }

  static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\n" || scalar == "\t" || scalar == "\r"
  }

  mutating func advance() {
    guard lines.indices.contains(line) else { return }
    if column < lines[line].count { column += 1 } else { nextLine() }
  }

  mutating func nextLine() {
    line += 1
    column = 0
  }

  mutating func skipBlanks() {
    while let scalar = current, Self.isBlank(scalar) { advance() }
  }

  /// Steps over what stands for `scalar`; false when something else stands here.
  mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
    if Self.isBlank(scalar) {
      // The blanks that follow, folded or not, are stepped over with the next word.
      guard let here = current else { return false }
      if Self.isBlank(here) { advance() }
      return true
    }
    skipBlanks()
    guard let here = current else { return false }
    if here != scalar {
      // `\"` in double quotes, `''` in single ones.
      guard here == "\\" else { return false }
      advance()
      guard current == scalar else { return false }
    } else if scalar == "'" {
      advance()
      guard current != "'" else {
        advance()
        return true
      }
      return true
    }
    advance()
    return true
  }
}
