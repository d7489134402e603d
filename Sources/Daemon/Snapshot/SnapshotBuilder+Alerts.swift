// SPDX-License-Identifier: MIT
import HTTPAPI
import MetricModel
import Notifying
import Rules
import Snapshot
import Topology

/// What people and programs said of an alert.
struct AlertNote {
  /// Who acknowledged it.
  var acknowledgedBy: String?
  /// Why nobody is told of it, though it is its own cause.
  var quiet: String?
  /// Who posted it.
  var postedBy: String?
  /// How it flaps.
  var flapping: FlapPart?

  /// Takes what matters for a view out of an alert's report; nil when there is nothing.
  init?(_ report: AlertReport, silences: [String: Silence]) {
    acknowledgedBy = report.explanation?.acknowledgement?.by
    postedBy = report.postedBy
    flapping = report.explanation?.flapping.map(FlapPart.init)
    let reasons = report.explanation?.quiet ?? QuietReasons()
    if let silence = reasons.silences.lazy.compactMap({ silences[$0] }).first {
      quiet = "silenced by \(silence.createdBy): \(silence.comment)"
    } else if let words = reasons.maintenance.first {
      quiet = words
    } else if let inhibitor = reasons.inhibitors.first {
      quiet = "inhibited by the rule \(inhibitor.rule)"
    }
    if acknowledgedBy == nil, quiet == nil, postedBy == nil, flapping == nil { return nil }
  }
}

extension FlapPart {
  fileprivate init(_ report: FlapReport) {
    self.init()
    since = report.since
    changes = report.changes
    firingRatio = report.firingShare.ratioRounded
    isFiring = report.isFiring
    calmAt = report.calmAt
  }
}

extension SnapshotBuilder {
  /// The alerts, the most urgent first, of equal ones the newest.
  var alertRows: [AlertRow] {
    var held: [LabelSet: Int] = [:]
    for standing in standings.values {
      if case .held(let cause) = standing { held[cause, default: 0] += 1 }
    }
    let rows = alerts.map { alert in
      let standing = standings[alert.labels] ?? .own
      var row = AlertRow()
      row.name = alert.labels["alertname"] ?? ""
      let note = notes[alert.labels]
      row.level = standing.isShown && note?.quiet == nil ? alert.level : .held
      row.fingerprint = alert.fingerprint
      row.acknowledgedBy = note?.acknowledgedBy
      row.quiet = standing.isShown ? note?.quiet : nil
      row.postedBy = note?.postedBy
      row.flapping = note?.flapping
      row.severity = alert.labels["severity"] ?? ""
      row.object =
        assessment.component(of: alert.labels).map { assessment.title(of: $0) }
        ?? alert.objectWords
      row.since = alert.startsAt
      row.standing = standing.kind
      switch standing {
      case .held(let cause), .joined(let cause):
        row.cause = "\(cause["alertname"] ?? "another alert") \(title(of: cause))"
      case .own, .asking, .recovering: break
      }
      row.holdsBack = held[alert.labels] ?? 0
      row.isUnknown = alert.isUnknown
      row.summary = alert.summary
      row.value = alert.value
      row.runbook = alert.annotations.first { $0.name == "runbook_url" }?.value
      row.labels = alert.labels.map { "\($0.name)=\($0.value)" }
      return row
    }
    return rows.sorted { left, right in
      if left.level != right.level { return left.level > right.level }
      if left.since != right.since { return (left.since ?? now) > (right.since ?? now) }
      return (left.name, left.object ?? "") < (right.name, right.object ?? "")
    }
  }

  private func title(of labels: LabelSet) -> String {
    assessment.component(of: labels).map { assessment.title(of: $0) } ?? ""
  }

  func counts(of alerts: [AlertRow]) -> AlertCounts {
    var counts = AlertCounts()
    for alert in alerts {
      switch alert.level {
      case .critical: counts.critical += 1
      case .warning, .unknown, .maintenance: counts.warning += 1
      case .info, .ok: counts.info += 1
      case .held: counts.held += 1
      }
      if alert.isUnknown == true { counts.unknown += 1 }
    }
    return counts
  }

