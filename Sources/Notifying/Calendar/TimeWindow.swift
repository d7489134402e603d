// SPDX-License-Identifier: MIT
package import Architecture
package import MetricModel

/// Named stretches of the calendar, such as nights and weekends, as Alertmanager's `time_intervals`.
package struct TimeWindow: Equatable, Sendable {
  /// Days of a month; a negative one counts from its end, -1 being the last.
  package struct MonthDays: Equatable, Sendable {
    /// The first day.
    package let first: Int
    /// The last day.
    package let last: Int

    /// Describes days.
    package init(first: Int, last: Int) {
      self.first = first
      self.last = last
    }
  }

  /// One set of conditions, all of which must hold; a condition without items always does.
  package struct Part: Equatable, Sendable {
    /// Minutes since midnight, the last not included; 1440 is the midnight at the end.
    package var minutes: [Range<Int>] = []
    /// Days of the week, 0 being Sunday.
    package var weekdays: [ClosedRange<Int>] = []
    /// Days of the month.
    package var monthDays: [MonthDays] = []
    /// Months, from 1.
    package var months: [ClosedRange<Int>] = []
    /// Years.
    package var years: [ClosedRange<Int>] = []
    /// Whose clocks and calendars count.
    package var zone: TimeZoneRules = .utc

    /// Makes conditions that always hold.
    package init() {}
  }

  /// What routes call it.
  package let name: String
  /// One of them must hold.
  package let parts: [Part]

  /// Describes a window.
  package init(name: String, parts: [Part]) {
    self.name = name
    self.parts = parts
  }

  /// The instant lies in it.
  package func contains(_ instant: Timestamp) -> Bool { parts.contains { $0.contains(instant) } }

  /// An instant after `instant` up to which nothing begins or ends; at most a day later.
  package func nextBoundary(after instant: Timestamp) -> Timestamp {
    parts.map { $0.nextBoundary(after: instant) }.min() ?? instant + .seconds(86_400)
  }

  /// When the window that holds `instant` is over; nil when that is not within five weeks.
  package func end(of instant: Timestamp) -> Timestamp? {
    var time = instant
    let limit = instant + .seconds(35 * 86_400)
    while time < limit {
      guard contains(time) else { return time }
      time = nextBoundary(after: time)
    }
    return nil
  }
}

extension TimeWindow.Part {
  fileprivate func contains(_ instant: Timestamp) -> Bool {
    let wall = CivilTime(instant + .seconds(zone.offsetSeconds(at: instant)))
    let minute = wall.hour * 60 + wall.minute
    return minutes.holds { $0.contains(minute) }
      && weekdays.holds { $0.contains(wall.weekday) }
      && monthDays.holds { $0.contains(wall.day, of: wall.daysInMonth) }
      && months.holds { $0.contains(wall.month) }
      && years.holds { $0.contains(wall.year) }
  }

  /// The next midnight, begin or end of the minutes.
  fileprivate func nextBoundary(after instant: Timestamp) -> Timestamp {
    let offset = zone.offsetSeconds(at: instant)
    let wall = CivilTime(instant + .seconds(offset))
    let millisecond = ((wall.hour * 60 + wall.minute) * 60 + wall.second) * 1_000 + wall.millisecond
    let edges = minutes.flatMap { [$0.lowerBound, $0.upperBound] } + [24 * 60]
    let next = edges.map { $0 * 60_000 }.filter { $0 > millisecond }.min() ?? 86_400_000
    let boundary = instant + .milliseconds(next - millisecond)
    guard zone.offsetSeconds(at: boundary) != offset else { return boundary }
    // The clocks change before: they do so at a whole quarter of an hour.
    let quarter: Int64 = 900_000
    let step = quarter - (instant.unixMilliseconds % quarter + quarter) % quarter
    return min(boundary, instant + .milliseconds(step))
  }
}

extension TimeWindow.MonthDays {
  /// As Alertmanager reads them: what begins after the month's end is no day of it, and what begins
  /// or ends beyond is cut to the month.
  fileprivate func contains(_ day: Int, of daysInMonth: Int) -> Bool {
    let begin = first < 0 ? daysInMonth + first + 1 : first
    let end = last < 0 ? daysInMonth + last + 1 : last
    guard begin <= daysInMonth else { return false }
    return day >= begin && day <= min(end, daysInMonth)
  }
}

extension Array {
  /// One of the items satisfies, or there is none to satisfy.
  fileprivate func holds(_ isSatisfied: (Element) -> Bool) -> Bool {
    isEmpty || contains(where: isSatisfied)
  }
}
