// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

/// What stands in one column of one row.
struct Entry: Sendable {
  /// What is shown.
  let text: String
  /// What is compared with; nil sorts last, whatever the direction.
  let number: Double?
  let style: Style
  /// Values that are drawn as bars, once it is known that the row is in sight.
  var bars: (values: [Double?], top: Double?)?

  /// A word, sorted as such.
  static func word(_ text: String?, style: Style = Style()) -> Entry {
    Entry(text: text ?? Amounts.unknown, number: nil, style: text == nil ? .quiet : style)
  }

  /// A number with the text that shows it.
  static func amount(_ text: String, _ number: Double?, style: Style = Style()) -> Entry {
    Entry(text: text, number: number, style: number == nil ? .quiet : style)
  }

  /// It does not apply here.
  static let none = Entry(text: "-", number: nil, style: .quiet)
}

/// One row of a table, with all that its columns and filters may ask.
struct Row: Sendable {
  /// Tells it from every other row of its table, at all times.
  let key: String
  let level: Level
  /// The word for its state.
  let state: String
  /// In the order of the table's columns.
  let entries: [Entry]
  /// What filters look through by word: `node`, `tier` and the like.
  var facets: [(name: String, text: String)] = []
  /// How deep it hangs in a tree; 0 in a list.
  var depth = 0
  /// What is drawn before its name in a tree.
  var lead = ""
}

/// One column of a table.
struct Column: Sendable {
  enum Width: Sendable {
    /// Always so many cells.
    case fixed(Int)
    /// What its texts need, within bounds.
    case fitting(Int, most: Int)
    /// All that is left, at least so many.
    case rest(Int)
  }

  let title: String
  let width: Width
  /// Lower ones hide first; 9 never.
  var priority = 5
  var isNumber = false
  /// What a filter calls it, such as `mem` in `mem>80`.
  var name: String?
}

/// A kind of thing in columns.
struct Table: Sendable {
  let columns: [Column]
  var rows: [Row]
  /// What is said where there are no rows.
  var emptyWords = "nothing here"
  /// A line above the table.
  var preface: [(text: String, style: Style)] = []
}
