// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

extension TopScreen {
  /// What is shown is older than three polls, or the daemon does not answer.
  var isStale: Bool {
    if sight.link.lostFor != nil { return true }
    guard let snapshot, state.frozen == nil else { return false }
    let allowed = max(10, 3 * (snapshot.freshness?.intervalSeconds ?? 10))
    return (dataAge ?? .infinity) > allowed
  }

  /// Seconds since anything shown was asked.
  var dataAge: Double? {
    guard let snapshot, let age = snapshot.freshness?.ageSeconds else { return nil }
    let since = snapshot.time.map { max(.zero, sight.now - $0).inSeconds } ?? 0
    return age + since
  }

  /// Where old data says that all is well, nobody knows.
  var verdictLevel: Level {
    guard let snapshot else { return .unknown }
    let level = snapshot.verdict?.level ?? .unknown
    return isStale ? max(level, .unknown) : level
  }

  var verdictWords: String {
    if let trouble = sight.link.trouble, snapshot == nil { return trouble }
    guard let snapshot else { return "asking \(sight.link.place)" }
    let words = snapshot.verdict?.words ?? "the daemon does not say how the cluster stands"
    return isStale ? "Not known any more; last: \(words)" : words
  }

  var ageWords: (text: String, style: Style) {
    if let lost = sight.link.lostFor {
      return ("NO ANSWER for \(Amounts.span(lost.inSeconds))", Style(.critical, bold: true))
    }
    if snapshot == nil { return ("no data yet", .quiet) }
    let age = "data \(Amounts.span(dataAge)) old"
    return isStale ? ("STALE: \(age)", Style(.warning, bold: true)) : (age, Style())
  }

  /// Problems by severity, in words.
  static func countWords(_ snapshot: ClusterSnapshot) -> String {
    guard let counts = snapshot.alertCounts else { return "alerts unknown" }
    var parts: [String] = []
    if counts.critical > 0 { parts.append("\(counts.critical) critical") }
    if counts.warning > 0 {
      parts.append("\(counts.warning) warning\(counts.warning == 1 ? "" : "s")")
    }
    if parts.isEmpty {
      let isWell = (snapshot.verdict?.level ?? .unknown) <= .info
      parts.append(isWell ? "no problems" : "no alerts")
    }
    if counts.info > 0 { parts.append("\(counts.info) info") }
    if counts.held > 0 { parts.append("\(counts.held) held back") }
    return parts.joined(separator: ", ")
  }

  /// Who has the floating IP.
  private var addressPieces: Pieces {
    guard let snapshot else { return [] }
    return snapshot.floatingAddresses.prefix(2).flatMap { address -> Pieces in
      let holders = address.holders.isEmpty ? "nobody" : address.holders.joined(separator: "+")
      let level = address.condition.level
      let style = level == .ok ? Style() : Style(Ink(level), bold: true)
      return [("VIP \(holders)", style)]
    }
  }

  func drawHeader(on frame: inout Frame) {
    let clock = Tables.clock(sight.now) + "Z"
    var left: Pieces = [("hvsmon", .heading)]
    if let snapshot {
      left.append((" \(snapshot.cluster)", Style()))
      let level = verdictLevel
      left.append(
        (
          "  \(glyphs.sign(level)) \(level.word)",
          Style(Ink(level), bold: level >= .warning)
        )
      )
      left.append((" \(isStale ? "last: " : "")\(Self.countWords(snapshot))", Style()))
    }
    var right: Pieces = []
    if state.frozen != nil {
      let since = state.frozen?.time.map(Tables.clock) ?? ""
      right.append(("FROZEN at \(since)Z", Style(.info, bold: true)))
    } else {
      right.append(ageWords)
    }
    // From the least needed on, what does not fit is left out.
    let width = { (pieces: Pieces) in
      pieces.reduce(0) { $0 + CleanText.width(of: $1.text) + 2 }
    }
    var middle = addressPieces
    let taken = left.reduce(0) { $0 + CleanText.width(of: $1.text) } + 2
    if taken + width(middle) + width(right) > sight.columns { middle = Array(middle.prefix(1)) }
    if taken + width(middle) + width(right) > sight.columns { middle = [] }
    if taken + width(middle) + width(right) + clock.utf8.count <= sight.columns {
      right.append((clock, .quiet))
    }
    var column = sight.columns - width(middle) - width(right) + 2
    draw(left, row: 0, upTo: column - 1, on: &frame)
    for piece in middle + right {
      frame.put(piece.text, row: 0, column: max(0, column), style: piece.style)
      column += CleanText.width(of: piece.text) + 2
    }
  }

  func drawVerdict(row: Int, on frame: inout Frame) {
    let level = verdictLevel
    let style = Style(level == .ok ? .plain : Ink(level), bold: level >= .warning)
    var end = frame.put(verdictWords, row: row, column: 0, style: style)
    // More sentences as far as there is room: the verdict has said the first.
    guard let situation = snapshot?.verdict?.situation, !situation.isEmpty, !isStale else { return }
    if end + 24 < sight.columns {
      end = frame.put("  ", row: row, column: end)
      frame.put(situation, row: row, column: end, style: .quiet)
    }
  }