  /// The whole in one word and one sentence: first what users feel, then what more may fail.
  func verdict(of snapshot: ClusterSnapshot) -> VerdictPart {
    var verdict = VerdictPart()
    verdict.failuresTolerated = assessment.failuresTolerated
    let works = Self.works(snapshot)
    let situation = assessment.situationWords()
    verdict.situation = works.level == .ok ? Self.besideEntries(situation) : situation
    let shortages = snapshot.tiers.filter { $0.working < $0.declared }
    let brittle = shortages.filter { $0.failuresTolerated == 0 }
    var level = works.level
    var words = works.words
    if works.level == .ok {
      let alerts = snapshot.alertCounts ?? AlertCounts()
      if !brittle.isEmpty {
        words += ", no spare left: " + Self.counts(brittle)
      } else if !shortages.isEmpty {
        words += ", redundancy reduced: " + Self.counts(shortages)
      }
      if !shortages.isEmpty { level = .warning }
      if alerts.critical > 0 {
        level = .critical
      } else if alerts.warning > 0 {
        level = max(level, .warning)
      }
      // What redundancy does not tell is told by the most urgent alert.
      if alerts.critical > 0 || shortages.isEmpty,
        let summary = snapshot.alerts.first(where: { $0.level >= .warning })?.summary
      {
        words += ". " + (summary.hasSuffix(".") ? String(summary.dropLast()) : summary)
      }
      if let quorum = snapshot.quorum, quorum.condition.state != .working {
        level = max(level, quorum.condition.state == .failed ? .critical : .unknown)
        words += quorum.condition.state == .failed ? "; no quorum" : "; quorum unknown"
      }
      if level == .ok { words = "All good: " + words.prefix(1).lowercased() + words.dropFirst() }
    }
    verdict.level = level
    verdict.words = words
    return verdict
  }

  /// A situation without its first clause when that says that entries work: the verdict says it too.
  private static func besideEntries(_ words: String) -> String {
    guard let end = words.firstRange(of: "; ") else { return words }
    let first = words[..<end.lowerBound]
    guard first.hasSuffix(" works") || first.hasSuffix(" entries work") else { return words }
    let rest = words[end.upperBound...]
    return rest.prefix(1).uppercased() + rest.dropFirst()
  }

  private static func counts(_ tiers: [TierRow]) -> String {
    tiers.prefix(3).map { "\($0.name) \($0.working)/\($0.declared)" }.joined(separator: ", ")
  }

  private static func works(_ snapshot: ClusterSnapshot) -> (level: Level, words: String) {
    let parts =
      snapshot.entries.isEmpty
      ? snapshot.tiers.map { ("Tier \($0.name)", $0.condition) }
      : snapshot.entries.map { (($0.name == "site" ? "Site" : $0.name), $0.condition) }
    let failed = parts.filter { $0.1.state == .failed }.map(\.0)
    let unknown = parts.filter { $0.1.state == .unknown }.map(\.0)
    if let name = failed.first {
      return (
        .critical,
        failed.count == 1
          ? "\(name) is down"
          : "\(failed.count) of \(parts.count) are down: \(failed.prefix(3).joined(separator: ", "))"
      )
    }
    let down = snapshot.tiers.filter { $0.condition.state == .failed }
    // The one that takes others with it is what has to be mended.
    if let first = down.first(where: { $0.condition.level != .held }) ?? down.first {
      let others = down.filter { $0.name != first.name }.map(\.name)
      let rest = others.isEmpty ? "" : ", and with it \(others.prefix(3).joined(separator: ", "))"
      return (.critical, "Tier \(first.name) is down\(rest)")
    }
    if let name = unknown.first { return (.unknown, "Whether \(name) works is unknown") }
    guard let name = parts.first?.0 else {
      let lost = snapshot.nodes.count { $0.condition.state == .failed }
      if lost > 0 { return (.critical, "\(lost) of \(snapshot.nodes.count) nodes are down") }
      return snapshot.nodes.isEmpty
        ? (.unknown, "Nothing is declared that could fail") : (.ok, "All nodes work")
    }
    return (.ok, parts.count == 1 ? "\(name) works" : "Everything works")
  }
}
