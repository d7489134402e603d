// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

/// Makes the table of each view.
struct Tables {
  let snapshot: ClusterSnapshot
  /// The present, on the daemon's clock.
  let now: Timestamp
  let glyphs: Glyphs
  /// Rows have what a filter may ask besides their columns.
  var hasFacets = true

  static let name = Column(title: "NAME", width: .fitting(6, most: 28), priority: 9)
  static let state = Column(title: "ST", width: .fixed(7), priority: 9)
  static let node = Column(title: "NODE", width: .fitting(4, most: 18), priority: 7, name: "node")
  static let cpu = Column(title: "CPU", width: .fixed(4), priority: 8, isNumber: true, name: "cpu")
  static let memory = Column(
    title: "MEM",
    width: .fixed(4),
    priority: 8,
    isNumber: true,
    name: "mem"
  )
  static let disk = Column(
    title: "DISK",
    width: .fixed(4),
    priority: 6,
    isNumber: true,
    name: "disk"
  )
  static let uptime = Column(title: "UP", width: .fixed(5), priority: 4, isNumber: true, name: "up")
  static let note = Column(title: "NOTE", width: .rest(21), priority: 7)

  static func trend(_ priority: Int) -> Column {
    Column(title: "", width: .fixed(trendWidth), priority: priority)
  }

  static let trendWidth = 8

  func table(of tab: Tab) -> Table {
    switch tab {
    case .nodes: nodes
    case .guests: guests
    case .balancers: balancers
    case .apps: apps
    case .databases: databases
    case .backups: backups
    case .alerts: alerts
    case .events: events
    }
  }

  func stateEntry(_ level: Level, _ word: String) -> Entry {
    let style = Style(
      Ink(level),
      bold: level >= .warning,
      dim: level == .held,
      reverse: level == .critical
    )
    return Entry(text: "\(glyphs.sign(level)) \(word)", number: nil, style: style)
  }

  func percent(_ ratio: Double?) -> Entry {
    .amount(Amounts.percent(ratio), ratio.map { $0 * 100 }, style: Self.heat(ratio))
  }

  func percent(_ used: Double?, of size: Double?) -> Entry {
    guard let used, let size, size > 0 else { return percent(nil) }
    return percent(used / size)
  }

  func span(_ seconds: Double?) -> Entry { .amount(Amounts.span(seconds), seconds) }

  func trend(_ values: [Double?], top: Double?) -> Entry {
    Entry(text: "", number: nil, style: Style(.info), bars: (values, top))
  }

  /// Above nine tenths there is little left.
  private static func heat(_ ratio: Double?) -> Style {
    guard let ratio else { return .quiet }
    return ratio >= 0.9 ? Style(.warning, bold: true) : Style()
  }

  /// Made only where a filter looks at them.
  func facets(
    _ make: @autoclosure () -> [(name: String, text: String)]
  ) -> [(name: String, text: String)] {
    hasFacets ? make() : []
  }

  var nodes: Table {
    let columns = [
      Self.name, Self.state, Self.cpu, Self.trend(4), Self.memory, Self.trend(3), Self.disk,
      Column(title: "LOAD", width: .fixed(5), priority: 5, isNumber: true, name: "load"),
      Column(title: "GUESTS", width: .fixed(6), priority: 5, isNumber: true, name: "guests"),
      Self.uptime, Self.note,
    ]
    let rows = snapshot.nodes.map { node in
      Row(
        key: "node/\(node.name)",
        level: node.condition.level,
        state: node.condition.word,
        entries: [
          .word(node.name), stateEntry(node.condition.level, node.condition.word),
          percent(node.cpuRatio), trend(node.cpuTrend, top: 1),
          percent(node.memoryUsedBytes, of: node.memorySizeBytes),
          trend(node.memoryTrend, top: 1), percent(node.diskUsedBytes, of: node.diskSizeBytes),
          .amount(Amounts.count(node.load), node.load),
          .amount(String(node.guests), Double(node.guests)), span(node.uptimeSeconds),
          .word(note(node)),
        ],
        facets: facets([("node", node.name), ("state", node.condition.word)])
      )
    }
    return Table(columns: columns, rows: rows, emptyWords: "no Proxmox nodes are watched")
  }

  private func note(_ node: NodeRow) -> String {
    let word = node.evidence ?? node.condition.note ?? ""
    guard node.condition.state != .working, let since = node.condition.since else { return word }
    let age = Amounts.age(of: since, at: now)
    return word.isEmpty ? "since \(age)" : "\(word) (\(age))"
  }

  var guests: Table {
    let columns = [
      Self.name, Self.state,
      Column(title: "ID", width: .fitting(3, most: 10), priority: 4, name: "id"), Self.node,
      Column(title: "TIER", width: .fitting(4, most: 16), priority: 6, name: "tier"),
      Self.cpu, Self.trend(3), Self.memory, Self.trend(2), Self.disk, Self.uptime, Self.note,
    ]
    let rows = snapshot.guests.map { guest in
      Row(
        key: "guest/\(guest.id)",
        level: guest.condition.level,
        state: guest.condition.word,
        entries: [
          .word(guest.name), stateEntry(guest.condition.level, guest.condition.word),
          .word(guest.id), .word(guest.node), guest.tier.map { .word($0) } ?? .none,
          percent(guest.cpuRatio), trend(guest.cpuTrend, top: 1),
          percent(guest.memoryUsedBytes, of: guest.memorySizeBytes),
          trend(guest.memoryTrend, top: 1), percent(guest.diskUsedBytes, of: guest.diskSizeBytes),
          span(guest.uptimeSeconds), .word(note(guest)),
        ],
        facets: facets([
          ("node", guest.node ?? ""), ("tier", guest.tier ?? ""), ("id", guest.id),
          ("state", guest.condition.word), ("tag", guest.tags.joined(separator: " ")),
        ])
      )
    }
    return Table(columns: columns, rows: rows, emptyWords: "no guests are known")
  }

  private func note(_ guest: GuestRow) -> String {
    var parts = [guest.condition.note, guest.lock.map { "locked: \($0)" }].compactMap(\.self)
    if guest.condition.state == .working, let found = guest.foundState, found != "running" {
      parts.append(found)
    }
    return parts.joined(separator: ", ")
  }
}