  /// How much more of each tier, the nodes and the votes may fail: as many to a line as fit.
  var tierLines: [Pieces] {
    guard let snapshot else { return [[("", Style())]] }
    var chunks: [(String, Level)] = []
    if let quorum = snapshot.quorum {
      chunks.append((Self.words(quorum, snapshot), nodeLevel(quorum)))
    }
    chunks += snapshot.tiers.map { tier in
      (
        "\(tier.name) \(tier.working)/\(tier.declared) \(Self.spareWords(tier))",
        tier.condition.level
      )
    }
    if let entry = snapshot.entries.first {
      let time = entry.condition.state == .working ? Amounts.latency(entry.durationSeconds) : "DOWN"
      chunks.append(("\(entry.name) \(time)", entry.condition.level))
    }
    let most = layout == .whole ? (sight.rows >= 30 ? 4 : 2) : 1
    var lines: [Pieces] = []
    var line: Pieces = []
    var width = 0
    for (index, chunk) in chunks.enumerated() {
      let text = "\(isStale ? glyphs.stale : glyphs.sign(chunk.1)) \(chunk.0)"
      let needed = CleanText.width(of: text) + (line.isEmpty ? 0 : 2)
      if width + needed > sight.columns, !line.isEmpty {
        if lines.count == most - 1 {
          line.append(("  +\(chunks.count - index) more", .quiet))
          break
        }
        lines.append(line)
        (line, width) = ([], 0)
      }
      if !line.isEmpty { line.append(("  ", Style())) }
      let level = chunk.1
      line.append((text, level == .ok ? Style() : Style(Ink(level), bold: level >= .warning)))
      width += needed
    }
    lines.append(line)
    return lines
  }

  private func nodeLevel(_ quorum: QuorumRow) -> Level {
    guard quorum.condition.state == .working else {
      return quorum.condition.state == .failed ? .critical : .unknown
    }
    return quorum.votesSpare.map { $0 < 1 ? .warning : .ok } ?? .unknown
  }

  private static func words(_ quorum: QuorumRow, _ snapshot: ClusterSnapshot) -> String {
    let up = snapshot.nodes.count { $0.condition.state == .working }
    let nodes = "nodes \(up)/\(snapshot.nodes.count)"
    switch quorum.condition.state {
    case .failed: return "\(nodes) NO QUORUM"
    case .unknown: return "\(nodes) quorum ?"
    case .working:
      guard let spare = quorum.votesSpare else { return "\(nodes) quorum ok" }
      return spare > 0 ? "\(nodes) spare \(spare)" : "\(nodes) NO SPARE"
    }
  }

  /// How much more of a tier may fail.
  static func spareWords(_ tier: TierRow) -> String {
    switch tier.condition.state {
    case .failed: "DOWN"
    case .unknown: "UNKNOWN"
    case .working:
      tier.failuresTolerated > 0
        ? "spare \(tier.failuresTolerated)" : "NO SPARE"
    }
  }

  func drawTabs(row: Int, on frame: inout Frame) {
    let marks = Tab.allCases.map { tab in snapshot.map { problems(of: tab, in: $0) } ?? 0 }
    let sign = glyphs.sign(.warning)
    func titles(_ title: (Tab, Int) -> String) -> [String] {
      zip(Tab.allCases, marks).map { title($0, $1) }
    }
    // Narrower and narrower, until all of them fit.
    let wide = titles { " \($0.rawValue + 1) \($0.title)\($1 > 0 ? " \(sign)\($1)" : "") " }
    let short = titles { "\($0.rawValue + 1) \($0.shortTitle)\($1 > 0 ? "\(sign)\($1)" : "") " }
    let least = titles { "\($0.rawValue + 1) \($0.shortTitle)\($1 > 0 ? sign : "") " }
    let width = { (texts: [String]) in texts.reduce(0) { $0 + CleanText.width(of: $1) } }
    let chosen = [wide, short].first { width($0) <= sight.columns + 1 } ?? least
    var column = 0
    for (index, tab) in Tab.allCases.enumerated() {
      let style =
        tab == state.tab
        ? Style(bold: true, reverse: true)
        : marks[index] > 0 ? Style(.warning) : Style(dim: true)
      let text = index == marks.count - 1 ? String(chosen[index].dropLast()) : chosen[index]
      column = frame.put(text, row: row, column: column, style: style)
    }
  }

  private func problems(of tab: Tab, in snapshot: ClusterSnapshot) -> Int {
    func count(_ levels: some Sequence<Level>) -> Int {
      levels.reduce(0) { $0 + ($1.isProblem ? 1 : 0) }
    }
    switch tab {
    case .nodes: return count(snapshot.nodes.lazy.map(\.condition.level))
    case .guests: return count(snapshot.guests.lazy.map(\.condition.level))
    case .balancers: return count(snapshot.loadBalancers.lazy.map(\.condition.level))
    case .apps: return count(snapshot.apps.lazy.map(\.condition.level))
    case .databases: return count(snapshot.databases.lazy.map(\.condition.level))
    case .backups: return count(snapshot.backups.lazy.map(\.level))
    case .alerts: return snapshot.alerts.count { $0.level >= .warning }
    case .events: return 0
    }
  }
}
