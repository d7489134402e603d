// SPDX-License-Identifier: MIT

/// An instant in the fields of the proleptic Gregorian calendar and a day of 24 hours, in UTC.
package struct CivilTime: Hashable, Sendable {
  /// Year 0 is the one before year 1.
  package let year: Int
  /// From 1.
  package let month: Int
  /// The day of the month, from 1.
  package let day: Int
  /// From 0 to 23.
  package let hour: Int
  /// From 0 to 59.
  package let minute: Int
  /// From 0 to 59.
  package let second: Int
  /// From 0 to 999.
  package let millisecond: Int

  /// The fields of an instant.
  package init(_ instant: Timestamp) {
    let (seconds, milliseconds) = instant.unixMilliseconds.floorDivided(by: 1_000)
    self.init(unixSeconds: seconds, millisecond: Int(milliseconds))
  }

  /// The fields of any second that 64 bits can count from the Unix epoch.
  package init(unixSeconds: Int64) {
    self.init(unixSeconds: unixSeconds, millisecond: 0)
  }

  private init(unixSeconds: Int64, millisecond: Int) {
    let (days, rest) = unixSeconds.floorDivided(by: 86_400)
    let secondOfDay = Int(rest)
    (hour, minute, second) = (secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60)
    self.millisecond = millisecond
    // Years that begin in March put the leap day last, and eras of 400 years repeat exactly.
    let (era, dayOfEra) = (days + Self.daysBeforeEpoch).floorDivided(by: Self.daysOfEra)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayFromMarch = Int(dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100))
    let monthFromMarch = (5 * dayFromMarch + 2) / 153
    day = dayFromMarch - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
  }

  /// Checks the fields; nil when there is no such day or time of day.
  ///
  /// Years from -9999 to 9999 are taken.
  package init?(
    year: Int,
    month: Int,
    day: Int,
    hour: Int = 0,
    minute: Int = 0,
    second: Int = 0,
    millisecond: Int = 0
  ) {
    guard (-9_999...9_999).contains(year), (1...12).contains(month),
      (1...Self.daysInMonth(month, ofYear: year)).contains(day),
      (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second),
      (0...999).contains(millisecond)
    else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
    (self.hour, self.minute, self.second) = (hour, minute, second)
    self.millisecond = millisecond
  }

  /// The instant these fields name.
  ///
  /// Of fields that ``init(unixSeconds:)`` took from beyond ``Timestamp/distantFuture`` or
  /// ``Timestamp/distantPast`` it is that limit.
  package var instant: Timestamp {
    let days = daysSinceEpoch
    let daysMax = Timestamp.distantFuture.unixMilliseconds / 86_400_000
    guard days < daysMax else { return .distantFuture }
    guard days > -daysMax else { return .distantPast }
    let seconds = days * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
    return Timestamp(unixMilliseconds: seconds * 1_000 + Int64(millisecond))
  }

  /// Whole days from 1970-01-01 to this day.
  package var daysSinceEpoch: Int64 {
    let (era, yearOfEra) = Int64(month <= 2 ? year - 1 : year).floorDivided(by: 400)
    let dayFromMarch = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayFromMarch
    return era * Self.daysOfEra + dayOfEra - Self.daysBeforeEpoch
  }

  /// The day of the week, from 0 for Sunday to 6.
  package var weekday: Int {
    // The epoch was a Thursday.
    Int((daysSinceEpoch + 4).floorDivided(by: 7).remainder)
  }

  /// The day of the year, from 1.
  package var dayOfYear: Int {
    (1..<month).reduce(day) { $0 + Self.daysInMonth($1, ofYear: year) }
  }

  /// How many days this month has.
  package var daysInMonth: Int { Self.daysInMonth(month, ofYear: year) }

  private static func daysInMonth(_ month: Int, ofYear year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// The days of 400 years.
  private static let daysOfEra: Int64 = 146_097
  /// The days from 1 March of year 0 to the Unix epoch.
  private static let daysBeforeEpoch: Int64 = 719_468
}
