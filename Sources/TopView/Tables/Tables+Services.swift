// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

extension Tables {
  var balancers: Table {
    let columns = [
      Self.name, Self.state, Self.node,
      Column(title: "VRRP", width: .fixed(7), priority: 8, name: "vrrp"),
      Column(title: "VIP", width: .fixed(3), priority: 8, name: "vip"),
      Column(title: "PRIO", width: .fixed(7), priority: 5, isNumber: true, name: "prio"),
      Column(title: "REQ/S", width: .fixed(5), priority: 6, isNumber: true, name: "req"),
      Self.trend(3),
      Column(title: "CONN", width: .fixed(5), priority: 5, isNumber: true, name: "conn"),
      Column(title: "CERT", width: .fixed(5), priority: 6, isNumber: true, name: "cert"),
      Self.note,
    ]
    let rows = snapshot.loadBalancers.map { one in
      Row(
        key: "member/\(one.name)",
        level: one.condition.level,
        state: one.condition.word,
        entries: [
          .word(one.name), stateEntry(one.condition.level, one.condition.word), .word(one.node),
          one.hasFloatingAddress == nil
            ? .none : .word(one.vrrpState, style: style(ofMaster: one)),
          one.hasFloatingAddress.map { $0 ? .word("VIP", style: Style(bold: true)) : .none }
            ?? .none,
          priority(one), .amount(Amounts.count(one.requestsPerSecond), one.requestsPerSecond),
          trend(one.requestTrend, top: nil),
          .amount(Amounts.count(one.connections), one.connections),
          certificate(one), .word(note(one)),
        ],
        facets: facets(one.condition, one.node, one.tier)
      )
    }
    var table = Table(columns: columns, rows: rows, emptyWords: "no load balancers are watched")
    table.preface = snapshot.floatingAddresses.map(preface)
    return table
  }

  /// One master stands out, two are what is wrong.
  private func style(ofMaster one: BalancerRow) -> Style {
    guard one.vrrpState == "MASTER" else { return Style() }
    let holders = snapshot.floatingAddresses.first { $0.tier == one.tier }?.holders.count ?? 1
    return Style(holders > 1 ? .critical : .plain, bold: true)
  }

  private func preface(_ address: FloatingAddressRow) -> (String, Style) {
    let level = address.condition.level
    let holders = address.holders.isEmpty ? "nobody" : address.holders.joined(separator: " and ")
    var words = "\(glyphs.sign(level)) floating IP of \(address.tier): \(holders)"
    if level != .ok, let note = address.condition.note { words += " (\(note))" }
    if let moved = address.movedAt {
      words += ", moved \(Amounts.age(of: moved, at: now)) ago"
      if let gap = address.gapSeconds { words += " within \(Amounts.latency(gap))" }
    }
    return (words, Style(Ink(level), bold: level >= .warning))
  }

  private func priority(_ one: BalancerRow) -> Entry {
    guard one.declaredPriority != nil || one.priority != nil else { return .none }
    guard let priority = one.priority else {
      return .amount(Amounts.unknown, nil)
    }
    let isOff = one.declaredPriority.map { $0 != priority } ?? false
    let text = isOff ? "\(priority)/\(Amounts.whole(one.declaredPriority))" : "\(priority)"
    return .amount(text, Double(priority), style: isOff ? Style(.warning) : Style())
  }

  private func certificate(_ one: BalancerRow) -> Entry {
    guard let expiry = one.certificateExpiry else { return .none }
    let seconds = (expiry - now).inSeconds
    let isSoon = seconds < 14 * 86_400
    let text = seconds < 0 ? "over" : Amounts.span(seconds)
    return .amount(text, seconds, style: isSoon ? Style(.warning, bold: true) : Style())
  }

  private func note(_ one: BalancerRow) -> String {
    var parts = [one.condition.note].compactMap(\.self)
    if one.configDiffers == true { parts.append("its nginx configuration differs") }
    return parts.joined(separator: ", ")
  }

  func facets(_ condition: Condition, _ node: String?, _ tier: String) -> [(String, String)] {
    [("node", node ?? ""), ("tier", tier), ("state", condition.word)]
  }

  var apps: Table {
    let columns = [
      Self.name, Self.state, Self.node,
      Column(title: "PROCESS", width: .fitting(7, most: 16), priority: 6, name: "process"),
      Column(title: "PM2", width: .fitting(6, most: 10), priority: 7, name: "pm2"),
      Column(title: "RST", width: .fixed(4), priority: 6, isNumber: true, name: "rst"),
      Self.cpu,
      Column(title: "MEM", width: .fixed(5), priority: 6, isNumber: true, name: "mem"),
      Column(title: "HTTP", width: .fixed(4), priority: 7, isNumber: true, name: "http"),
      Column(title: "TIME", width: .fixed(5), priority: 6, isNumber: true, name: "time"),
      Self.trend(3), Self.uptime,
      Column(title: "BUILD", width: .fixed(8), priority: 1, name: "build"), Self.note,
    ]
    let rows = snapshot.apps.flatMap { app in
      app.processes.isEmpty
        ? [row(app, nil)] : app.processes.map { row(app, $0) }
    }
    return Table(columns: columns, rows: rows, emptyWords: "no apps are watched")
  }

