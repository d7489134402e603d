// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

extension Level {
  /// The class of a style.
  var styleClass: String {
    switch self {
    case .ok: "ok"
    case .info: "info"
    case .held: "held"
    case .maintenance: "maintenance"
    case .unknown: "unknown"
    case .warning: "warning"
    case .critical: "critical"
    }
  }

  /// A sign that is told apart by its shape.
  var sign: String {
    switch self {
    case .ok: "●"
    case .info: "i"
    case .held: "~"
    case .maintenance: "M"
    case .unknown: "?"
    case .warning: "▲"
    case .critical: "■"
    }
  }
}

extension Markup {
  /// A state as a sign, a word and a colour.
  mutating func badge(_ level: Level, _ word: String) {
    element("span", ("class", "badge \(level.styleClass)")) { badge in
      badge.element("span", ("class", "sign"), ("aria-hidden", "true"), text: level.sign)
      badge.text(" \(word)")
    }
  }

  /// How long ago something was; the script of the page counts on.
  mutating func age(of time: Timestamp?, at now: Timestamp?) {
    guard let time else { return text(Amounts.unknown) }
    element(
      "time",
      ("datetime", time.rfc3339Text),
      ("title", time.rfc3339Text),
      ("data-age", ""),
      text: Amounts.age(of: time, at: now)
    )
  }

  /// A time of day; the script of the page shows it in the reader's zone.
  mutating func clock(_ time: Timestamp?) {
    guard let time else { return text(Amounts.unknown) }
    let civil = CivilTime(time)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
    element(
      "time",
      ("datetime", time.rfc3339Text),
      ("title", time.rfc3339Text),
      ("data-clock", ""),
      text: "\(two(civil.hour)):\(two(civil.minute)) UTC"
    )
  }

  /// Values of the past as a line; nothing where there are fewer than two.
  mutating func trend(_ values: [Double?], top: Double?, name: String) {
    let known = values.compactMap(\.self)
    guard known.count > 1 else { return }
    let greatest = max(top ?? 0, known.max() ?? 0)
    guard greatest > 0 else { return }
    let step = 80 / Double(max(1, values.count - 1))
    element(
      "svg",
      ("class", "trend"),
      ("viewBox", "0 0 80 20"),
      ("width", "80"),
      ("height", "20"),
      ("role", "img"),
      ("aria-label", name)
    ) { svg in
      for run in Self.runs(values) {
        let points = run.map { index, value in
          let height = 19 - 18 * min(1, max(0, value / greatest))
          return "\(Self.tenth(Double(index) * step)),\(Self.tenth(height))"
        }
        svg.element(
          "polyline",
          ("points", points.joined(separator: " ")),
          ("fill", "none"),
          text: ""
        )
      }
    }
  }

  /// Values without a gap between them, each with its place.
  private static func runs(_ values: [Double?]) -> [[(Int, Double)]] {
    var runs: [[(Int, Double)]] = [[]]
    for (index, value) in values.enumerated() {
      if let value {
        runs[runs.count - 1].append((index, value))
      } else if runs.last?.isEmpty == false {
        runs.append([])
      }
    }
    return runs.filter { !$0.isEmpty }
  }

  static func tenth(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}
