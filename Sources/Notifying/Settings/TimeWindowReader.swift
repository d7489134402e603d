// SPDX-License-Identifier: MIT
import Architecture
import Configuration
import YAML

/// Reads `time_intervals`, which routes name to be quiet within or outside them.
struct TimeWindowReader {
  private static let weekdays = [
    "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
  ]
  private static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
  ]

  /// The windows by name; faults are noted in the section.
  static func read(_ section: SettingsSection) -> [String: TimeWindow] {
    var windows: [String: TimeWindow] = [:]
    for item in section.sections("time_intervals") {
      let name = item.requiredText("name", "routes call the interval by it")
      _ = item.require("time_intervals", "a list of times, weekdays, days, months and years")
      let parts = item.sections("time_intervals").map { part($0) }
      guard !name.isEmpty else { continue }
      if windows[name] != nil {
        item.report("name", "\"\(name)\" is taken by another interval")
      }
      windows[name] = TimeWindow(name: name, parts: parts)
    }
    return windows
  }

  private static func part(_ section: SettingsSection) -> TimeWindow.Part {
    var part = TimeWindow.Part()
    part.minutes = section.sections("times").compactMap { minutes($0) }
    part.weekdays = ranges(section, "weekdays") { weekdays.firstIndex(of: $0) }
    part.monthDays = section.texts("days_of_month").compactMap { text, mark in
      monthDays(text, section, mark)
    }
    part.months = ranges(section, "months") { word in
      months.firstIndex(of: word).map { $0 + 1 }
        ?? Int(word).flatMap { (1...12).contains($0) ? $0 : nil }
    }
    part.years = ranges(section, "years") { word in
      Int(word).flatMap { (1_970...9_999).contains($0) ? $0 : nil }
    }
    part.zone = section.timeZone("location") ?? .utc
    return part
  }

  private static func minutes(_ section: SettingsSection) -> Range<Int>? {
    guard section.require("start_time", "such as 22:00"),
      section.require("end_time", "such as 24:00"),
      let start = minute(section, "start_time"), let end = minute(section, "end_time")
    else { return nil }
    guard start < end else {
      section.report(
        "end_time",
        "must be later than start_time: write two items for a night, up to 24:00 and from 00:00"
      )
      return nil
    }
    return start..<end
  }

  private static func minute(_ section: SettingsSection, _ key: String) -> Int? {
    guard let text = section.text(key) else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }),
      let hour = Int(parts[0]), let minute = Int(parts[1]), (0...59).contains(minute),
      (0...23).contains(hour) || (hour == 24 && minute == 0)
    {
      return hour * 60 + minute
    }
    section.report(key, "must be a time of day from 00:00 to 24:00, not \"\(text)\"")
    return nil
  }

  private static func monthDays(
    _ text: String,
    _ section: SettingsSection,
    _ mark: YAMLMark
  ) -> TimeWindow.MonthDays? {
    func report(_ message: String) {
      section.report("days_of_month", at: mark, "\(text): \(message)")
    }
    let bounds = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(bounds.count), let first = bounds[0],
      let last = bounds[bounds.count - 1],
      [first, last].allSatisfy({ $0 != 0 && (-31...31).contains($0) })
    else {
      report("must be a day from 1 to 31 or -31 to -1, or two with a colon, such as -3:-1")
      return nil
    }
    if first < 0, last > 0 {
      report("an end counted from the month's begin cannot follow a begin counted from its end")
      return nil
    }
    if (first > 0) == (last > 0), first > last {
      report("goes backwards")
      return nil
    }
    return TimeWindow.MonthDays(first: first, last: last)
  }

  private static func ranges(
    _ section: SettingsSection,
    _ key: String,
    _ number: (String) -> Int?
  ) -> [ClosedRange<Int>] {
    section.texts(key).compactMap { text, mark in
      let words = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
      let bounds = words.map { number(String($0)) }
      guard (1...2).contains(bounds.count), let first = bounds[0],
        let last = bounds[bounds.count - 1]
      else {
        let example = Self.examples[key] ?? ""
        section.report(key, at: mark, "\(text): must be \(example)")
        return nil
      }
      guard first <= last else {
        let week = key == "weekdays" ? ", as a week begins on Sunday" : ""
        section.report(key, at: mark, "\(text): goes backwards\(week): write two items")
        return nil
      }
      return first...last
    }
  }

  private static let examples = [
    "weekdays": "a day such as monday, or two with a colon, such as monday:friday",
    "months": "a month such as 12 or december, or two with a colon, such as 1:3",
    "years": "a year such as 2027, or two with a colon, such as 2026:2027",
  ]
}
