// SPDX-License-Identifier: MIT

// Source: RFC 3339, section 5.6.
extension Timestamp {
  /// RFC 3339 in UTC with as many decimals as the milliseconds need, such as
  /// `2026-01-02T03:04:05.25Z`.
  package var rfc3339Text: String {
    let time = CivilTime(self)
    var text = "\(time.dateText)T\(time.timeText)"
    if time.millisecond > 0 {
      var decimals = CivilTime.padded(time.millisecond, 3)
      while decimals.hasSuffix("0") { decimals.removeLast() }
      text += ".\(decimals)"
    }
    return text + "Z"
  }

  /// Reads RFC 3339, such as `2015-07-01T20:10:51.781Z` or with an offset such as `+02:00`.
  ///
  /// Decimals beyond milliseconds are dropped; a leap second is the first second of the next
  /// minute. Nil when it is not such a text or there is no such day.
  package init?(rfc3339 text: String) {
    var bytes = Array(text.utf8)[...]
    guard let year = bytes.takeDigits(4), bytes.take("-"), let month = bytes.takeDigits(2),
      bytes.take("-"), let day = bytes.takeDigits(2), bytes.take("T") || bytes.take("t"),
      let hour = bytes.takeDigits(2), bytes.take(":"), let minute = bytes.takeDigits(2),
      bytes.take(":"), let second = bytes.takeDigits(2), second <= 60,
      let millisecond = bytes.takeMilliseconds(), let offset = bytes.takeOffset(), bytes.isEmpty,
      let time = CivilTime(
        year: year,
        month: month,
        day: day,
        hour: hour,
        minute: minute,
        second: min(second, 59),
        millisecond: millisecond
      )
    else { return nil }
    self = time.instant - .seconds(offset * 60 - (second == 60 ? 1 : 0))
  }
}

extension CivilTime {
  /// The date, such as `2026-01-02`.
  package var dateText: String {
    "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
  }

  /// The time of day to the second, such as `03:04:05`.
  package var timeText: String {
    "\(Self.padded(hour, 2)):\(Self.padded(minute, 2)):\(Self.padded(second, 2))"
  }

  fileprivate static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension ArraySlice<UInt8> {
  fileprivate mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard first == UInt8(ascii: character) else { return false }
    removeFirst()
    return true
  }

  /// Takes exactly so many digits.
  fileprivate mutating func takeDigits(_ count: Int) -> Int? {
    let digits = prefix(count)
    guard digits.count == count, digits.allSatisfy(\.isDigit) else { return nil }
    removeFirst(count)
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  /// Takes a point and its decimals if there are any; nil for a point without decimals.
  fileprivate mutating func takeMilliseconds() -> Int? {
    guard take(".") else { return 0 }
    let decimals = prefix(while: \.isDigit)
    guard !decimals.isEmpty else { return nil }
    removeFirst(decimals.count)
    var three = (decimals.prefix(3) + Array("00".utf8)).prefix(3)
    return three.takeDigits(3)
  }

  /// Takes the distance from UTC in minutes.
  fileprivate mutating func takeOffset() -> Int? {
    if take("Z") || take("z") { return 0 }
    let sign: Int
    if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
    guard let hours = takeDigits(2), hours < 24, take(":"), let minutes = takeDigits(2),
      minutes < 60
    else { return nil }
    return sign * (hours * 60 + minutes)
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
