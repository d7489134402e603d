// SPDX-License-Identifier: MIT
import MetricModel
import SQLite

/// Label names and values by number: each is stored once, however many series have it.
struct SymbolTable: Sendable {
  private var numbers: [String: UInt32] = [:]
  /// By number; empty where there is none.
  private var texts: [String] = []
  /// Numbers from here on are not in the file.
  private var savedCount = 0

  init() {}

  /// Reads the table.
  init(from database: Connection) throws(SQLiteError) {
    let rows = try database.prepare("SELECT id, text FROM symbols ORDER BY id")
    while try rows.step() {
      let id = rows.integer(0)
      guard id >= texts.count, id < 1 << 31 else {
        throw SQLiteError(.corrupt, "symbol \(id) is out of range")
      }
      while texts.count < Int(id) { texts.append("") }
      texts.append(rows.text(1))
    }
    savedCount = texts.count
  }

  /// The number of a text; a new one when it has none.
  mutating func number(of text: String) -> UInt32 {
    // Built when it is first needed: a start that makes no new series does without it.
    if numbers.isEmpty, !texts.isEmpty {
      numbers.reserveCapacity(texts.count)
      for (number, text) in texts.enumerated() { numbers[text] = UInt32(number) }
    }
    if let number = numbers[text], texts[Int(number)].hasSameBytes(as: text) {
      return number
    }
    let number = UInt32(texts.count)
    texts.append(text)
    // Of two spellings that count as equal the latest is found again; the other is stored anew.
    numbers[text] = number
    return number
  }

  /// The text of a number, or nil when there is none.
  func text(of number: UInt64) -> String? {
    number < UInt64(texts.count) ? texts[Int(number)] : nil
  }

  /// Writes what is not in the file yet.
  mutating func save(to database: Connection) throws(SQLiteError) {
    while savedCount < texts.count {
      let statement = try database.prepare("INSERT OR REPLACE INTO symbols(id, text) VALUES (?, ?)")
      try statement.bind(savedCount, at: 1)
      try statement.bind(texts[savedCount], at: 2)
      try statement.run()
      savedCount += 1
    }
  }

  /// Notes that a transaction was rolled back: everything after `count` is not in the file.
  mutating func forgetSaved(beyond count: Int) {
    savedCount = min(savedCount, count)
  }

  /// How many numbers are in the file.
  var saved: Int { savedCount }
}
