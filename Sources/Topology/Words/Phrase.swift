// SPDX-License-Identifier: MIT

/// Sentences for people, as long as there is room.
struct Phrase {
  /// A message is read on a telephone: about six lines.
  static let charactersMax = 400
  /// Longer names are cut.
  static let nameCharactersMax = 32

  private(set) var text = ""

  /// Adds a sentence unless it would not fit, with `reserve` characters to be left.
  ///
  /// - Returns: It was added.
  @discardableResult
  mutating func add(_ sentence: String?, reserve: Int = 0) -> Bool {
    guard let sentence, !sentence.isEmpty,
      text.count + sentence.count + 1 + reserve <= Self.charactersMax
    else { return false }
    text += text.isEmpty ? sentence : " \(sentence)"
    return true
  }

  /// A name short enough for a sentence.
  static func name(_ name: String) -> String {
    name.count > nameCharactersMax ? "\(name.prefix(nameCharactersMax - 1))…" : name
  }

  /// Names in a row: `a`, `a and b`, `a, b and c`, `a, b and 4 more`.
  static func list(_ names: [String], _ conjunction: String = "and", atMost: Int = 3) -> String {
    let names = names.map(name)
    if names.count > atMost {
      let rest = names.count - atMost + 1
      return "\(names.prefix(atMost - 1).joined(separator: ", ")) \(conjunction) \(rest) more"
    }
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return "\(names.dropLast().joined(separator: ", ")) \(conjunction) \(last)"
  }

  /// A number with its noun, such as `1 member`, `3 members`.
  static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}

extension String {
  /// The text with its first letter large.
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
