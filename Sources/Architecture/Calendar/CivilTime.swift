// SPDX-License-Identifier: MIT

/// A date of the proleptic Gregorian calendar, counted in days since 1970-01-01.
struct CivilDate: Equatable {
  let year: Int
  let month: Int
  let day: Int

  init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// The date that lies `days` after 1970-01-01.
  init(daysSinceEpoch days: Int) {
    // Years begin on 1 March here, so that the leap day is the last of its year.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSinceEpoch: Int {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// 0 is Monday, 6 is Sunday.
  var weekday: Int { Self.weekday(ofDay: daysSinceEpoch) }

  /// The weekday of the day that lies `days` after 1970-01-01, a Thursday; 0 is Monday.
  static func weekday(ofDay days: Int) -> Int {
    ((days + 3) % 7 + 7) % 7
  }

  static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// Seconds of a clock on the wall, counted as if every day since 1970-01-01 had 86,400 of them.
struct WallSeconds: Equatable, Comparable {
  static let perDay = 86_400

  let count: Int

  init(_ count: Int) {
    self.count = count
  }

  init(day: Int, second: Int) {
    count = day * Self.perDay + second
  }

  /// Days since 1970-01-01.
  var day: Int { count / Self.perDay - (count % Self.perDay < 0 ? 1 : 0) }
  /// Seconds since midnight.
  var secondOfDay: Int { count - day * Self.perDay }

  static func < (left: WallSeconds, right: WallSeconds) -> Bool { left.count < right.count }
}
