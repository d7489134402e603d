// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

/// Values of the past as bars.
struct Graph {
  let name: String
  /// Of the past minutes.
  let values: [Double?]
  /// The value of a full bar; nil takes the greatest.
  var top: Double?
  /// What has the values of longer spans, in PromQL.
  var query: String?
  let text: (Double?) -> String
}

/// One thing by itself: facts, the past minutes, what it stands on and what is told of it.
struct Detail {
  var title = ""
  var level = Level.unknown
  var word = ""
  /// Names and values; an empty value is left out.
  var facts: [(name: String, value: String)] = []
  var graphs: [Graph] = []
  /// Sentences.
  var words: [String] = []
  /// What its alerts and changes are found by.
  var names: Set<String> = []
  var alerts: [AlertRow] = []
  var changes: [ChangeRow] = []
  var deviations: [DeviationRow] = []

  /// The detail of what a row's key names; nil when it is gone.
  init?(_ key: String, in tables: Tables) {
    let kind = key.prefix { $0 != "/" }
    let name = String(key.dropFirst(kind.count + 1))
    let snapshot = tables.snapshot
    let now = tables.now
    switch kind {
    case "node":
      guard let row = snapshot.nodes.first(where: { $0.name == name }) else { return nil }
      describe(row, snapshot, now)
    case "guest":
      guard let row = snapshot.guests.first(where: { $0.id == name }) else { return nil }
      describe(row, snapshot, now)
    case "member":
      let member = String(name.prefix { $0 != "/" })
      guard describeMember(member, snapshot, now) else { return nil }
    case "tier":
      guard let row = snapshot.tiers.first(where: { $0.name == name }) else { return nil }
      describe(row, now)
    case "backup":
      guard let row = snapshot.backups.first(where: { $0.id == name }) else { return nil }
      describe(row, now)
    case "alert":
      guard let row = snapshot.alerts.first(where: { $0.labels.joined(separator: ",") == name })
      else { return nil }
      describe(row, tables)
    case "change":
      guard let row = tables.events.rows.first(where: { $0.key == key }) else { return nil }
      title = row.entries[0].text
      (level, word) = (row.level, row.state)
      fact("when", "\(row.entries[3].text) UTC, \(row.entries[2].text) ago")
      words = [row.entries[4].text]
      names = [title]
    default: return nil
    }
    alerts = alerts.isEmpty ? snapshot.alerts.filter { isAbout($0.object) } : alerts
    changes = snapshot.changes.filter { isAbout($0.object) }
    deviations = snapshot.deviations.filter { isAbout($0.object) }
  }

  private func isAbout(_ object: String?) -> Bool {
    guard let object else { return false }
    if names.contains(object) { return true }
    // A kind stands before the name.
    return object.split(separator: " ", maxSplits: 1).last.map { names.contains(String($0)) }
      ?? false
  }

  mutating func fact(_ name: String, _ value: String?) {
    guard let value, !value.isEmpty else { return }
    facts.append((name, value))
  }

  mutating func state(_ condition: Condition, _ now: Timestamp) {
    (level, word) = (condition.level, condition.word)
    if let since = condition.since {
      fact("since", Tables.moment(since, at: now))
    }
    fact("note", condition.note)
    if let age = condition.ageSeconds { fact("asked", "\(Amounts.span(age)) ago") }
  }

  mutating func usage(_ name: String, _ used: Double?, of size: Double?) {
    guard used != nil || size != nil else { return }
    let ratio = used.flatMap { used in size.flatMap { $0 > 0 ? used / $0 : nil } }
    fact(name, "\(Amounts.percent(ratio)), \(Amounts.bytes(used)) of \(Amounts.bytes(size))")
  }
}
