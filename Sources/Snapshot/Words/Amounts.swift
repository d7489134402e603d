// SPDX-License-Identifier: MIT
package import MetricModel

/// Numbers as people read them, each at most five cells wide so that columns stand still.
///
/// What nobody knows is `?`, never 0 or blank.
package enum Amounts {
  /// What nobody knows.
  package static let unknown = "?"

  /// A ratio in percent.
  package static func percent(_ ratio: Double?) -> String {
    guard let ratio, ratio.isFinite else { return unknown }
    let percent = (ratio * 100).rounded()
    return percent > 999 ? ">999" : "\(Int(max(0, percent)))%"
  }

  /// A span: `4s`, `4m`, `3h12`, `12d`.
  package static func span(_ seconds: Double?) -> String {
    guard let seconds, seconds.isFinite else { return unknown }
    let whole = Int(max(0, min(seconds, 3e9)))
    switch whole {
    case ..<60: return "\(whole)s"
    case ..<3_600: return "\(whole / 60)m"
    case ..<86_400:
      let minutes = whole % 3_600 / 60
      return "\(whole / 3_600)h\(minutes < 10 ? "0" : "")\(minutes)"
    default: return "\(whole / 86_400)d"
    }
  }

  /// A short span: `12ms`, `1.2s`, then as ``span(_:)``.
  package static func latency(_ seconds: Double?) -> String {
    guard let seconds, seconds.isFinite, seconds >= 0 else { return unknown }
    if seconds < 0.000_95 { return "<1ms" }
    if seconds < 0.999_5 { return "\(Int((seconds * 1_000).rounded()))ms" }
    if seconds < 9.95 { return "\(oneDigit(seconds))s" }
    return span(seconds)
  }

  /// Bytes in powers of 1,024: `880M`, `1.2G`.
  package static func bytes(_ bytes: Double?) -> String {
    scaled(bytes, by: 1_024, ["B", "K", "M", "G", "T", "P"])
  }

  /// A count or rate: `7`, `0.3`, `1.2k`.
  package static func count(_ value: Double?) -> String {
    guard let value, value.isFinite else { return unknown }
    if value.magnitude < 999.5, value != value.rounded() {
      return value.magnitude < 9.95 ? oneDigit(value) : "\(Int(value.rounded()))"
    }
    return scaled(value, by: 1_000, ["", "k", "M", "G", "T"])
  }

  /// A whole number.
  package static func whole(_ value: Int?) -> String { value.map { String($0) } ?? unknown }

  /// How long ago a time was.
  package static func age(of time: Timestamp?, at now: Timestamp?) -> String {
    guard let time, let now else { return unknown }
    return span((now - time).inSeconds)
  }

  private static func scaled(_ value: Double?, by step: Double, _ units: [String]) -> String {
    guard var value, value.isFinite else { return unknown }
    var unit = 0
    while value.magnitude >= step - 0.5, unit < units.count - 1 {
      value /= step
      unit += 1
    }
    let isShort = unit == 0 || value.magnitude >= 9.95
    let digits = isShort ? "\(Int(max(-1e9, min(1e9, value.rounded()))))" : oneDigit(value)
    return digits + units[unit]
  }

  private static func oneDigit(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    return "\(sign)\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
  }
}
