// SPDX-License-Identifier: MIT
import MetricModel

/// Instants as the headers of HTTP write them.
enum HTTPDate {
  /// Reads the date of a header (RFC 9110, section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`;
  /// the two older forms are not read.
  static func instant(_ text: String) -> Timestamp? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]),
      let month = months.firstIndex(of: parts[2]), let year = Int(parts[3]), year >= 1970
    else { return nil }
    let clock = parts[4].split(separator: ":").compactMap { Int($0) }
    guard clock.count == 3, clock[2] <= 60 else { return nil }
    return CivilTime(
      year: year,
      month: month + 1,
      day: day,
      hour: clock[0],
      minute: clock[1],
      // A leap second: no receiver's wish to wait is that precise.
      second: min(clock[2], 59)
    )?.instant
  }

  /// The short names of the months, January first.
  static let months: [Substring] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
