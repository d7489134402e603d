// SPDX-License-Identifier: MIT

/// A name without the number that tells it from its siblings: `mongo-03` is number 3 of `mongo`.
///
/// A single letter behind a hyphen counts as well: `lb-b` is number 2 of `lb`.
struct NameStem: Equatable {
  let stem: String
  let number: Int?

  init(_ name: String) {
    let low = name.lowercased()
    let digits = low.reversed().prefix { $0.isASCII && $0.isNumber }
    if !digits.isEmpty, digits.count < low.count, let number = Int(String(digits.reversed())) {
      stem = Self.bare(low.dropLast(digits.count))
      self.number = number
      return
    }
    if low.count > 2, let last = low.unicodeScalars.last, ("a"..."z").contains(last),
      low.dropLast().last == "-"
    {
      stem = Self.bare(low.dropLast(2))
      number = Int(last.value - 0x60)
      return
    }
    stem = low
    number = nil
  }

  private static func bare(_ text: Substring) -> String {
    String(text.reversed().drop { "-_.".contains($0) }.reversed())
  }
}
