// SPDX-License-Identifier: MIT

/// A rule such as `CET-1CEST,M3.5.0,M10.5.0/3`: what holds after a zone file's last transition.
///
/// Source: POSIX, the variable TZ; RFC 8536, section 3.3.1, which allows times from -167 to 167
/// hours.
struct PosixZoneRule: Equatable, Sendable {
  /// Offsets are smaller than this: 26 hours.
  static let offsetSecondsMax = 26 * 3_600

  /// A day of every year on which the offset changes.
  enum Day: Equatable, Sendable {
    /// 1 to 365; 29 February is never counted.
    case julian(Int)
    /// 0 to 365, leap days counted.
    case ordinal(Int)
    /// The `week`-th `weekday` (0 is Sunday) of a month; the fifth is the last.
    case weekday(month: Int, week: Int, weekday: Int)
  }

  struct Change: Equatable, Sendable {
    let day: Day
    /// Seconds after midnight, on the clock that holds before the change.
    let second: Int

    /// Seconds on the wall, in `year`.
    func wallSeconds(in year: Int) -> Int {
      let newYear = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
      let days: Int
      switch day {
      case .julian(let day):
        days = newYear + day - 1 + (CivilDate.isLeap(year) && day >= 60 ? 1 : 0)
      case .ordinal(let day): days = newYear + day
      case .weekday(let month, let week, let weekday):
        let first = CivilDate(year: year, month: month, day: 1).daysSinceEpoch
        // The zone's rule counts from Sunday, the calendar from Monday.
        let wanted = (weekday + 6) % 7
        let skip = (wanted - CivilDate.weekday(ofDay: first) + 7) % 7
        var dayOfMonth = skip + 7 * (week - 1)
        while dayOfMonth >= CivilDate.days(in: month, of: year) { dayOfMonth -= 7 }
        days = first + dayOfMonth
      }
      return days * WallSeconds.perDay + second
    }
  }

  let standardOffset: Int
  private let summer: (offset: Int, start: Change, end: Change)?

  init(parsing text: String) throws(TimeZoneFault) {
    var reader = Reader(rest: Substring(text))
    try reader.skipName()
    standardOffset = -(try reader.time(hoursMax: 25))
    guard !reader.rest.isEmpty else {
      summer = nil
      return
    }
    try reader.skipName()
    var offset = standardOffset + 3_600
    if reader.rest.first != "," { offset = -(try reader.time(hoursMax: 25)) }
    let start = try reader.change()
    let end = try reader.change()
    guard reader.rest.isEmpty else { throw TimeZoneFault("its rule goes on after the end") }
    summer = (offset, start, end)
  }

  static func == (left: PosixZoneRule, right: PosixZoneRule) -> Bool {
    left.standardOffset == right.standardOffset && left.summer?.offset == right.summer?.offset
      && left.summer?.start == right.summer?.start && left.summer?.end == right.summer?.end
  }

  func offset(at unixSeconds: Int) -> Int {
    guard let summer else { return standardOffset }
    let wall = WallSeconds(unixSeconds + standardOffset)
    let year = CivilDate(daysSinceEpoch: wall.day).year
    let start = summer.start.wallSeconds(in: year) - standardOffset
    let end = summer.end.wallSeconds(in: year) - summer.offset
    let isSummer =
      start < end
      ? (start..<end).contains(unixSeconds) : !(end..<start).contains(unixSeconds)
    return isSummer ? summer.offset : standardOffset
  }

  private struct Reader {
    var rest: Substring

    mutating func skip(_ mark: Character) -> Bool {
      guard rest.first == mark else { return false }
      rest.removeFirst()
      return true
    }

    mutating func skipName() throws(TimeZoneFault) {
      let before = rest.utf8.count
      if skip("<") {
        rest = rest.drop { $0 != ">" }
        guard skip(">") else { throw TimeZoneFault("its rule has an open name") }
      } else {
        rest = rest.drop { $0.isASCII && $0.isLetter }
      }
      guard before - rest.utf8.count >= 3 else { throw TimeZoneFault("its rule lacks a name") }
    }

    mutating func number(_ allowed: ClosedRange<Int>) throws(TimeZoneFault) -> Int {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      guard let number = Int(digits), allowed.contains(number) else {
        throw TimeZoneFault("its rule has a number out of range")
      }
      return number
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time(hoursMax: Int) throws(TimeZoneFault) -> Int {
      let sign = skip("-") ? -1 : 1
      if sign == 1 { _ = skip("+") }
      var seconds = try number(0...hoursMax) * 3_600
      if skip(":") { seconds += try number(0...59) * 60 }
      if skip(":") { seconds += try number(0...59) }
      return sign * seconds
    }

    /// `,day[/time]`.
    mutating func change() throws(TimeZoneFault) -> Change {
      guard skip(",") else { throw TimeZoneFault("its rule lacks a day") }
      let day: Day
      if skip("J") {
        day = .julian(try number(1...365))
      } else if skip("M") {
        let month = try number(1...12)
        guard skip(".") else { throw TimeZoneFault("its rule lacks a week") }
        let week = try number(1...5)
        guard skip(".") else { throw TimeZoneFault("its rule lacks a weekday") }
        day = .weekday(month: month, week: week, weekday: try number(0...6))
      } else {
        day = .ordinal(try number(0...365))
      }
      return Change(day: day, second: skip("/") ? try time(hoursMax: 167) : 7_200)
    }
  }
}
