// SPDX-License-Identifier: MIT
package import MetricModel

/// A schedule in Proxmox' calendar-event syntax, such as `mon..fri 00:00`.
///
/// Two events are equal when they name the same times, however they are spelt. Where summer time
/// leaves an hour out, events in it have no run that day; where it repeats an hour, they run at its
/// first passing: so does Proxmox, which walks the clock on the wall.
///
/// Source: Proxmox VE documentation, appendix "Calendar Events"; `reference/proxmox.md`, section 10.
package struct CalendarEvent: Hashable, Sendable {
  /// The days of the week, 0 being Monday; nil for all.
  let weekdays: CalendarField?
  let years: CalendarField?
  let months: CalendarField?
  let days: CalendarField?
  let hours: CalendarField?
  let minutes: CalendarField?
  let seconds: CalendarField?
  /// The times are UTC's, whatever the zone.
  package let isUTC: Bool

  /// The first and last year in which runs are looked for.
  static let yearRange = 1970...2199

  /// The first run after `instant`, or nil when there is none up to the end of 2199.
  package func next(after instant: Timestamp, in zone: TimeZoneRules) -> Timestamp? {
    let zone = isUTC ? .utc : zone
    let floor = Self.clamped(instant.unixMilliseconds.flooredSeconds)
    let start = WallSeconds(zone.wall(at: floor).count + 1)
    var day: Int? = firstDay(from: start.day)
    while let current = day {
      var second = current == start.day ? start.secondOfDay : 0
      while let found = firstSecond(from: second) {
        let wall = WallSeconds(day: current, second: found)
        if let run = zone.instants(at: wall).first, run > floor {
          return Timestamp(unixMilliseconds: Int64(run) * 1_000)
        }
        second = found + 1
      }
      day = firstDay(from: current + 1)
    }
    return nil
  }

  /// The last run before `instant`, or nil when there is none since 1970.
  package func previous(before instant: Timestamp, in zone: TimeZoneRules) -> Timestamp? {
    let zone = isUTC ? .utc : zone
    let milliseconds = instant.unixMilliseconds
    let isWhole = milliseconds % 1_000 == 0
    let last = Self.clamped(milliseconds.flooredSeconds - (isWhole ? 1 : 0))
    var start = zone.wall(at: last)
    let passings = zone.instants(at: start)
    // In the second passing of an hour, all of its first passing has gone by.
    if passings.count == 2, passings[1] == last {
      start = WallSeconds(start.count + passings[1] - passings[0])
    }
    var day: Int? = lastDay(upTo: start.day)
    while let current = day {
      var second = current == start.day ? start.secondOfDay : WallSeconds.perDay - 1
      while let found = lastSecond(upTo: second) {
        let wall = WallSeconds(day: current, second: found)
        if let run = zone.instants(at: wall).first, run <= last {
          return Timestamp(unixMilliseconds: Int64(run) * 1_000)
        }
        second = found - 1
      }
      day = lastDay(upTo: current - 1)
    }
    return nil
  }

  /// How much later than a run the same time on the wall comes again: an hour in the night in which
  /// summer time ends, else zero.
  package func repeatedSpan(at run: Timestamp, in zone: TimeZoneRules) -> Duration {
    let zone = isUTC ? .utc : zone
    let instant = Self.clamped(run.unixMilliseconds.flooredSeconds)
    let passings = zone.instants(at: zone.wall(at: instant))
    guard passings.count == 2, passings[0] == instant else { return .zero }
    return .seconds(passings[1] - passings[0])
  }

  private static func clamped(_ unixSeconds: Int64) -> Int {
    let first = Int64(CivilDate(year: yearRange.lowerBound, month: 1, day: 1).daysSinceEpoch)
    let last = Int64(CivilDate(year: yearRange.upperBound + 1, month: 1, day: 2).daysSinceEpoch)
    let perDay = Int64(WallSeconds.perDay)
    return Int(min(max(unixSeconds, (first - 2) * perDay), last * perDay))
  }
}

