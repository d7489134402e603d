// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

/// Draws what there is to see, as a person has chosen to see it.
///
/// Three layouts: whole from 64x16 on; from 40x10 on the counts, the verdict and the problems; below
/// that the counts and the verdict alone.
package struct TopScreen {
  let state: ViewState
  let sight: Sight
  /// For a pipe or a file: nothing is selected.
  var isPlain = false
  /// The rows of the present view, where they are known already.
  var listing: Listing?

  /// The frame of a sight, once the state is settled for it.
  package static func frame(settling state: inout ViewState, _ sight: Sight) -> Frame {
    let listing = state.settledListing(sight)
    return TopScreen(state: state, sight: sight, listing: listing).frame
  }

  /// The frame of a sight.
  package static func frame(_ state: ViewState, _ sight: Sight) -> Frame {
    TopScreen(state: state, sight: sight).frame
  }

  /// What is shown: frozen, or the newest.
  var snapshot: ClusterSnapshot? { state.frozen ?? sight.snapshot }
  var glyphs: Glyphs { sight.look.glyphs }

  enum Layout: Equatable {
    case whole
    case compact
    case tiny
  }

  var layout: Layout {
    if sight.columns < 40 || sight.rows < 10 { return .tiny }
    return sight.columns < 64 || sight.rows < 16 ? .compact : .whole
  }

  /// The first row of what changes from view to view, and the one behind its last.
  var bodyTop: Int { 2 + tierLines.count + 1 }
  var bodyEnd: Int { sight.rows - 1 - alertPaneHeight }
  var bodyHeight: Int { max(0, bodyEnd - bodyTop) }

  /// Two lines at least, more where there is room.
  var alertPaneHeight: Int {
    guard layout == .whole, state.tab != .alerts || state.mode != .table else { return 0 }
    return sight.rows >= 40 ? 6 : sight.rows >= 30 ? 4 : 3
  }

  /// Rows of the table that are in sight.
  var tableHeight: Int {
    switch layout {
    case .whole: max(1, bodyHeight - 1 - prefaceCount)
    case .compact: max(1, sight.rows - 5)
    case .tiny: 1
    }
  }

  private var prefaceCount: Int {
    guard !(state.isTree && state.hasTree), let snapshot else { return 0 }
    let count =
      switch state.tab {
      case .balancers: snapshot.floatingAddresses.count
      case .databases: snapshot.tiers.count { $0.replicaSet != nil }
      case .nodes, .guests, .apps, .backups, .alerts, .events: 0
      }
    return min(count, 3)
  }

  /// A frame that shows every row of the present view, as lines for a pipe or a file: without
  /// anything that is only there for keys.
  package static func plainLines(_ state: ViewState, _ sight: Sight) -> [String] {
    var (state, sight) = (state, sight)
    // As high as a screen for its layout, before it is known how high it must be.
    sight.rows = 40
    state.settle(sight)
    let screen = TopScreen(state: state, sight: sight)
    let listing = state.listing(sight)
    let alerts = min(rowsMax, max(1, sight.snapshot?.alerts.count { $0.level != .held } ?? 0))
    let body = screen.prefaceCount + 1 + max(1, min(rowsMax, listing.table.rows.count))
    sight.rows = screen.bodyTop + body
    var frame = Frame(rows: sight.rows + alerts + 1, columns: sight.columns, look: sight.look)
    let whole = TopScreen(state: state, sight: sight, isPlain: true)
    whole.drawHeader(on: &frame)
    whole.drawVerdict(row: 1, on: &frame)
    for (index, line) in screen.tierLines.enumerated() {
      whole.draw(line, row: 2 + index, on: &frame)
    }
    whole.drawTabs(row: screen.bodyTop - 1, on: &frame)
    whole.drawTable(from: screen.bodyTop, upTo: sight.rows, on: &frame)
    guard state.tab != .alerts else { return Array(frame.lines.prefix(sight.rows)) }
    whole.drawAlertPane(from: sight.rows, upTo: frame.rows, on: &frame)
    return frame.lines
  }

  /// More rows are not printed.
  private static let rowsMax = 10_000

  private var frame: Frame {
    var frame = Frame(rows: sight.rows, columns: sight.columns, look: sight.look)
    switch layout {
    case .tiny: drawTiny(on: &frame)
    case .compact: drawCompact(on: &frame)
    case .whole: drawWhole(on: &frame)
    }
    return frame
  }

  private func drawWhole(on frame: inout Frame) {
    drawHeader(on: &frame)
    drawVerdict(row: 1, on: &frame)
    for (index, line) in tierLines.enumerated() { draw(line, row: 2 + index, on: &frame) }
    drawTabs(row: bodyTop - 1, on: &frame)
    switch state.mode {
    case .help: drawHelp(from: bodyTop, upTo: bodyEnd, on: &frame)
    case .detail: drawDetail(from: bodyTop, upTo: bodyEnd, on: &frame)
    case .table, .filter, .jump: drawTable(from: bodyTop, upTo: bodyEnd, on: &frame)
    }
    if alertPaneHeight > 0 { drawAlertPane(from: bodyEnd, upTo: sight.rows - 1, on: &frame) }
    drawKeyBar(row: sight.rows - 1, on: &frame)
  }

  private func drawCompact(on frame: inout Frame) {
    drawHeader(on: &frame)
    drawVerdict(row: 1, on: &frame)
    if let line = tierLines.first { draw(line, row: 2, on: &frame) }
    switch state.mode {
    case .help: drawHelp(from: 3, upTo: sight.rows - 1, on: &frame)
    case .detail: drawDetail(from: 3, upTo: sight.rows - 1, on: &frame)
    case .table, .filter, .jump: drawProblems(from: 3, upTo: sight.rows - 1, on: &frame)
    }
    drawKeyBar(row: sight.rows - 1, on: &frame)
  }

  private func drawTiny(on frame: inout Frame) {
    let level = verdictLevel
    let counts = snapshot.map(Self.countWords) ?? "no data yet"
    frame.put(
      "\(glyphs.sign(level)) \(counts)",
      row: 0,
      column: 0,
      style: Style(Ink(level), bold: level >= .warning)
    )
    guard sight.rows > 1 else { return }
    frame.put(verdictWords, row: 1, column: 0)
    if sight.rows > 2 { frame.put(ageWords.text, row: 2, column: 0, style: ageWords.style) }
  }

  /// Texts in their styles, one behind the other.
  typealias Pieces = [(text: String, style: Style)]

  /// Draws pieces from a column on, at most up to another.
  func draw(
    _ pieces: Pieces,
    row: Int,
    column: Int = 0,
    upTo end: Int = .max,
    on frame: inout Frame
  ) {
    var column = column
    for piece in pieces {
      let room = max(0, end - column)
      column = frame.put(piece.text, row: row, column: column, width: room, style: piece.style)
    }
  }
}
