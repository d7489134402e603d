// SPDX-License-Identifier: MIT
import MetricModel

/// Instants in UTC as messages and headers write them.
enum CalendarText {
  /// RFC 3339 in UTC with as many decimals as the milliseconds need.
  static func rfc3339(_ instant: Timestamp) -> String {
    let (seconds, milliseconds) = split(instant)
    var text = "\(date(seconds))T\(time(seconds))"
    if milliseconds > 0 {
      var decimals = padded(milliseconds, 3)
      while decimals.hasSuffix("0") { decimals.removeLast() }
      text += ".\(decimals)"
    }
    return text + "Z"
  }

  /// Date and time of day in UTC, to the second, such as `2026-01-02 03:04:05`.
  static func dateAndTime(_ instant: Timestamp) -> String {
    let seconds = split(instant).seconds
    return "\(date(seconds)) \(time(seconds))"
  }

  /// The time of day in UTC, such as `03:04:05`.
  static func timeOfDay(_ instant: Timestamp) -> String { time(split(instant).seconds) }

  /// Reads the date of an HTTP header (RFC 9110, section 5.6.7), such as
  /// `Sun, 06 Nov 1994 08:49:37 GMT`; the two older forms are not read.
  static func instant(httpDate text: String) -> Timestamp? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT",
      let day = Int64(parts[1]), (1...31).contains(day),
      let month = months.firstIndex(of: parts[2]),
      let year = Int64(parts[3]), (1970...9999).contains(year)
    else { return nil }
    let clock = parts[4].split(separator: ":").compactMap { Int64($0) }
    guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]),
      (0...60).contains(clock[2])
    else { return nil }
    let days = daysSinceEpoch(year: year, month: Int64(month) + 1, day: day)
    let seconds = days * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2]
    return Timestamp(unixMilliseconds: seconds * 1_000)
  }

  private static let months: [Substring] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func split(_ instant: Timestamp) -> (seconds: Int64, milliseconds: Int64) {
    let seconds = floorDivision(instant.unixMilliseconds, 1_000)
    return (seconds, instant.unixMilliseconds - seconds * 1_000)
  }

  private static func time(_ seconds: Int64) -> String {
    let second = seconds - floorDivision(seconds, 86_400) * 86_400
    return "\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
  }

  /// The Gregorian date, counted in years that begin on 1 March, so that a leap day comes last.
  private static func date(_ seconds: Int64) -> String {
    let shifted = floorDivision(seconds, 86_400) + 719_468
    let era = floorDivision(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }

  private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
    let marchYear = month <= 2 ? year - 1 : year
    let era = floorDivision(marchYear, 400)
    let yearOfEra = marchYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func floorDivision(_ number: Int64, _ divisor: Int64) -> Int64 {
    number >= 0 ? number / divisor : (number - divisor + 1) / divisor
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
