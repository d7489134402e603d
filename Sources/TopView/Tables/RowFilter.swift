// SPDX-License-Identifier: MIT
import Snapshot

/// Picks rows by words.
///
/// Words are all needed. `st:crit` looks at the state, `node:pve3` at that side of a row, `mem>80`
/// compares a column; any other word may be anywhere in the row. `!` before a word turns it around,
/// `~` asks only for its letters in their order in the name.
struct RowFilter {
  private enum Test {
    case anywhere(String)
    case facet(String, String)
    case above(String, Double)
    case below(String, Double)
    case fuzzy(String)
  }

  private let tests: [(test: Test, isInverted: Bool)]

  init(_ text: String) {
    tests = text.lowercased().split(separator: " ").compactMap { part in
      let isInverted = part.hasPrefix("!")
      let word = String(isInverted ? part.dropFirst() : part[...])
      return word.isEmpty ? nil : (Self.test(word), isInverted)
    }
  }

  var isEmpty: Bool { tests.isEmpty }

  private static func test(_ word: String) -> Test {
    if word.hasPrefix("~") { return .fuzzy(String(word.dropFirst())) }
    for sign: Character in [">", "<"] {
      guard let place = word.firstIndex(of: sign), place > word.startIndex,
        let number = Double(word[word.index(after: place)...])
      else { continue }
      let name = String(word[..<place])
      return sign == ">" ? .above(name, number) : .below(name, number)
    }
    if let place = word.firstIndex(of: ":"), place > word.startIndex {
      let name = String(word[..<place])
      return .facet(name == "st" ? "state" : name, String(word[word.index(after: place)...]))
    }
    return .anywhere(word)
  }

  func picks(_ row: Row, in table: Table) -> Bool {
    tests.allSatisfy { $0.isInverted != passes($0.test, row, table) }
  }

  private func passes(_ test: Test, _ row: Row, _ table: Table) -> Bool {
    switch test {
    case .anywhere(let word):
      return row.entries.contains { $0.text.lowercased().contains(word) }
        || row.facets.contains { $0.text.lowercased().contains(word) }
    case .facet("state", let word):
      return row.state.lowercased().hasPrefix(word) || row.level.word.lowercased().hasPrefix(word)
    case .facet(let name, let word):
      if let facet = row.facets.first(where: { $0.name == name }) {
        return facet.text.lowercased().contains(word)
      }
      return entry(name, row, table)?.text.lowercased().contains(word) ?? false
    case .above(let name, let number):
      return entry(name, row, table)?.number.map { $0 > number } ?? false
    case .below(let name, let number):
      return entry(name, row, table)?.number.map { $0 < number } ?? false
    case .fuzzy(let letters):
      var rest = letters[...]
      for letter in (row.entries.first?.text ?? "").lowercased() where letter == rest.first {
        rest = rest.dropFirst()
      }
      return rest.isEmpty
    }
  }

  private func entry(_ name: String, _ row: Row, _ table: Table) -> Entry? {
    guard let index = table.columns.firstIndex(where: { $0.name == name }) else { return nil }
    return row.entries.indices.contains(index) ? row.entries[index] : nil
  }
}
