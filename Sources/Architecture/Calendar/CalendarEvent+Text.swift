// SPDX-License-Identifier: MIT

/// Why a text is no calendar event.
package struct CalendarEventFault: Error, Equatable, Sendable {
  /// What is wrong and what is allowed, as half a sentence.
  package let reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}

extension CalendarEvent {
  /// The most bytes a schedule may have.
  package static let textBytesMax = 256

  static let weekdayNames = [
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
  ]
  private static let named = [
    "minutely": "*:*", "hourly": "*:00", "daily": "00:00", "weekly": "mon 00:00",
    "monthly": "*-01 00:00", "yearly": "01-01 00:00", "annually": "01-01 00:00",
    "quarterly": "01,04,07,10-01 00:00", "semiannually": "01,07-01 00:00",
    "semi-annually": "01,07-01 00:00",
  ]

  /// Reads a schedule such as `mon..fri 00:00`, `sat *-1..7 15:00`, `*/15` or `daily`.
  ///
  /// The parts are weekdays, a date and a time, each optional, then `UTC`; a single number is the
  /// minute of every hour.
  ///
  /// - Throws: ``CalendarEventFault`` that names the part and what is allowed there.
  package init(parsing text: String) throws(CalendarEventFault) {
    guard text.utf8.count <= Self.textBytesMax else {
      throw CalendarEventFault("is longer than \(Self.textBytesMax) bytes")
    }
    var parts = text.split { $0 == " " || $0 == "\t" }
    isUTC = parts.last == "UTC"
    if isUTC { parts.removeLast() }
    if parts.count == 1, let spelt = Self.named[String(parts[0])] {
      parts = Substring(spelt).split(separator: " ")
    }
    guard !parts.isEmpty else {
      throw CalendarEventFault("must name weekdays, a date or a time, such as mon..fri 00:00")
    }
    var weekdays: CalendarField?
    if parts.first?.first?.isLetter == true {
      weekdays = try Self.weekdays(parts.removeFirst())
    }
    self.weekdays = weekdays
    if let date = parts.first, date.contains("-") {
      parts.removeFirst()
      (years, months, days) = try Self.date(date)
    } else {
      (years, months, days) = (nil, nil, nil)
    }
    let midnight = CalendarField([0], of: 0...59)
    if let time = parts.first {
      parts.removeFirst()
      (hours, minutes, seconds) = try Self.time(time)
    } else {
      (hours, minutes, seconds) = (midnight, midnight, midnight)
    }
    if let rest = parts.first {
      throw CalendarEventFault(
        "has \"\(rest)\" where nothing more is allowed: weekdays, date, time, UTC, in this order"
      )
    }
  }

