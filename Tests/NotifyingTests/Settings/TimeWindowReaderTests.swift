// SPDX-License-Identifier: MIT
import Architecture
import Configuration
import Foundation
import Notifying
import TestSupport
import Testing

@Suite struct TimeWindowReaderTests {
  private func read(
    _ intervals: String,
    route: String = "{receiver: a}"
  ) -> (settings: NotificationSettings?, issues: [String]) {
    let text = """
      notifications:
        receivers: [{name: a}, {name: b}]
        route: \(route)
        time_intervals: \(intervals)
      """
    let environment = SettingsEnvironment(
      readFile: { _ throws(SettingsEnvironment.Unreadable) in
        throw SettingsEnvironment.Unreadable(reason: "no such file")
      },
      variable: { _ in nil },
      readTimeZone: { name throws(SettingsEnvironment.Unreadable) in
        guard let data = FileManager.default.contents(atPath: "/usr/share/zoneinfo/\(name)") else {
          throw SettingsEnvironment.Unreadable(reason: "no such file")
        }
        return Array(data)
      }
    )
    let tree = SettingsTree(parsing: Array(text.utf8), file: "f.yml", environment: environment)
    let settings = NotificationSettings.read(tree.root.section("notifications"), kinds: [])
    return (settings, tree.issues.map(\.description))
  }

  @Test func `every condition of an interval is read`() throws {
    let (settings, issues) = read(
      """
      [{name: quiet, time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}],
        weekdays: ['Monday:friday', sunday], days_of_month: ['1:5', -3:-1, 7],
        months: [1:3, december], years: [2026:2027, 2030], location: Europe/Berlin}, {}]}]
      """
    )
    #expect(issues == [])
    let window = try #require(settings?.timeWindows["quiet"])
    #expect(window.parts.count == 2)
    let part = window.parts[0]
    #expect(part.minutes == [1_320..<1_440])
    #expect(part.weekdays == [1...5, 0...0])
    #expect(
      part.monthDays == [
        .init(first: 1, last: 5), .init(first: -3, last: -1), .init(first: 7, last: 7),
      ]
    )
    #expect(part.months == [1...3, 12...12])
    #expect(part.years == [2_026...2_027, 2_030...2_030])
    #expect(part.zone.name == "Europe/Berlin")
    #expect(window.parts[1] == TimeWindow.Part())
  }

  @Test(arguments: [
    ("times: [{start_time: '22:00', end_time: '06:00'}]", "must be later than start_time"),
    ("times: [{start_time: '7:00', end_time: '08:00'}]", "must be a time of day"),
    ("times: [{start_time: '07:60', end_time: '08:00'}]", "must be a time of day"),
    ("times: [{start_time: '07:00', end_time: '24:01'}]", "must be a time of day"),
    ("times: [{start_time: '07:00'}]", "is required here"),
    ("weekdays: [saturday:sunday]", "goes backwards, as a week begins on Sunday"),
    ("weekdays: [moonday]", "must be a day such as monday"),
    ("days_of_month: [0]", "must be a day from 1 to 31"),
    ("days_of_month: ['5:1']", "goes backwards"),
    ("days_of_month: ['-1:5']", "cannot follow a begin counted from its end"),
    ("days_of_month: ['1:2:3']", "must be a day from 1 to 31"),
    ("months: [13]", "must be a month such as 12"),
    ("months: ['december:january']", "goes backwards"),
    ("years: [26]", "must be a year such as 2027"),
    ("location: Europe/Nowhere", "cannot be read from this machine's time zones"),
    ("location: ../etc/passwd", "must name a time zone"),
    ("hours: [1]", "is not a key hvsmon knows here"),
  ])
  func `a faulty condition is refused and named`(condition: String, message: String) {
    let (_, issues) = read("[{name: q, time_intervals: [{\(condition)}]}]")
    #expect(issues.count == 1)
    #expect(issues.first?.contains(message) == true, "\(issues)")
  }

  @Test func `routes name intervals that exist, and the first names none`() {
    let known = "[{name: nights, time_intervals: [{}]}]"
    let route = "{receiver: a, routes: [{receiver: b, mute_time_intervals: [nigths]}]}"
    #expect(
      read(known, route: route).issues.first?.contains(
        "there is no time interval \"nigths\"; did you mean \"nights\"?"
      ) == true
    )
    let root = "{receiver: a, active_time_intervals: [nights]}"
    #expect(
      read(known, route: root).issues.first?.contains("must not stand in the first route") == true
    )
    let twice = "[{name: q, time_intervals: [{}]}, {name: q, time_intervals: [{}]}]"
    #expect(read(twice).issues.first?.contains("taken by another interval") == true)
  }

  @Test func `random text in an interval is refused or read, never worse`() {
    var random = SeededRandom(seed: 20_261)
    let keys = ["weekdays", "days_of_month", "months", "years", "times"]
    for _ in 0..<2_000 {
      let length = Int.random(in: 0...12, using: &random)
      let text = String(
        (0..<length).map { _ in "0123456789:-amonfridy24".randomElement(using: &random) ?? "x" }
      )
      let key = keys.randomElement(using: &random) ?? "months"
      let value = key == "times" ? "{start_time: '\(text)', end_time: '23:00'}" : "'\(text)'"
      let (settings, issues) = read("[{name: q, time_intervals: [{\(key): [\(value)]}]}]")
      if issues.isEmpty {
        let window = settings?.timeWindows["q"]
        #expect(window?.nextBoundary(after: time(0)) ?? time(1) > time(0))
      }
    }
  }
}