  private func row(_ app: AppRow, _ process: ProcessRow?) -> Row {
    let level = max(app.condition.level, process?.level ?? .ok)
    let word = level == app.condition.level ? app.condition.word : level.word
    let status = app.httpStatus.map { $0 == 0 ? "none" : String($0) }
    let isGood = app.httpStatus.map { (200..<400).contains($0) } ?? true
    return Row(
      key: process.map { "member/\(app.name)/\($0.name)/\($0.id)" } ?? "member/\(app.name)",
      level: level,
      state: word,
      entries: [
        .word(app.name), stateEntry(level, word), .word(app.node),
        process.map { .word($0.name) } ?? .none,
        process.map { one in
          .word(one.state, style: one.level >= .warning ? Style(Ink(one.level)) : Style())
        } ?? .none,
        process.map { .amount(Amounts.count($0.restarts), $0.restarts) } ?? .none,
        process.map { percent($0.cpuRatio) } ?? .none,
        process.map { .amount(Amounts.bytes($0.memoryBytes), $0.memoryBytes) } ?? .none,
        .amount(
          status ?? Amounts.unknown,
          app.httpStatus.map(Double.init),
          style: isGood ? Style() : Style(.critical)
        ),
        .amount(Amounts.latency(app.durationSeconds), app.durationSeconds.map { $0 * 1_000 }),
        trend(app.durationTrend, top: nil),
        process.map { one in
          let seconds = one.startedAt.map { (now - $0).inSeconds }
          return .amount(Amounts.span(seconds), seconds)
        } ?? .none,
        process.map { .word($0.build) } ?? .none, .word(app.condition.note ?? ""),
      ],
      facets: facets(app.condition, app.node, app.tier) + [("process", process?.name ?? "")]
    )
  }

  var databases: Table {
    let columns = [
      Self.name, Self.state, Self.node,
      Column(title: "ROLE", width: .fixed(10), priority: 8, name: "role"),
      Column(title: "LAG", width: .fixed(5), priority: 8, isNumber: true, name: "lag"),
      Self.trend(3),
      Column(title: "OPLOG", width: .fixed(5), priority: 6, isNumber: true, name: "oplog"),
      Column(title: "OPS/S", width: .fixed(5), priority: 5, isNumber: true, name: "ops"),
      Column(title: "CONN", width: .fixed(5), priority: 5, isNumber: true, name: "conn"),
      Column(title: "CACHE", width: .fixed(5), priority: 4, isNumber: true, name: "cache"),
      Self.uptime, Column(title: "VERSION", width: .fixed(8), priority: 1, name: "version"),
      Self.note,
    ]
    let rows = snapshot.databases.map { one in
      Row(
        key: "member/\(one.name)",
        level: one.condition.level,
        state: one.condition.word,
        entries: [
          .word(one.name), stateEntry(one.condition.level, one.condition.word), .word(one.node),
          .word(one.role, style: Style(bold: one.role == "PRIMARY")),
          .amount(Amounts.span(one.lagSeconds), one.lagSeconds), trend(one.lagTrend, top: nil),
          span(one.oplogWindowSeconds),
          .amount(Amounts.count(one.operationsPerSecond), one.operationsPerSecond),
          .amount(Amounts.count(one.connections), one.connections), percent(one.cacheRatio),
          span(one.uptimeSeconds), .word(one.version), .word(one.condition.note ?? ""),
        ],
        facets: facets(one.condition, one.node, one.tier) + [("role", one.role ?? "")]
      )
    }
    var table = Table(columns: columns, rows: rows, emptyWords: "no replica sets are watched")
    table.preface = snapshot.tiers.compactMap { tier in
      guard let name = tier.replicaSet else { return nil }
      if let count = tier.primaries, count > 1 {
        return (
          "\(glyphs.sign(.critical)) \(name): \(count) primaries", Style(.critical, bold: true)
        )
      }
      if tier.primaries == 0 {
        return (
          "\(glyphs.sign(.critical)) \(name): no primary, nothing can be written",
          Style(.critical, bold: true)
        )
      }
      guard let primary = tier.primary else {
        return (
          "\(glyphs.sign(.warning)) \(name): no primary that is known", Style(.warning, bold: true)
        )
      }
      let level = Level.ok
      return ("\(glyphs.sign(level)) \(name): \(primary) is primary", Style(Ink(level)))
    }
    return table
  }
}
