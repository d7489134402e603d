// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

/// A part of a report that is a table; what is empty is not shown.
struct ReportTable {
  let title: String
  let heads: [String]
  let rows: [[String]]

  /// The tables of a record, in the order in which they are read.
  static func all(of record: IncidentRecord) -> [ReportTable] {
    [tiers(record), moves(record), alerts(record), messages(record), events(record)]
      .filter { !$0.rows.isEmpty }
  }

  private static func tiers(_ record: IncidentRecord) -> ReportTable {
    let until = record.until ?? .distantFuture
    return ReportTable(
      title: "Redundancy",
      heads: ["tier", "members", "needed", "fewest at work", "not whole for", "too few for"],
      rows: record.tiers.map { tier in
        func time(below count: Int?) -> String {
          guard let count else { return "?" }
          return SpanWords.exact(
            tier.steps.seconds(until: until) { $0.map { $0 < Double(count) } == true }
          )
        }
        return [
          tier.name, Amounts.whole(tier.declared), Amounts.whole(tier.needed),
          Amounts.whole(tier.fewest), time(below: tier.declared), time(below: tier.needed),
        ]
      }
    )
  }

  private static func moves(_ record: IncidentRecord) -> ReportTable {
    ReportTable(
      title: "Fail-overs of the floating IP",
      heads: ["when", "tier", "from", "to", "why", "nobody had it for"],
      rows: record.moves.map { move in
        [
          move.time?.fullText ?? "?", move.tier, move.from ?? "?", move.to ?? "?",
          move.cause ?? "?", move.gapSeconds.map(SpanWords.exact) ?? "?",
        ]
      }
    )
  }

  private static func alerts(_ record: IncidentRecord) -> ReportTable {
    ReportTable(
      title: "Alerts",
      heads: ["alert", "about", "severity", "from", "until", "for"],
      rows: record.alerts.map { alert in
        let lasted = alert.begin.flatMap { begin in alert.end.map { ($0 - begin).inSeconds } }
        return [
          alert.name, alert.object, alert.severity, alert.begin?.fullText ?? "before",
          end(of: alert), lasted.map(SpanWords.exact) ?? "",
        ]
      }
    )
  }

  private static func end(of alert: AlertSpan) -> String {
    if let known = alert.end { return known.fullText }
    return alert.unknownSince.map { "not known after \($0.fullText)" } ?? "fires still"
  }

  private static func messages(_ record: IncidentRecord) -> ReportTable {
    ReportTable(
      title: "Who was told",
      heads: ["decided", "ended", "receiver", "about", "why", "outcome", "answer"],
      rows: record.messages.map { message in
        let tries = message.failedTries > 0 ? " after \(message.failedTries) failed tries" : ""
        return [
          message.decidedAt?.fullText ?? "?", message.endedAt?.fullText ?? "", message.receiver,
          message.about, message.reason,
          message.outcome.rawValue.replacing("_", with: " ") + tries, message.answer,
        ]
      }
    )
  }

  private static func events(_ record: IncidentRecord) -> ReportTable {
    ReportTable(
      title: "What happened",
      heads: ["when", "level", "kind", "what", "happened"],
      rows: record.events.map { event in
        [
          event.time?.fullText ?? "?", event.level.word, event.kind.rawValue, event.object,
          event.words,
        ]
      }
    )
  }
}

extension IncidentRecord {
  /// The first line of a report.
  var heading: String { "Incident report: \(cluster)" }

  /// From when until when.
  var period: String {
    guard let since, let until else { return "" }
    return "\(since.fullText) to \(until.fullText), \(SpanWords.exact((until - since).inSeconds))"
  }
}