// MARK: - Days

extension CalendarEvent {
  private func firstDay(from start: Int) -> Int? {
    let first = CivilDate(daysSinceEpoch: start)
    guard first.year <= Self.yearRange.upperBound else { return nil }
    for year in max(first.year, Self.yearRange.lowerBound)...Self.yearRange.upperBound
    where years?.contains(year) ?? true {
      let firstMonth = year == first.year ? first.month : 1
      for month in firstMonth...12 where months?.contains(month) ?? true {
        let firstDay = year == first.year && month == first.month ? first.day : 1
        for day in firstDay...CivilDate.days(in: month, of: year) {
          if let found = matching(year, month, day) { return found }
        }
      }
    }
    return nil
  }

  private func lastDay(upTo end: Int) -> Int? {
    let last = CivilDate(daysSinceEpoch: end)
    guard last.year >= Self.yearRange.lowerBound else { return nil }
    let years = Self.yearRange.lowerBound...min(last.year, Self.yearRange.upperBound)
    for year in years.reversed() where self.years?.contains(year) ?? true {
      let lastMonth = year == last.year ? last.month : 12
      for month in (1...lastMonth).reversed() where months?.contains(month) ?? true {
        let isLast = year == last.year && month == last.month
        let lastDay = isLast ? last.day : CivilDate.days(in: month, of: year)
        for day in (1...lastDay).reversed() {
          if let found = matching(year, month, day) { return found }
        }
      }
    }
    return nil
  }

  private func matching(_ year: Int, _ month: Int, _ day: Int) -> Int? {
    guard days?.contains(day) ?? true else { return nil }
    let found = CivilDate(year: year, month: month, day: day).daysSinceEpoch
    return weekdays?.contains(CivilDate.weekday(ofDay: found)) ?? true ? found : nil
  }
}

// MARK: - Times of the day

extension CalendarEvent {
  private func firstSecond(from start: Int) -> Int? {
    guard start < WallSeconds.perDay else { return nil }
    var (hour, minute, second) = (start / 3_600, start / 60 % 60, start % 60)
    while let foundHour = hours.first(from: hour, upTo: 23) {
      if foundHour > hour { (minute, second) = (0, 0) }
      while let foundMinute = minutes.first(from: minute, upTo: 59) {
        if foundMinute > minute { second = 0 }
        if let foundSecond = seconds.first(from: second, upTo: 59) {
          return foundHour * 3_600 + foundMinute * 60 + foundSecond
        }
        (minute, second) = (foundMinute + 1, 0)
      }
      (hour, minute, second) = (foundHour + 1, 0, 0)
    }
    return nil
  }

  private func lastSecond(upTo end: Int) -> Int? {
    guard end >= 0 else { return nil }
    var (hour, minute, second) = (end / 3_600, end / 60 % 60, end % 60)
    while let foundHour = hours.last(upTo: hour) {
      if foundHour < hour { (minute, second) = (59, 59) }
      while let foundMinute = minutes.last(upTo: minute) {
        if foundMinute < minute { second = 59 }
        if let foundSecond = seconds.last(upTo: second) {
          return foundHour * 3_600 + foundMinute * 60 + foundSecond
        }
        (minute, second) = (foundMinute - 1, 59)
      }
      (hour, minute, second) = (foundHour - 1, 59, 59)
    }
    return nil
  }
}

extension CalendarField? {
  /// The first value from `start`; nil stands for all of them.
  fileprivate func first(from start: Int, upTo end: Int) -> Int? {
    guard let self else { return start <= end ? start : nil }
    return self.values.first { $0 >= start }
  }

  /// The last value up to `end`; nil stands for all of them.
  fileprivate func last(upTo end: Int) -> Int? {
    guard let self else { return end >= 0 ? end : nil }
    return self.values.last { $0 <= end }
  }
}
