// SPDX-License-Identifier: MIT
import MetricModel

/// What is wrong with a piece of a script.
package struct NotationFault: Error, Equatable, CustomStringConvertible {
  /// One sentence that names the piece.
  package let description: String

  /// Makes a fault.
  package init(_ description: String) { self.description = description }
}

/// The values of a series as scripts write them, such as `1 2+3x4 _ stale`.
///
/// A native histogram, `{{...}}`, takes its places but has no value.
package struct SeriesNotation: Equatable {
  /// The most places one series may have.
  package static let maximumCount = 1_000_000

  /// One for each step from the first on; nil is a gap.
  package private(set) var values: [Double?] = []
  /// At least one item was a native histogram.
  package private(set) var hasHistograms = false

  /// Reads the items, which blanks separate.
  package init(_ text: String) throws(NotationFault) {
    for word in Self.words(of: text) { try add(word) }
  }

  /// The pieces between blanks that are not within `{{...}}`.
  private static func words(of text: String) -> [String] {
    var words: [String] = []
    var word = ""
    var depth = 0
    for character in text {
      if character == "{" { depth += 1 }
      if character == "}" { depth -= 1 }
      if depth <= 0, character == " " || character == "\t" {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    return word.isEmpty ? words : words + [word]
  }

  private mutating func add(_ word: String) throws(NotationFault) {
    if word.hasPrefix("{{") {
      hasHistograms = true
      let rest = word[(word.lastIndex(of: "}").map(word.index(after:)) ?? word.endIndex)...]
      guard word.contains("}}"), rest.isEmpty || rest.hasPrefix("x") else {
        throw NotationFault("bad native histogram \(word)")
      }
      let count = rest.isEmpty ? 1 : try Self.repetitions(rest.dropFirst(), in: word) + 1
      return try append(Array(repeating: nil, count: count), word)
    }
    if word == "stale" { return try append([.stalenessMarker], word) }
    if word == "_" { return try append([nil], word) }
    if word.hasPrefix("_x") {
      let count = try Self.repetitions(word.dropFirst(2), in: word)
      return try append(Array(repeating: nil, count: count), word)
    }
    if let number = Self.number(word) { return try append([number], word) }
    try addSequence(word)
  }

  /// Adds `axN`, `a+bxN` or `a-bxN`.
  private mutating func addSequence(_ word: String) throws(NotationFault) {
    guard let mark = word.lastIndex(of: "x") else { throw NotationFault("bad value \(word)") }
    let times = try Self.repetitions(word[word.index(after: mark)...], in: word)
    let body = word[..<mark]
    if let number = Self.number(String(body)) {
      return try append(Array(repeating: number, count: times + 1), word)
    }
    // The sign of the step is the last one that does not belong to an exponent.
    let sign = body.indices.last { index in
      guard body[index] == "+" || body[index] == "-", index > body.startIndex else { return false }
      let before = body[body.index(before: index)]
      return before != "e" && before != "E"
    }
    guard let sign, let first = Self.number(String(body[..<sign])),
      let step = Self.number(String(body[sign...]))
    else { throw NotationFault("bad value \(word)") }
    var value = first
    for _ in 0...times {
      values.append(value)
      value += step
    }
  }

  private mutating func append(_ new: [Double?], _ word: String) throws(NotationFault) {
    guard values.count + new.count <= Self.maximumCount else { throw Self.tooMany(word) }
    values += new
  }

  private static func repetitions(
    _ text: some StringProtocol,
    in word: String
  ) throws(NotationFault) -> Int {
    guard let count = Int(text), count >= 0 else { throw NotationFault("bad value \(word)") }
    guard count < maximumCount else { throw tooMany(word) }
    return count
  }

  private static func tooMany(_ word: String) -> NotationFault {
    NotationFault("more than \(maximumCount) values at \(word)")
  }

  /// A number as scripts write it, or nil; a hexadecimal one would read as a repetition.
  package static func number(_ text: String) -> Double? {
    switch text.lowercased() {
    case "inf", "+inf": .infinity
    case "-inf": -.infinity
    case "nan", "+nan", "-nan": .nan
    case let lower:
      lower.utf8.allSatisfy { byte in
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || ".e+-".utf8.contains(byte)
      } ? Double(lower) : nil
    }
  }
}
