// SPDX-License-Identifier: MIT
import MetricModel

/// Numbers for people, as the `humanize` functions of alert templates write them.
enum HumanText {
  private static let largeUnits = ["k", "M", "G", "T", "P", "E", "Z", "Y"]
  private static let smallUnits = ["m", "u", "n", "p", "f", "a", "z", "y"]

  /// Four digits and a metric prefix: `1.235M`, `1.23m`.
  static func metric(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return NumberText.general(value, 4) }
    var value = value
    var unit = ""
    if abs(value) >= 1 {
      for next in largeUnits where abs(value) >= 1_000 {
        unit = next
        value /= 1_000
      }
    } else {
      for next in smallUnits where abs(value) < 1 {
        unit = next
        value *= 1_000
      }
    }
    return NumberText.general(value, 4) + unit
  }

  /// Four digits and a binary prefix: `2ki`.
  static func binary(_ value: Double) -> String {
    guard abs(value) > 1, value.isFinite else { return NumberText.general(value, 4) }
    var value = value
    var unit = ""
    for next in ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"] where abs(value) >= 1_024 {
      unit = next
      value /= 1_024
    }
    return NumberText.general(value, 4) + unit
  }

  /// A span given in seconds: `1d 2h 3m 4s`, `59.12s`, `123ms`.
  static func span(seconds value: Double) -> String {
    guard value.isFinite else { return NumberText.general(value, 4) }
    guard value != 0 else { return "0s" }
    guard abs(value) < 1 else { return spanAboveOne(value) }
    var value = value
    var unit = ""
    for next in smallUnits where abs(value) < 1 {
      unit = next
      value *= 1_000
    }
    return NumberText.general(value, 4) + unit + "s"
  }

  private static func spanAboveOne(_ value: Double) -> String {
    let sign = value < 0 ? "-" : ""
    // The largest span that fits whole seconds; what is longer reads as that.
    let total = Int64(min(abs(value), 9e18))
    let (days, hours) = (total / 86_400, total / 3_600 % 24)
    let (minutes, seconds) = (total / 60 % 60, total % 60)
    if days != 0 { return "\(sign)\(days)d \(hours)h \(minutes)m \(seconds)s" }
    if hours != 0 { return "\(sign)\(hours)h \(minutes)m \(seconds)s" }
    if minutes != 0 { return "\(sign)\(minutes)m \(seconds)s" }
    return sign + NumberText.general(abs(value), 4) + "s"
  }

  /// A ratio as percent: 0.1234 is `12.34%`.
  static func percentage(_ value: Double) -> String {
    NumberText.general(value * 100, 4) + "%"
  }

  /// Seconds since the Unix epoch as a date; values that are not finite as they are.
  static func timestamp(_ value: Double) throws(TemplateFault) -> String {
    guard value.isFinite else { return NumberText.general(value, 4) }
    return TimeText.standard(try instant(value))
  }

  /// The instant of seconds since the Unix epoch.
  static func instant(_ value: Double) throws(TemplateFault) -> Timestamp {
    // 292 years each way is what nanoseconds in 64 bits can name, the reference's limit.
    guard value.isFinite, abs(value) < 9.223372036e9 else {
      throw TemplateFault("\(NumberText.shortest(value)) is not a time that can be represented")
    }
    return Timestamp(unixMilliseconds: Int64((value * 1_000).rounded(.towardZero)))
  }
}
