// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

extension TopScreen {
  func drawAlertPane(from top: Int, upTo end: Int, on frame: inout Frame) {
    let alerts = snapshot?.alerts ?? []
    let open = alerts.filter { $0.level != .held }
    let held = alerts.count - open.count
    var title = " ALERTS"
    if held > 0 { title += " (\(held) held back: 7 shows them)" }
    let rule = String(repeating: glyphs.rule, count: sight.columns)
    frame.put(rule, row: top, column: 0, style: .quiet)
    frame.put(title + " ", row: top, column: 1, style: .heading)
    guard !open.isEmpty else {
      let words = snapshot == nil ? "" : isStale ? "not known any more" : "none"
      frame.put(words, row: top + 1, column: 1, style: .quiet)
      return
    }
    let room = end - top - 1
    let shown = open.count > room ? room - 1 : room
    for (offset, alert) in open.prefix(shown).enumerated() {
      drawAlert(alert, row: top + 1 + offset, on: &frame)
    }
    if open.count > shown {
      let rest = "and \(open.count - shown) more: 7 shows them"
      frame.put(rest, row: end - 1, column: 1, style: .quiet)
    }
  }

  private func drawAlert(_ alert: AlertRow, row: Int, on frame: inout Frame) {
    guard let snapshot else { return }
    let style = Style(Ink(alert.level), bold: alert.level >= .warning)
    let age = Amounts.age(of: alert.since, at: sight.now)
    let tables = Tables(snapshot: snapshot, now: sight.now, glyphs: glyphs)
    frame.put("\(glyphs.sign(alert.level)) \(alert.level.word)", row: row, column: 1, style: style)
    frame.put(age, row: row, endingAt: 14, width: 5)
    let end = frame.put("\(alert.name) ", row: row, column: 15, style: .heading)
    frame.put(
      alert.summary == nil ? alert.object ?? "" : tables.what(alert),
      row: row,
      column: end
    )
  }

  /// Alerts and what is not well, in a column: for small terminals.
  func drawProblems(from top: Int, upTo end: Int, on frame: inout Frame) {
    guard let snapshot else {
      frame.put(verdictWords, row: top, column: 0, style: .quiet)
      return
    }
    let alerts = snapshot.alerts.map { alert in
      (
        alert.level, "\(alert.name) \(alert.object ?? "")",
        Amounts.age(of: alert.since, at: sight.now)
      )
    }
    let things =
      snapshot.nodes.map { ($0.name, $0.condition) }
      + snapshot.loadBalancers.map { ($0.name, $0.condition) }
      + snapshot.apps.map { ($0.name, $0.condition) }
      + snapshot.databases.map { ($0.name, $0.condition) }
    let parts = things.filter { $0.1.level.isProblem }
      .map { ($0.1.level, "\($0.0) \($0.1.word)", Amounts.age(of: $0.1.since, at: sight.now)) }
    let all = (alerts.filter { $0.0 != .held } + parts + alerts.filter { $0.0 == .held })
    guard !all.isEmpty else {
      frame.put(isStale ? "not known any more" : "no problems", row: top, column: 0, style: .quiet)
      return
    }
    for (offset, problem) in all.prefix(max(0, end - top)).enumerated() {
      let style = Style(Ink(problem.0), bold: problem.0 >= .warning)
      frame.put(glyphs.sign(problem.0), row: top + offset, column: 0, style: style)
      frame.put(problem.2, row: top + offset, endingAt: 7, width: 5)
      frame.put(problem.1, row: top + offset, column: 8)
    }
    let left = all.count - (end - top)
    if left > 0 {
      frame.put(String(repeating: " ", count: sight.columns), row: end - 1, column: 0)
      frame.put("and \(left + 1) more", row: end - 1, column: 2, style: .quiet)
    }
  }

  func drawKeyBar(row: Int, on frame: inout Frame) {
    if let prompt = state.prompt {
      draw(prompt, row: row, on: &frame)
      return
    }
    switch state.mode {
    case .filter:
      let end = frame.put("filter: ", row: row, column: 0, style: .heading)
      let next = frame.put(state.filter, row: row, column: end)
      frame.put(" ", row: row, column: next, style: .selected)
      frame.put(
        "Enter keeps it, Esc clears",
        row: row,
        endingAt: sight.columns,
        width: 28,
        style: .quiet
      )
      return
    case .jump(let text):
      let end = frame.put(":", row: row, column: 0, style: .heading)
      let next = frame.put(text, row: row, column: end)
      frame.put(" ", row: row, column: next, style: .selected)
      frame.put(
        "Tab completes, Enter goes",
        row: row,
        endingAt: sight.columns,
        width: 28,
        style: .quiet
      )
      return
    case .table, .help, .detail: break
    }
    var column = frame.put(" ", row: row, column: 0)
    if let message = state.message {
      frame.put(message, row: row, column: column, style: Style(.info, bold: true))
      return
    }
    for (key, word) in keys {
      let width = CleanText.width(of: key) + 1 + CleanText.width(of: word)
      guard column + width <= sight.columns else { break }
      column = frame.put(key, row: row, column: column, style: .heading)
      column = frame.put(" \(word)", row: row, column: column, style: .quiet) + 2
    }
    let right = modeWords
    guard !right.isEmpty else { return }
    let doesFit = column + CleanText.width(of: right) < sight.columns
    frame.put(
      doesFit ? right : " \(right)",
      row: row,
      endingAt: sight.columns,
      width: sight.columns,
      style: Style(.info, bold: true)
    )
  }

