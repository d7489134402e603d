// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

extension IncidentReader {
  /// Who leads what: floating IPs and replica sets.
  mutating func readRoles() {
    for (tier, course) in subjects("hvsmon_vrrp_last_transition_timestamp_seconds", by: "tier") {
      var last: Double?
      for change in course.changes {
        guard let value = change.value, value != last else { continue }
        last = value
        // What was seen first may be long ago.
        let time = Timestamp(unixSeconds: value)
        guard range.contains(time) else { continue }
        note(moveOf: tier, at: time, seen: change.time)
      }
    }
    for (set, course) in subjects("hvsmon_mongodb_set_election_timestamp_seconds", by: "instance") {
      for news in course.news where news.value > news.before && range.contains(news.time) {
        elections += 1
        let primary = courses("hvsmon_mongodb_set_primary").first {
          $0.labels["instance"] == set && $0.value(at: news.time) == 1
        }
        let words = primary?.labels["member"].map { "elected \($0)" } ?? "elected a primary"
        add(moment(news.value, seen: news.time), .election, .info, set, words)
      }
    }
    for (set, course) in subjects("hvsmon_mongodb_set_primaries", by: "instance") {
      var last: Double?
      for change in course.changes {
        guard let value = change.value else { continue }
        // Programs that are scraped may name any value so; what is no count says nothing.
        guard let count = Int(exactly: value), count >= 0, value != last else { continue }
        if let last, last > 0, count == 0 {
          add(change.time, .election, .warning, set, "has no primary")
        } else if (2...1_000).contains(count) {
          add(change.time, .election, .critical, set, "has \(count) primaries")
        }
        last = value
      }
    }
  }

  private mutating func note(moveOf tier: String, at time: Timestamp, seen: Timestamp) {
    var move = AddressMove()
    move.time = time
    move.tier = OutsideText.clean(tier)
    let info = courses("hvsmon_vrrp_last_transition_info").first {
      $0.labels["tier"] == tier && $0.value(at: seen) == 1
    }
    move.from = info?.labels["from"].map(OutsideText.clean)
    move.to = info?.labels["to"].map(OutsideText.clean)
    move.cause = info?.labels["cause"].map(OutsideText.clean)
    move.gapSeconds =
      courses("hvsmon_vrrp_failover_gap_seconds")
      .first { $0.labels["tier"] == tier }?.value(at: seen)
    moves.append(move)
    add(time, .failover, .warning, tier, move.words)
  }
}

extension AddressMove {
  /// What happened, as words that follow the tier.
  var words: String {
    var text = "the floating IP moved"
    if let from, !from.isEmpty { text += " from \(from)" }
    if let to, !to.isEmpty { text += " to \(to)" }
    if let cause, !cause.isEmpty { text += " (\(cause))" }
    if let gapSeconds { text += ", nobody had it for \(SpanWords.exact(gapSeconds))" }
    return text
  }
}

/// Spans of time in words.
enum SpanWords {
  /// To a tenth of a second below ten seconds, else in at most two units.
  static func exact(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "?" }
    if seconds < 9.95 {
      let tenths = Int((seconds * 10).rounded())
      return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    }
    let whole = Int(min(seconds, 1e9).rounded())
    switch whole {
    case ..<60: return "\(whole) s"
    case ..<3_600: return two(whole / 60, "min", whole % 60, "s")
    case ..<86_400: return two(whole / 3_600, "h", whole % 3_600 / 60, "min")
    default: return two(whole / 86_400, "d", whole % 86_400 / 3_600, "h")
    }
  }

  private static func two(_ first: Int, _ unit: String, _ rest: Int, _ small: String) -> String {
    rest == 0 ? "\(first) \(unit)" : "\(first) \(unit) \(rest) \(small)"
  }
}
