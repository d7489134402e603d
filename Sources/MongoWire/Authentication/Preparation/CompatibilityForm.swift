// SPDX-License-Identifier: MIT

/// Normalization form KC of Unicode 3.2 (UAX #15), which the standard library does not offer.
enum CompatibilityForm {
  /// UAX #15, section 3.12 of the Unicode standard: Hangul syllables are composed by arithmetic.
  private enum Hangul {
    static let first: UInt32 = 0xac00
    static let leading: UInt32 = 0x1100
    static let vowel: UInt32 = 0x1161
    static let trailing: UInt32 = 0x11a7
    static let leadingCount: UInt32 = 19
    static let vowelCount: UInt32 = 21
    static let trailingCount: UInt32 = 28
    static let count = leadingCount * vowelCount * trailingCount
  }

  private struct Pair: Hashable {
    let first: Unicode.Scalar
    let second: Unicode.Scalar
  }

  private struct Tables {
    var decompositions: [UInt32: [Unicode.Scalar]] = [:]
    var compositions: [Pair: Unicode.Scalar] = [:]
  }

  private static let tables = readTables()

  private static func readTables() -> Tables {
    var tables = Tables()
    var last: UInt32 = 0
    for word in DecompositionTable.text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      guard let mark = word.firstIndex(where: { $0 == ":" || $0 == "=" }) else { continue }
      let numbers = word[..<mark].split(separator: ".").compactMap { UInt32($0, radix: 36) }
      let target = word[word.index(after: mark)...].split(separator: ",")
        .compactMap { UInt32($0, radix: 36) }
      let first = last + (numbers.first ?? 0)
      last = first + (numbers.count == 2 ? numbers[1] : 0)
      for character in first...last {
        let scalars = target.compactMap { Unicode.Scalar($0 + character - first) }
        tables.decompositions[character] = scalars
        if word[mark] == "=", scalars.count == 2, let whole = Unicode.Scalar(character) {
          tables.compositions[Pair(first: scalars[0], second: scalars[1])] = whole
        }
      }
    }
    return tables
  }

  /// The normalized text.
  static func normalized(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    composed(ordered(text.flatMap(decomposed)))
  }

  private static func decomposed(_ character: Unicode.Scalar) -> [Unicode.Scalar] {
    let syllable = character.value &- Hangul.first
    if syllable < Hangul.count {
      let trailing = syllable % Hangul.trailingCount
      let parts = [
        Hangul.leading + syllable / (Hangul.vowelCount * Hangul.trailingCount),
        Hangul.vowel + syllable / Hangul.trailingCount % Hangul.vowelCount,
        trailing == 0 ? nil : Hangul.trailing + trailing,
      ]
      return parts.compactMap { $0.flatMap(Unicode.Scalar.init) }
    }
    guard let parts = tables.decompositions[character.value] else { return [character] }
    // What an entry names may decompose further, if it is a canonical pair.
    return parts == [character] ? parts : parts.flatMap(decomposed)
  }

  private static func combiningClass(_ character: Unicode.Scalar) -> UInt8 {
    character.properties.canonicalCombiningClass.rawValue
  }

  /// Puts marks that follow a character into the order of their classes.
  private static func ordered(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var text = text
    for end in text.indices.dropFirst() {
      let mark = combiningClass(text[end])
      var place = end
      while mark > 0, place > 0, combiningClass(text[place - 1]) > mark {
        text.swapAt(place, place - 1)
        place -= 1
      }
    }
    return text
  }

  private static func composed(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var starter: Int?
    for character in text {
      let mark = combiningClass(character)
      // A mark is blocked from its starter by one of its own class or a higher one, or by a starter.
      let isBlocked =
        if let starter, result.count - 1 > starter {
          combiningClass(result[result.count - 1]) >= mark
        } else {
          false
        }
      if let starter, !isBlocked, let whole = composition(result[starter], character) {
        result[starter] = whole
        continue
      }
      if mark == 0 { starter = result.count }
      result.append(character)
    }
    return result
  }

  private static func composition(
    _ first: Unicode.Scalar,
    _ second: Unicode.Scalar
  ) -> Unicode.Scalar? {
    let leading = first.value &- Hangul.leading
    let vowel = second.value &- Hangul.vowel
    if leading < Hangul.leadingCount, vowel < Hangul.vowelCount {
      let syllable = (leading * Hangul.vowelCount + vowel) * Hangul.trailingCount
      return Unicode.Scalar(Hangul.first + syllable)
    }
    let syllable = first.value &- Hangul.first
    let trailing = second.value &- Hangul.trailing
    if syllable < Hangul.count, syllable.isMultiple(of: Hangul.trailingCount),
      (1..<Hangul.trailingCount).contains(trailing)
    {
      return Unicode.Scalar(first.value + trailing)
    }
    return tables.compositions[Pair(first: first, second: second)]
  }
}
