// SPDX-License-Identifier: MIT
import MetricModel

/// What a date function takes from an instant, in UTC.
enum CalendarPart {
  case minute
  case hour
  case dayOfWeek
  case dayOfMonth
  case dayOfYear
  case daysInMonth
  case month
  case year

  /// The part of this many seconds since the epoch; NaN when there is no such date.
  func value(ofUnixSeconds seconds: Double) -> Double {
    // Beyond this, years no longer fit the arithmetic below.
    guard seconds.isFinite, seconds.magnitude < 1e16 else { return .nan }
    let whole = Int64(seconds)
    let days = Self.floor(whole, 86_400)
    let secondOfDay = whole - days * 86_400
    let date = Date(daysSinceEpoch: days)
    let value: Int64 =
      switch self {
      case .minute: secondOfDay / 60 % 60
      case .hour: secondOfDay / 3_600
      // The epoch was a Thursday.
      case .dayOfWeek: days + 4 - Self.floor(days + 4, 7) * 7
      case .dayOfMonth: date.day
      case .dayOfYear: date.dayOfYear
      case .daysInMonth: date.daysInMonth
      case .month: date.month
      case .year: date.year
      }
    return Double(value)
  }

  private static func floor(_ dividend: Int64, _ divisor: Int64) -> Int64 {
    dividend / divisor - (dividend % divisor < 0 ? 1 : 0)
  }

  /// A day of the proleptic Gregorian calendar.
  private struct Date {
    let year: Int64
    let month: Int64
    let day: Int64

    /// Counts in years that begin in March, so that the leap day is the last of its year.
    init(daysSinceEpoch days: Int64) {
      let shifted = days + 719_468
      let era = CalendarPart.floor(shifted, 146_097)
      let dayOfEra = shifted - era * 146_097
      let yearOfEra =
        (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
      let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
      let marchMonth = (5 * dayOfYear + 2) / 153
      day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
      month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
      year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var isLeapYear: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    var daysInMonth: Int64 {
      switch month {
      case 2: isLeapYear ? 29 : 28
      case 4, 6, 9, 11: 30
      default: 31
      }
    }

    var dayOfYear: Int64 {
      let before: [Int64] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
      return before[Int(month) - 1] + day + (month > 2 && isLeapYear ? 1 : 0)
    }
  }
}

extension Function {
  /// What it takes from an instant, or nil when it is no date function.
  var calendarPart: CalendarPart? {
    switch self {
    case .minute: .minute
    case .hour: .hour
    case .dayOfWeek: .dayOfWeek
    case .dayOfMonth: .dayOfMonth
    case .dayOfYear: .dayOfYear
    case .daysInMonth: .daysInMonth
    case .month: .month
    case .year: .year
    default: nil
    }
  }
}

extension Evaluation {
  func calendar(
    _ part: CalendarPart,
    _ argument: Expression?,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    guard let argument else {
      let values = (0..<grid.count).map { index in
        part.value(ofUnixSeconds: Double(grid.time(index)) / 1_000)
      }
      return [Column(.empty, values)]
    }
    var columns = try vector(argument, on: grid)
    for index in columns.indices {
      columns[index].transform { part.value(ofUnixSeconds: $0) }
    }
    return try droppingNames(columns)
  }
}
