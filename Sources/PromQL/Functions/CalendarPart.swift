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
    // Beyond this, years are no longer what any calendar means.
    guard seconds.isFinite, seconds.magnitude < 1e16 else { return .nan }
    let time = CivilTime(unixSeconds: Int64(seconds))
    let value =
      switch self {
      case .minute: time.minute
      case .hour: time.hour
      case .dayOfWeek: time.weekday
      case .dayOfMonth: time.day
      case .dayOfYear: time.dayOfYear
      case .daysInMonth: time.daysInMonth
      case .month: time.month
      case .year: time.year
      }
    return Double(value)
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
