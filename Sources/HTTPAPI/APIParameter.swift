// SPDX-License-Identifier: MIT
import Configuration
import MetricModel

/// Reads parameters as Prometheus' API takes them.
enum APIParameter {
  /// Unix seconds with a fraction, or RFC 3339.
  static func time(_ text: String, name: String) throws(APIFailure) -> Timestamp {
    if let seconds = Double(text), seconds.isFinite { return Timestamp(unixSeconds: seconds) }
    if let time = rfc3339(text) { return time }
    throw APIFailure(
      type: "bad_data",
      message: "invalid parameter \"\(name)\": invalid time value for '\(name)': "
        + "cannot parse \"\(text)\" to a valid timestamp"
    )
  }

  /// Seconds with a fraction, or a span such as `1m30s`.
  static func span(_ text: String, name: String) throws(APIFailure) -> Duration {
    if let seconds = Double(text), seconds > 0, seconds < 1e9 { return .seconds(seconds) }
    if let span = QuantityText.span(text), span > .zero { return span }
    throw APIFailure(
      type: "bad_data",
      message: "invalid parameter \"\(name)\": cannot parse \"\(text)\" to a valid duration"
    )
  }

  /// `2015-07-01T20:10:51.781Z` or with an offset such as `+02:00`.
  private static func rfc3339(_ text: String) -> Timestamp? {
    let bytes = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int64? {
      guard range.upperBound <= bytes.count else { return nil }
      let digits = bytes[range]
      guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
      return digits.reduce(0) { $0 * 10 + Int64($1 - 48) }
    }
    func has(_ character: Character, at index: Int) -> Bool {
      index < bytes.count && bytes[index] == character.asciiValue
    }
    guard let year = number(0..<4), has("-", at: 4), let month = number(5..<7), has("-", at: 7),
      let day = number(8..<10), has("T", at: 10) || has("t", at: 10),
      let hour = number(11..<13), has(":", at: 13), let minute = number(14..<16),
      has(":", at: 16), let second = number(17..<19),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    var rest = bytes[19...]
    var milliseconds: Int64 = 0
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix { (48...57).contains($0) }
      guard !fraction.isEmpty else { return nil }
      let scaled = (fraction.prefix(3).map { Int64($0 - 48) } + [0, 0]).prefix(3)
      milliseconds = scaled.reduce(0) { $0 * 10 + $1 }
      rest = rest.dropFirst(1 + fraction.count)
    }
    guard let offset = offsetMinutes(Array(rest)) else { return nil }
    let days = daysSinceEpoch(year: year, month: month, day: day)
    let minutes = (days * 24 + hour) * 60 + minute - offset
    return Timestamp(unixMilliseconds: (minutes * 60 + second) * 1_000 + milliseconds)
  }

  private static func offsetMinutes(_ bytes: [UInt8]) -> Int64? {
    if bytes == Array("Z".utf8) || bytes == Array("z".utf8) { return 0 }
    guard bytes.count == 6, bytes[3] == UInt8(ascii: ":") else { return nil }
    let digits = [bytes[1], bytes[2], bytes[4], bytes[5]]
    guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    let numbers = digits.map { Int64($0 - 48) }
    let minutes = (numbers[0] * 10 + numbers[1]) * 60 + numbers[2] * 10 + numbers[3]
    switch bytes[0] {
    case UInt8(ascii: "+"): return minutes
    case UInt8(ascii: "-"): return -minutes
    default: return nil
    }
  }

  /// Days from 1970-01-01 in the proleptic Gregorian calendar, counted from 1 March of year 0 so
  /// that the leap day is the last of its year.
  private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
