// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

/// The graphs of a report, all on the same axis of time.
struct ReportGraphs {
  /// Alerts that are drawn; of more the first.
  private static let alertsMax = 30
  private static let left = 150.0
  private static let width = 720.0
  private static let rowHeight = 16.0
  private static let plotHeight = 48.0

  private let record: IncidentRecord
  private let curves: [ReportCurve]
  private let since: Timestamp
  private let until: Timestamp

  /// Nil when the record has no length.
  init?(_ record: IncidentRecord, curves: [ReportCurve]) {
    guard let since = record.since, let until = record.until, until > since else { return nil }
    self.record = record
    self.curves = curves.filter { $0.points.count > 1 }
    self.since = since
    self.until = until
  }

  func write(to html: inout HTMLText) {
    html.raw("<h2>On one axis</h2>")
    let alerts = record.alerts.prefix(Self.alertsMax)
    if !alerts.isEmpty {
      let height = Double(alerts.count) * Self.rowHeight
      picture("when each alert fired", height: height, to: &html) { html in
        for (index, alert) in alerts.enumerated() {
          bar(alert, top: Double(index) * Self.rowHeight, to: &html)
        }
      }
    }
    for tier in record.tiers where !tier.steps.isEmpty {
      let known = tier.steps.compactMap(\.value).filter(\.isFinite)
      let most = max(Double(tier.declared ?? 1), known.max() ?? 1, 1)
      picture("members of \(tier.name) that work", height: Self.plotHeight, to: &html) { html in
        label("\(tier.name) (of \(Amounts.count(most)))", at: 14, to: &html)
        if let needed = tier.needed { limit(Double(needed), of: most, to: &html) }
        path(stairs(tier.steps), most: most, to: &html)
      }
    }
    for curve in curves {
      let values = curve.points.filter { !$0.isStalenessMarker && $0.value.isFinite }
      let most = max(values.map(\.value).max() ?? 0, 1e-9)
      picture("time of an answer of \(curve.name)", height: Self.plotHeight, to: &html) { html in
        label("\(curve.name) (to \(Amounts.latency(most)))", at: 14, to: &html)
        path(values.map { ($0.timestamp, Optional($0.value)) }, most: most, to: &html)
      }
    }
  }

  private func x(_ time: Timestamp) -> Double {
    let share = (time - since).inSeconds / (until - since).inSeconds
    return Self.left + max(0, min(share, 1)) * (Self.width - Self.left - 4)
  }

  private func picture(
    _ title: String,
    height: Double,
    to html: inout HTMLText,
    inside: (inout HTMLText) -> Void
  ) {
    html.raw("<svg role=\"img\" viewBox=\"0 0 ")
    html.number(Self.width)
    html.raw(" ")
    html.number(height + 18)
    html.raw("\"><title>")
    html.text(title)
    html.raw("</title>")
    line("axis", Self.left, height + 2, Self.width - 4, height + 2, to: &html)
    inside(&html)
    let middle = since + .seconds((until - since).inSeconds / 2)
    for (time, place) in [(since, "start"), (middle, "middle"), (until, "end")] {
      html.raw("<text text-anchor=\"")
      html.text(place)
      html.raw("\" x=\"")
      html.number(x(time))
      html.raw("\" y=\"")
      html.number(height + 15)
      html.raw("\">")
      html.text(time.clockText)
      html.raw("</text>")
    }
    html.raw("</svg>\n")
  }

  private func label(_ text: String, at y: Double, to html: inout HTMLText) {
    html.raw("<text x=\"0\" y=\"")
    html.number(y)
    html.raw("\">")
    html.text(text.count > 24 ? "\(text.prefix(23))…" : text)
    html.raw("</text>")
  }

  private func line(
    _ kind: String,
    _ x1: Double,
    _ y1: Double,
    _ x2: Double,
    _ y2: Double,
    to html: inout HTMLText
  ) {
    html.raw("<path class=\"")
    html.text(kind)
    html.raw("\" d=\"M")
    html.number(x1)
    html.raw(" ")
    html.number(y1)
    html.raw("L")
    html.number(x2)
    html.raw(" ")
    html.number(y2)
    html.raw("\"/>")
  }

  private func bar(_ alert: AlertSpan, top: Double, to html: inout HTMLText) {
    label("\(alert.name) \(alert.object)", at: top + 12, to: &html)
    let from = x(alert.begin ?? since)
    html.raw("<rect class=\"")
    html.text(alert.severity == "page" ? "page" : "span")
    html.raw("\" x=\"")
    html.number(from)
    html.raw("\" y=\"")
    html.number(top + 3)
    html.raw("\" width=\"")
    html.number(max(2, x(alert.end ?? alert.unknownSince ?? until) - from))
    html.raw("\" height=\"10\"/>")
  }

  private func limit(_ value: Double, of most: Double, to html: inout HTMLText) {
    let y = Self.height(of: value, most: most)
    line("need", Self.left, y, Self.width - 4, y, to: &html)
  }

  private static func height(of value: Double, most: Double) -> Double {
    plotHeight - value / most * (plotHeight - 6)
  }

  /// Each value holds until the next one.
  private func stairs(_ steps: [CourseStep]) -> [(Timestamp, Double?)] {
    var points: [(Timestamp, Double?)] = []
    for (index, step) in steps.enumerated() {
      guard let time = step.time else { continue }
      let end = index + 1 < steps.count ? steps[index + 1].time ?? until : until
      points += [(time, step.value), (end, step.value)]
    }
    return points
  }

  /// A line that is broken where nobody knows.
  private func path(_ points: [(Timestamp, Double?)], most: Double, to html: inout HTMLText) {
    html.raw("<path class=\"value\" d=\"")
    var isDown = false
    for (time, value) in points {
      guard let value else {
        isDown = false
        continue
      }
      isDown ? html.raw("L") : html.raw("M")
      isDown = true
      html.number(x(time))
      html.raw(" ")
      html.number(Self.height(of: value, most: most))
    }
    html.raw("\"/>")
  }
}
