// SPDX-License-Identifier: MIT
package import Snapshot

/// What a cell means, from which its colour follows.
package enum Ink: UInt8, CaseIterable, Sendable {
  case plain
  case ok
  case info
  case warning
  case critical
  case unknown
  case held
  case maintenance

  /// The ink of a level.
  package init(_ level: Level) {
    switch level {
    case .ok: self = .ok
    case .info: self = .info
    case .held: self = .held
    case .maintenance: self = .maintenance
    case .unknown: self = .unknown
    case .warning: self = .warning
    case .critical: self = .critical
    }
  }
}

/// How a cell is drawn.
package struct Style: Equatable, Sendable {
  /// What it means.
  package var ink = Ink.plain
  /// It stands out.
  package var isBold = false
  /// It stands back.
  package var isDim = false
  /// It is selected.
  package var isReverse = false

  /// Describes a style.
  package init(_ ink: Ink = .plain, bold: Bool = false, dim: Bool = false, reverse: Bool = false) {
    self.ink = ink
    isBold = bold
    isDim = dim
    isReverse = reverse
  }

  /// Headings and the key bar.
  static let heading = Style(bold: true)
  /// What is only there to guide.
  static let quiet = Style(dim: true)
  /// What is selected or has the focus.
  static let selected = Style(reverse: true)
}

/// One cell of a frame.
package struct Cell: Equatable, Sendable {
  /// The character; empty behind one that is two cells wide.
  package var text: String
  /// Cells that the character takes; 0 behind one that is two cells wide.
  package var width: Int
  /// How it is drawn.
  package var style: Style

  static let blank = Cell(text: " ", width: 1, style: Style())
}

/// Rows and columns of cells.
package struct Frame: Equatable, Sendable {
  /// The rows; at least 1.
  package let rows: Int
  /// The columns; at least 1.
  package let columns: Int
  /// How the terminal is drawn for.
  let look: Look
  private var cells: [Cell]

  /// An empty frame.
  init(rows: Int, columns: Int, look: Look = Look()) {
    self.rows = max(1, rows)
    self.columns = max(1, columns)
    self.look = look
    cells = .init(repeating: .blank, count: self.rows * self.columns)
  }

  /// The cell of a row and a column.
  package subscript(row: Int, column: Int) -> Cell { cells[row * columns + column] }

  /// Draws a text from a cell on; what does not fit into `width` cells is cut, and the cut is shown.
  ///
  /// - Returns: The column behind the text.
  @discardableResult
  mutating func put(
    _ text: String,
    row: Int,
    column: Int,
    width: Int = .max,
    style: Style = Style()
  ) -> Int {
    guard (0..<rows).contains(row), column >= 0, column < columns, width > 0 else { return column }
    let room = min(width, columns - column)
    let glyphs = CleanText.glyphs(text, isASCII: look.isASCII, atMost: room + 1)
    let whole = glyphs.reduce(0) { $0 + $1.width }
    var place = column
    let end = column + room
    let isCut = whole > room
    // A cut needs room for its mark, and a mark for something to be cut from.
    let limit = isCut && room > 1 ? end - 1 : end
    for glyph in glyphs {
      guard place + glyph.width <= limit else { break }
      set(row, place, Cell(text: glyph.text, width: glyph.width, style: style))
      place += glyph.width
    }
    if isCut, room > 1, place < end {
      set(row, place, Cell(text: look.glyphs.cut, width: 1, style: style))
      place += 1
    }
    return place
  }

  /// Draws a text that ends at a cell.
  mutating func put(_ text: String, row: Int, endingAt end: Int, width: Int, style: Style = Style())
  {
    let taken = min(CleanText.width(of: text), width)
    put(text, row: row, column: max(0, end - taken), width: width, style: style)
  }

  /// Draws a row in one style, whatever is on it.
  mutating func restyle(
    row: Int,
    from: Int = 0,
    upTo end: Int? = nil,
    _ change: (inout Style) -> Void
  ) {
    guard (0..<rows).contains(row) else { return }
    for column in max(0, from)..<max(max(0, from), min(columns, end ?? columns)) {
      change(&cells[row * columns + column].style)
    }
  }

  private mutating func set(_ row: Int, _ column: Int, _ cell: Cell) {
    guard column + cell.width <= columns else { return }
    // Half of a wide character is none.
    if self[row, column].width == 0, column > 0 { cells[row * columns + column - 1] = .blank }
    let last = column + cell.width - 1
    if self[row, last].width == 2, last + 1 < columns { cells[row * columns + last + 1] = .blank }
    cells[row * columns + column] = cell
    if cell.width == 2 {
      cells[row * columns + column + 1] = Cell(text: "", width: 0, style: cell.style)
    }
  }

  /// The frame as lines without any style; blanks at the ends of lines are left out.
  package var lines: [String] {
    (0..<rows).map { row in
      let text = (0..<columns).map { self[row, $0].text }.joined()
      return String(text.reversed().drop { $0 == " " }.reversed())
    }
  }
}
