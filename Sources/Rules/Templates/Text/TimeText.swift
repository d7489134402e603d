// SPDX-License-Identifier: MIT
import MetricModel

/// Instants and spans as the template language prints them; always UTC.
///
/// Source: the Go standard library's documentation of `time.Time.Format` and `time.Duration.String`.
enum TimeText {
  /// `2006-01-02 15:04:05.5 +0000 UTC`, the fraction only when there is one.
  static func standard(_ instant: Timestamp) -> String {
    format(instant, layout: "2006-01-02 15:04:05.999999999 -0700 MST")
  }

  /// A span such as `1h30m0s`, `1.5s`, `15ms`.
  static func span(_ span: Duration) -> String {
    let (wholeSeconds, attoseconds) = span.components
    guard wholeSeconds != 0 || attoseconds != 0 else { return "0s" }
    let isNegative = wholeSeconds < 0 || attoseconds < 0
    let sign = isNegative ? "-" : ""
    let seconds = wholeSeconds.magnitude
    let nanoseconds = attoseconds.magnitude / 1_000_000_000
    if seconds == 0 {
      for (unit, size) in [("ms", UInt64(1_000_000)), ("µs", 1_000)] where nanoseconds >= size {
        return sign + decimal(nanoseconds, over: size) + unit
      }
      return "\(sign)\(nanoseconds)ns"
    }
    let rest = seconds % 60
    let fraction = nanoseconds == 0 ? "" : decimal(nanoseconds, over: 1_000_000_000).dropFirst()
    var text = "\(rest)\(fraction)s"
    if seconds >= 60 { text = "\(seconds / 60 % 60)m" + text }
    if seconds >= 3_600 { text = "\(seconds / 3_600)h" + text }
    return sign + text
  }

  private static func decimal(_ count: UInt64, over size: UInt64) -> String {
    guard count % size != 0 else { return String(count / size) }
    var fraction = String(count % size)
    fraction = String(repeating: "0", count: String(size).count - 1 - fraction.count) + fraction
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(count / size).\(fraction)"
  }

  /// The words of a layout, the longer ones before their beginnings.
  private static let words: [(word: String, text: @Sendable (CivilTime) -> String)] = [
    ("January", { monthNames[$0.month - 1] }),
    ("Jan", { String(monthNames[$0.month - 1].prefix(3)) }),
    ("Monday", { weekdayNames[$0.weekday] }),
    ("Mon", { String(weekdayNames[$0.weekday].prefix(3)) }),
    ("MST", { _ in "UTC" }),
    ("2006", { padded($0.year, 4) }), ("-07:00", { _ in "+00:00" }), ("-0700", { _ in "+0000" }),
    ("-07", { _ in "+00" }), ("Z07:00", { _ in "Z" }), ("Z0700", { _ in "Z" }),
    ("002", { padded($0.dayOfYear, 3) }),
    ("01", { padded($0.month, 2) }), ("02", { padded($0.day, 2) }),
    ("03", { padded(($0.hour + 11) % 12 + 1, 2) }), ("04", { padded($0.minute, 2) }),
    ("05", { padded($0.second, 2) }), ("06", { padded($0.year % 100, 2) }),
    ("15", { padded($0.hour, 2) }), ("PM", { $0.hour < 12 ? "AM" : "PM" }),
    ("pm", { $0.hour < 12 ? "am" : "pm" }), ("_2", { padded($0.day, 2, with: " ") }),
    ("1", { String($0.month) }), ("2", { String($0.day) }),
    ("3", { String(($0.hour + 11) % 12 + 1) }), ("4", { String($0.minute) }),
    ("5", { String($0.second) }),
  ]

  /// Writes an instant in a layout made of the reference time's words, such as `15:04`.
  static func format(_ instant: Timestamp, layout: String) -> String {
    let time = CivilTime(instant)
    var text = ""
    var rest = Substring(layout)
    while let first = rest.first {
      if let (fraction, length) = fraction(at: rest, of: time) {
        text += fraction
        rest = rest.dropFirst(length)
      } else if let found = words.first(where: { rest.hasPrefix($0.word) }) {
        text += found.text(time)
        rest = rest.dropFirst(found.word.count)
      } else {
        text.append(first)
        rest = rest.dropFirst()
      }
    }
    return text
  }

  /// `.000` writes that many digits of the second, `.999` drops zeros at the end.
  private static func fraction(
    at layout: Substring,
    of time: CivilTime
  ) -> (text: String, length: Int)? {
    guard let point = layout.first, point == "." || point == "," else { return nil }
    let digit = layout.dropFirst().first
    guard digit == "0" || digit == "9" else { return nil }
    let count = layout.dropFirst().prefix { $0 == digit }.count
    if let next = layout.dropFirst(1 + count).first, next.isNumber { return nil }
    var digits = padded(time.millisecond, 3)
    digits = String((digits + String(repeating: "0", count: count)).prefix(count))
    if digit == "9" { while digits.hasSuffix("0") { digits.removeLast() } }
    return (digits.isEmpty ? "" : "\(point)\(digits)", 1 + count)
  }

  private static func padded(_ number: Int, _ width: Int, with filler: String = "0") -> String {
    let digits = String(number)
    return String(repeating: filler, count: max(0, width - digits.count)) + digits
  }

  private static let monthNames = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
  private static let weekdayNames = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]
}