  private static func weekdays(_ text: Substring) throws(CalendarEventFault) -> CalendarField? {
    var found: Set<Int> = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let (first, last) = item.splitRange()
      let start = try weekday(first)
      guard let last else {
        found.insert(start)
        continue
      }
      let end = try weekday(last)
      // A range may go over the end of the week: fri..mon.
      for step in 0...((end - start + 7) % 7) { found.insert((start + step) % 7) }
    }
    return CalendarField(found, of: 0...6)
  }

  private static func weekday(_ text: Substring) throws(CalendarEventFault) -> Int {
    let name = text.lowercased()
    guard let day = weekdayNames.firstIndex(where: { $0 == name || $0.prefix(3) == name }) else {
      throw CalendarEventFault("has \"\(text)\" where a weekday such as mon or monday belongs")
    }
    return day
  }

  private static func date(
    _ text: Substring
  ) throws(CalendarEventFault) -> (CalendarField?, CalendarField?, CalendarField?) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3 else {
      throw CalendarEventFault("has \"\(text)\" where a date such as *-1..7 or 2026-12-24 belongs")
    }
    let years = parts.count == 3 ? try field(parts[0], "year", 0...yearRange.upperBound) : nil
    let months = try field(parts[parts.count - 2], "month", 1...12)
    return (years, months, try field(parts[parts.count - 1], "day", 1...31))
  }

  private static func time(
    _ text: Substring
  ) throws(CalendarEventFault) -> (CalendarField?, CalendarField?, CalendarField?) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 3 else {
      throw CalendarEventFault("has \"\(text)\" where a time such as 22:30 belongs")
    }
    let hours = parts.count > 1 ? try field(parts[0], "hour", 0...23) : nil
    let minutes = try field(parts.count > 1 ? parts[1] : parts[0], "minute", 0...59)
    let seconds =
      parts.count == 3 ? try field(parts[2], "second", 0...59) : CalendarField([0], of: 0...59)
    return (hours, minutes, seconds)
  }

  private static func field(
    _ text: Substring,
    _ name: String,
    _ range: ClosedRange<Int>
  ) throws(CalendarEventFault) -> CalendarField? {
    if text == "*" { return nil }
    var found: Set<Int> = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let halves = item.split(separator: "/", omittingEmptySubsequences: false)
      let values = try Self.values(halves[0], name, range, isStepped: halves.count == 2)
      guard halves.count <= 2 else { throw fault(item, name, range) }
      let step = halves.count == 2 ? try number(halves[1], name, 1...range.upperBound) : 1
      found.formUnion(stride(from: values.lowerBound, through: values.upperBound, by: step))
    }
    return CalendarField(found, of: range)
  }

  private static func values(
    _ text: Substring,
    _ name: String,
    _ range: ClosedRange<Int>,
    isStepped: Bool
  ) throws(CalendarEventFault) -> ClosedRange<Int> {
    if text == "*", isStepped { return range }
    let (first, last) = text.splitRange()
    let start = try number(first, name, range)
    guard let last else { return start...(isStepped ? range.upperBound : start) }
    let end = try number(last, name, range)
    guard start <= end else {
      throw CalendarEventFault("has \"\(text)\", a range of \(name)s whose start is after its end")
    }
    return start...end
  }

  private static func number(
    _ text: Substring,
    _ name: String,
    _ range: ClosedRange<Int>
  ) throws(CalendarEventFault) -> Int {
    let isPlain = !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
    guard isPlain, let number = Int(text), range.contains(number) else {
      throw fault(text, name, range)
    }
    return number
  }

  private static func fault(
    _ text: Substring,
    _ name: String,
    _ range: ClosedRange<Int>
  ) -> CalendarEventFault {
    CalendarEventFault(
      "has \"\(text)\" for the \(name), which goes from \(range.lowerBound) to \(range.upperBound)"
    )
  }
}

extension Substring {
  /// `a..b` in two, anything else whole.
  fileprivate func splitRange() -> (first: Substring, last: Substring?) {
    guard let dots = firstRange(ofDots: "..") else { return (self, nil) }
    return (self[..<dots.lowerBound], self[dots.upperBound...])
  }

  private func firstRange(ofDots dots: String) -> Range<Index>? {
    var place = startIndex
    while place < endIndex {
      if self[place...].hasPrefix(dots) { return place..<index(place, offsetBy: 2) }
      formIndex(after: &place)
    }
    return nil
  }
}

extension CalendarEvent: CustomStringConvertible {
  /// The canonical spelling, which reads back as the same event.
  package var description: String {
    var parts: [String] = []
    if let weekdays {
      parts.append(weekdays.text { String(Self.weekdayNames[$0].prefix(3)) })
    }
    if years != nil || months != nil || days != nil {
      let year = years.map { [$0.text(of: 0...Self.yearRange.upperBound, \.description)] } ?? []
      let month = months?.text(of: 1...12, \.paddedText) ?? "*"
      let day = days?.text(of: 1...31, \.paddedText) ?? "*"
      parts.append((year + [month, day]).joined(separator: "-"))
    }
    var time = [
      hours?.text(of: 0...23, \.paddedText) ?? "*", minutes?.text(of: 0...59, \.paddedText) ?? "*",
    ]
    if seconds?.values != [0] { time.append(seconds?.text(of: 0...59, \.paddedText) ?? "*") }
    parts.append(time.joined(separator: ":"))
    if isUTC { parts.append("UTC") }
    return parts.joined(separator: " ")
  }
}
