// SPDX-License-Identifier: MIT
import MetricModel

/// Dates and times of day in Europe/Berlin by the rules in force since 1996 (Directive 2000/84/EC):
/// summer time from the last Sunday of March to that of October, turning at 01:00 UTC.
enum BerlinCalendar {
  private static let daySeconds: Int64 = 86_400

  /// What a wall clock shows.
  struct WallTime: Equatable {
    let year: Int64
    let month: Int64
    let day: Int64
    let secondOfDay: Int64

    /// `2026-11-24 00:00:02`, with other separators if wanted.
    func text(date: String = "-", between: String = " ", time: String = ":") -> String {
      "\(year)\(date)\(Self.two(month))\(date)\(Self.two(day))\(between)" + clock(time)
    }

    /// `00:02:50`.
    func clock(_ separator: String = ":") -> String {
      [secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60].map(Self.two)
        .joined(separator: separator)
    }

    private static func two(_ number: Int64) -> String {
      number < 10 ? "0\(number)" : String(number)
    }
  }

  /// Seconds to add to UTC.
  static func offsetSeconds(atUnixSeconds seconds: Int64) -> Int64 {
    let year = date(day: floorDivided(seconds, daySeconds)).year
    let begin = lastSunday(month: 3, year: year) * daySeconds + 3_600
    let end = lastSunday(month: 10, year: year) * daySeconds + 3_600
    return (begin..<end).contains(seconds) ? 7_200 : 3_600
  }

  static func wallTime(atUnixSeconds seconds: Int64) -> WallTime {
    let local = seconds + offsetSeconds(atUnixSeconds: seconds)
    let day = floorDivided(local, daySeconds)
    let date = date(day: day)
    return WallTime(
      year: date.year,
      month: date.month,
      day: date.day,
      secondOfDay: local - day * daySeconds
    )
  }

  /// The midnights that begin a Monday to Friday, newest first, the first one not after `seconds`.
  static func weekdayMidnights(notAfterUnixSeconds seconds: Int64, count: Int) -> [Int64] {
    let local = seconds + offsetSeconds(atUnixSeconds: seconds)
    var day = floorDivided(local, daySeconds)
    var midnights: [Int64] = []
    while midnights.count < count {
      if isWeekday(day) { midnights.append(midnight(ofDay: day)) }
      day -= 1
    }
    return midnights
  }

  /// The first midnight after `seconds` that begins a Monday to Friday.
  static func nextWeekdayMidnight(afterUnixSeconds seconds: Int64) -> Int64 {
    let local = seconds + offsetSeconds(atUnixSeconds: seconds)
    var day = floorDivided(local, daySeconds) + 1
    while !isWeekday(day) { day += 1 }
    return midnight(ofDay: day)
  }

  private static func midnight(ofDay day: Int64) -> Int64 {
    let utc = day * daySeconds
    // The clock never turns between 22:00 and 24:00 UTC, so the offset an hour ago holds.
    return utc - offsetSeconds(atUnixSeconds: utc - 3_600)
  }

  /// Day 0, 1970-01-01, was a Thursday.
  private static func isWeekday(_ day: Int64) -> Bool {
    (1...5).contains(modulo(day + 4, 7))
  }

  private static func lastSunday(month: Int64, year: Int64) -> Int64 {
    let last = dayNumber(year: year, month: month, day: 31)
    return last - modulo(last + 4, 7)
  }

  // MARK: Days since 1970-01-01 in the Gregorian calendar, with March as the first month

  private static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = floorDivided(year, 400)
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * modulo(month + 9, 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func date(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = day + 719_468
    let era = floorDivided(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
      month,
      dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    )
  }

  private static func floorDivided(_ number: Int64, _ divisor: Int64) -> Int64 {
    (number - modulo(number, divisor)) / divisor
  }

  private static func modulo(_ number: Int64, _ divisor: Int64) -> Int64 {
    let rest = number % divisor
    return rest < 0 ? rest + divisor : rest
  }
}

extension Timestamp {
  /// Whole seconds since the Unix epoch, as Proxmox tells times.
  var wholeSeconds: Int64 {
    let rest = unixMilliseconds % 1_000
    return (unixMilliseconds - (rest < 0 ? rest + 1_000 : rest)) / 1_000
  }

  init(wholeSeconds: Int64) {
    self.init(unixMilliseconds: wholeSeconds * 1_000)
  }
}
