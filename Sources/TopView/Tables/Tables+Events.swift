// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

extension Tables {
  var backups: Table {
    let columns = [
      Self.name, Self.state,
      Column(title: "ID", width: .fitting(3, most: 10), priority: 4, name: "id"),
      Column(title: "NEWEST", width: .fixed(6), priority: 8, isNumber: true, name: "age"),
      Column(title: "SIZE", width: .fixed(5), priority: 6, isNumber: true, name: "size"),
      Column(title: "KEPT", width: .fixed(5), priority: 6, isNumber: true, name: "kept"),
      Column(title: "TOOK", width: .fixed(5), priority: 5, isNumber: true, name: "took"),
      Column(title: "NEXT", width: .fixed(8), priority: 5, isNumber: true, name: "next"),
      Column(title: "STORAGE", width: .fitting(7, most: 14), priority: 3, name: "storage"),
      Self.note,
    ]
    let rows = snapshot.backups.map { one in
      let age = one.newestAt.map { (now - $0).inSeconds }
      let next = one.nextAt.map { ($0 - now).inSeconds }
      return Row(
        key: "backup/\(one.id)",
        level: one.level,
        state: one.level.word,
        entries: [
          .word(one.name), stateEntry(one.level, one.level.word), .word(one.id), span(age),
          .amount(Amounts.bytes(one.sizeBytes), one.sizeBytes), kept(one),
          span(one.durationSeconds),
          next.map { .amount($0 < 0 ? "due" : "in \(Amounts.span($0))", $0) } ?? .none,
          one.storage.map { .word($0) } ?? .none, .word(one.note ?? ""),
        ],
        facets: facets([("id", one.id), ("storage", one.storage ?? ""), ("state", one.level.word)])
      )
    }
    return Table(columns: columns, rows: rows, emptyWords: "no backups are declared or found")
  }

  private func kept(_ one: BackupRow) -> Entry {
    guard let archives = one.archives else { return .amount(Amounts.unknown, nil) }
    let declared = one.archivesDeclared.map { "/\($0)" } ?? ""
    return .amount("\(archives)\(declared)", Double(archives))
  }

  var alerts: Table {
    let columns = [
      Column(title: "ALERT", width: .fitting(8, most: 26), priority: 9), Self.state,
      Column(title: "ABOUT", width: .fitting(6, most: 24), priority: 8, name: "about"),
      Column(title: "AGE", width: .fixed(5), priority: 8, isNumber: true, name: "age"),
      Column(title: "TOLD", width: .fixed(7), priority: 5, name: "told"),
      Column(title: "WHAT", width: .rest(16), priority: 7),
    ]
    let rows = snapshot.alerts.map { alert in
      let age = alert.since.map { (now - $0).inSeconds }
      let word = alert.isUnknown == true ? "UNKN" : alert.level.word
      return Row(
        key: "alert/\(alert.labels.joined(separator: ","))",
        level: alert.level,
        state: word,
        entries: [
          .word(alert.name), stateEntry(alert.level, word), .word(alert.object ?? ""), span(age),
          .word(told(alert)), .word(what(alert)),
        ],
        facets: [("severity", alert.severity), ("about", alert.object ?? ""), ("state", word)]
      )
    }
    return Table(columns: columns, rows: rows, emptyWords: "no alert fires")
  }

  func what(_ alert: AlertRow) -> String {
    var words = alert.summary ?? ""
    if let flapping = alert.flapping { words += " (\(flapping.briefWords(at: now)))" }
    if alert.holdsBack > 0 { words += " (holds back \(alert.holdsBack))" }
    if let cause = alert.cause {
      let told = alert.standing == "held" ? "held by \(cause)" : "told with \(cause)"
      words = words.isEmpty ? told : "\(words) (\(told))"
    }
    return words
  }

  private func told(_ alert: AlertRow) -> String {
    switch alert.standing {
    case "own" where alert.flapping != nil: "flaps"
    case "own": "told"
    case "held": "held"
    case "joined": "joined"
    case "asking": "asking"
    case "recovering": "ending"
    default: alert.standing
    }
  }

  var events: Table {
    let columns = [
      Column(title: "ABOUT", width: .fitting(8, most: 24), priority: 9), Self.state,
      Column(title: "AGO", width: .fixed(5), priority: 8, isNumber: true, name: "age"),
      Column(title: "UTC", width: .fixed(8), priority: 6),
      Column(title: "WHAT", width: .rest(16), priority: 8),
    ]
    let rows = snapshot.changes.enumerated().map { index, change in
      let age = change.time.map { (now - $0).inSeconds }
      // Counted from the oldest, so that a new one changes no other's key.
      let number = snapshot.changes.count - index
      return Row(
        key: "change/\(change.time?.unixMilliseconds ?? 0)/\(change.object ?? "")/\(number)",
        level: change.level,
        state: change.level.word,
        entries: [
          .word(change.object ?? ""), stateEntry(change.level, change.level.word), span(age),
          .word(change.time.map(Self.clock)), .word(change.words),
        ],
        facets: [("state", change.level.word), ("about", change.object ?? "")]
      )
    }
    return Table(
      columns: columns,
      rows: rows,
      emptyWords: "nothing has changed since hvsmon started"
    )
  }

  /// When something was, in UTC, with its day when that is another one, and how long ago.
  static func moment(_ time: Timestamp, at now: Timestamp) -> String {
    let day = time.rfc3339Text.prefix(10)
    let isToday = day == now.rfc3339Text.prefix(10)
    return "\(isToday ? "" : "\(day) ")\(clock(time)) UTC, \(Amounts.age(of: time, at: now)) ago"
  }

  /// The time of day in UTC.
  static func clock(_ time: Timestamp) -> String {
    let civil = CivilTime(time)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
    return [civil.hour, civil.minute, civil.second].map(two).joined(separator: ":")
  }
}
