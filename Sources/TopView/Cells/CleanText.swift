// SPDX-License-Identifier: MIT

/// One character as it is drawn: what it looks like and how many cells it takes.
package struct Glyph: Equatable, Sendable {
  /// The character; a base with what combines with it.
  package let text: String
  /// Cells: 1 or 2.
  package let width: Int
}

/// Makes text from outside safe to draw: names, notes and log lines may hold anything.
///
/// Control characters, marks of direction and what has no fixed width never come out; what they were
/// shows as a middle dot where it would have been seen. Letters of scripts that are written from
/// right to left stay, a cell each, in the order of the text.
package enum CleanText {
  /// Marks that are kept on one base: more would reach into the lines above and below.
  private static let marksMax = 2

  /// The glyphs of a text, at most `atMost`.
  static func glyphs(_ text: String, isASCII: Bool = false, atMost: Int = .max) -> [Glyph] {
    var glyphs: [Glyph] = []
    if text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) {
      glyphs.reserveCapacity(text.utf8.count)
      for character in text.prefix(atMost) {
        glyphs.append(Glyph(text: String(character), width: 1))
      }
      return glyphs
    }
    for character in text {
      guard glyphs.count < atMost else { break }
      append(character, isASCII, to: &glyphs)
    }
    return glyphs
  }

  /// A text that is safe to print as a line.
  package static func line(_ text: String) -> String { glyphs(text).map(\.text).joined() }

  /// How many cells a text takes.
  static func width(of text: String) -> Int {
    if text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return text.utf8.count }
    return glyphs(text).reduce(0) { $0 + $1.width }
  }

  private static func append(_ character: Character, _ isASCII: Bool, to glyphs: inout [Glyph]) {
    var scalars = character.unicodeScalars.makeIterator()
    guard let base = scalars.next() else { return }
    if isRegional(base) {
      // Terminals differ on flags: their letters are as good.
      for letter in character.unicodeScalars where isRegional(letter) {
        let value = letter.value - 0x1f1e6 + 0x41
        if let ascii = Unicode.Scalar(value) { glyphs.append(Glyph(text: String(ascii), width: 1)) }
      }
      return
    }
    guard let width = width(of: base) else {
      if base.isSeen { glyphs.append(Glyph(text: isASCII ? "." : "·", width: 1)) }
      return
    }
    guard !isASCII || base.isASCII else {
      glyphs.append(Glyph(text: "?", width: 1))
      return
    }
    var text = String(base)
    var marks = 0
    while let mark = scalars.next(), marks < marksMax, !isASCII {
      guard mark.isPlainMark else { continue }
      text.unicodeScalars.append(mark)
      marks += 1
    }
    glyphs.append(Glyph(text: text, width: width))
  }

  private static func isRegional(_ scalar: Unicode.Scalar) -> Bool {
    (0x1f1e6...0x1f1ff).contains(scalar.value)
  }

  /// Cells of a base character; nil for what is not to be drawn.
  private static func width(of scalar: Unicode.Scalar) -> Int? {
    if scalar.isASCII { return (0x20...0x7e).contains(scalar.value) ? 1 : nil }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .nonspacingMark, .enclosingMark, .spacingMark:
      return nil
    default: break
    }
    if scalar.properties.isDefaultIgnorableCodePoint { return nil }
    return scalar.properties.isEmojiPresentation || isWide(scalar.value) ? 2 : 1
  }

  /// Blocks that terminals draw two cells wide (Unicode Annex 11, East Asian Width W and F).
  private static func isWide(_ value: UInt32) -> Bool {
    guard value >= 0x1100 else { return false }
    switch value {
    case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0xa4cf,
      0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6b,
      0xff01...0xff60, 0xffe0...0xffe6, 0x17000...0x18cff, 0x1b000...0x1b2ff, 0x20000...0x3fffd:
      return true
    default: return false
    }
  }
}

extension Unicode.Scalar {
  /// Leaving it out without a trace would hide that something was there.
  fileprivate var isSeen: Bool {
    switch properties.generalCategory {
    case .format, .nonspacingMark, .enclosingMark: false
    default: !properties.isDefaultIgnorableCodePoint
    }
  }

  /// It combines with what is before it and takes no cell.
  fileprivate var isPlainMark: Bool {
    properties.generalCategory == .nonspacingMark && !properties.isDefaultIgnorableCodePoint
  }
}