  /// A question and what is written: the end of both is what must be seen.
  private func draw(_ prompt: Prompt, row: Int, on frame: inout Frame) {
    if let message = state.message {
      let room = sight.columns / 2
      frame.put(
        message,
        row: row,
        endingAt: sight.columns,
        width: room,
        style: Style(.warning, bold: true)
      )
    }
    let room = max(1, sight.columns - (state.message == nil ? 1 : sight.columns / 2 + 1))
    let question = min(CleanText.width(of: prompt.question), max(0, room / 2))
    var column = frame.put(prompt.question, row: row, column: 0, width: question, style: .heading)
    column += column > 0 ? 1 : 0
    var text = prompt.text[...]
    while CleanText.width(of: String(text)) > max(0, room - column), !text.isEmpty {
      text = text.dropFirst()
    }
    let end = frame.put(String(text), row: row, column: column)
    frame.put(" ", row: row, column: end, style: .selected)
  }

  /// What is hidden, and how often is asked.
  private var modeWords: String {
    var parts: [String] = []
    if !state.filter.isEmpty || state.isProblemsOnly {
      let listing = listing ?? state.listing(sight)
      let count = "\(listing.table.rows.count) of \(listing.total)"
      let what = [
        state.isProblemsOnly ? "problems only" : nil,
        state.filter.isEmpty ? nil : "filter \(state.filter)",
      ].compactMap(\.self).joined(separator: ", ")
      parts.append("\(what): \(count)")
    }
    if state.pace > 0 { parts.append("every \(ViewState.paces[state.pace])s") }
    return parts.joined(separator: "  ")
  }

  private var keys: [(String, String)] {
    switch state.mode {
    case .help: [("any key", "back")]
    case .detail:
      [("Esc", "back"), (glyphs.arrows, "scroll"), ("Space", freezeWord), ("?", "help")]
    case .table, .filter, .jump:
      layout == .compact
        ? [("?", "help"), ("Space", freezeWord), ("q", "quit")]
        : [
          ("?", "help"), ("/", "filter"), ("s", "sort"), ("p", "problems"), ("t", "tree"),
          ("Enter", "open"), ("Space", freezeWord), ("q", "quit"), (":", "jump"),
          ("Tab", "next view"),
        ]
    }
  }

  private var freezeWord: String { state.frozen == nil ? "freeze" : "go on" }

  func drawHelp(from top: Int, upTo end: Int, on frame: inout Frame) {
    let half = sight.columns >= 76 ? min(60, sight.columns / 2) : sight.columns
    let perColumn = half == sight.columns ? Int.max : (Self.help.count + 1) / 2
    for (index, line) in Self.help.enumerated() {
      let row = top + (index >= perColumn ? index - perColumn : index)
      let column = index >= perColumn ? half : 0
      guard row < end else { continue }
      frame.put(line.0, row: row, column: column + 1, width: 11, style: .heading)
      frame.put(line.1, row: row, column: column + 13, width: half - 13)
    }
  }

  private static let help: [(String, String)] = [
    ("1 to 8, Tab", "the views"), ("j k g G", "move, as arrow keys do"),
    ("Enter, l", "open what is selected"), ("Esc, h", "back; clears the filter"),
    ("/", "filter: web st:crit mem>80"), ("", "node:a, !not this, ~fuzzy"),
    (":", "jump to a view or a name"), ("s < >", "choose the sort column"),
    ("r", "reverse the order"), ("p", "problems only"), ("t", "tree; l opens, h closes"),
    ("Space", "freeze what is shown"), ("+ -", "ask less or more often"),
    ("w", "graphs of 5m 1h 6h 24h"), ("y", "copy the selected line"),
    ("a", "acknowledge an alert"), ("m", "silence an alert"),
    ("R", "ask now"), ("c", "colours: auto, 16, none"), ("e", "events"),
    ("Ctrl-L", "draw everything anew"), ("Ctrl-Z", "suspend; fg goes on"),
    ("q, Ctrl-C", "quit"),
  ]
}
