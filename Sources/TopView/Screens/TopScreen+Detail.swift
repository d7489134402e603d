// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

extension TopScreen {
  /// Facts of one thing stand behind their names.
  private static let nameWidth = 15

  /// The lines of the detail that is open; without the title.
  var detailLines: [Pieces] {
    guard let snapshot, case .detail(let key) = state.mode else { return [] }
    let tables = Tables(snapshot: snapshot, now: sight.now, glyphs: glyphs)
    guard let detail = Detail(key, in: tables) else {
      return [[("It is not known any more: Esc goes back.", .quiet)]]
    }
    var lines: [Pieces] = []
    let width = max(10, sight.columns - 2)
    for fact in detail.facts {
      let texts = Self.wrapped(fact.value, width: max(10, width - Self.nameWidth))
      for (index, text) in texts.enumerated() {
        lines.append([(padded(index == 0 ? fact.name : ""), .quiet), (text, Style())])
      }
    }
    lines += detail.graphs.compactMap { line($0, snapshot) }
    for words in detail.words {
      lines.append([])
      lines += Self.wrapped(words, width: width).map { [($0, Style())] }
    }
    if !detail.deviations.isEmpty { lines += [[], [("NOT AS DECLARED", .heading)]] }
    for one in detail.deviations {
      lines.append([
        ("\(one.aspect): declared \(one.expected), found \(one.found)", Style(.warning))
      ])
    }
    if !detail.alerts.isEmpty { lines += [[], [("ALERTS", .heading)]] }
    for alert in detail.alerts {
      let age = Amounts.age(of: alert.since, at: sight.now)
      lines.append([
        ("\(glyphs.sign(alert.level)) \(alert.name) ", Style(Ink(alert.level), bold: true)),
        ("\(age) \(tables.what(alert))", Style()),
      ])
    }
    if !detail.changes.isEmpty { lines += [[], [("CHANGES", .heading)]] }
    for change in detail.changes.prefix(20) {
      let time = change.time.map(Tables.clock) ?? Amounts.unknown
      lines.append([
        ("\(time) ", .quiet), ("\(glyphs.sign(change.level)) ", Style(Ink(change.level))),
        (change.words, Style()),
      ])
    }
    return lines
  }

  private func padded(_ name: String) -> String {
    name + String(repeating: " ", count: max(1, Self.nameWidth - CleanText.width(of: name)))
  }

  /// A graph of the span that is looked back on; nil when there is nothing to draw.
  private func line(_ graph: Graph, _ snapshot: ClusterSnapshot) -> Pieces? {
    var values = graph.values
    var span = Amounts.span(Double(values.count) * (snapshot.trendStepSeconds ?? 0))
    // Each value is drawn two cells wide: a few minutes have few values.
    var drawn = values.flatMap { [$0, $0] }
    if state.lookback != .minutes, let query = graph.query {
      guard let history = sight.history, history.wish.lookback == state.lookback,
        let past = history.values[query]
      else { return [(padded(graph.name), .quiet), ("asking for the past", .quiet)] }
      (values, drawn, span) = (past, past, state.lookback.words)
    }
    let known = values.compactMap(\.self)
    guard !known.isEmpty || state.lookback != .minutes else { return nil }
    let least = graph.text(known.min())
    let most = graph.text(known.max())
    let room = max(10, sight.columns - Self.nameWidth - 24)
    let bars = glyphs.bars(drawn, width: min(drawn.count, room), top: graph.top)
    return [
      (padded(graph.name), .quiet), (bars, Style(.info)),
      ("  \(least) to \(most) in \(span)", Style()),
    ]
  }

  func drawDetail(from top: Int, upTo end: Int, on frame: inout Frame) {
    guard let snapshot, case .detail(let key) = state.mode, top < end else { return }
    let tables = Tables(snapshot: snapshot, now: sight.now, glyphs: glyphs)
    if let detail = Detail(key, in: tables) {
      draw(
        [
          (detail.title, .heading), ("  ", Style()),
          (
            "\(isStale ? glyphs.stale : glyphs.sign(detail.level)) \(detail.word)",
            isStale ? .quiet : Style(Ink(detail.level), bold: detail.level >= .warning)
          ),
        ],
        row: top,
        on: &frame
      )
    }
    let lines = detailLines
    let room = end - top - 1
    let scroll = max(0, min(state.detailScroll, lines.count - 1))
    for (offset, line) in lines.dropFirst(scroll).prefix(max(0, room)).enumerated() {
      draw(line, row: top + 1 + offset, column: 1, on: &frame)
    }
    let below = lines.count - scroll - room
    if below > 0 {
      let text = " \(below) more line\(below == 1 ? "" : "s") \(glyphs.falling) "
      frame.put(text, row: end - 1, endingAt: sight.columns, width: 24, style: .selected)
    }
  }

  /// A text in lines, broken at blanks; a word that is too long is cut.
  static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      let needed = CleanText.width(of: line) + 1 + CleanText.width(of: String(word))
      if !line.isEmpty, needed > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }
}
