// SPDX-License-Identifier: MIT
import Architecture
import Foundation
import MetricModel
import Notifying
import Testing

@Suite struct TimeWindowTests {
  private func instant(_ text: String) throws -> Timestamp {
    let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
    let civil = try #require(
      CivilTime(
        year: numbers[0],
        month: numbers[1],
        day: numbers[2],
        hour: numbers.count > 3 ? numbers[3] : 0,
        minute: numbers.count > 4 ? numbers[4] : 0,
        second: numbers.count > 5 ? numbers[5] : 0
      )
    )
    return civil.instant
  }

  private func window(_ change: (inout TimeWindow.Part) -> Void) -> TimeWindow {
    var part = TimeWindow.Part()
    change(&part)
    return TimeWindow(name: "w", parts: [part])
  }

  private func zone(_ name: String) throws -> TimeZoneRules {
    let bytes = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))
    return try TimeZoneRules(name: name, zoneFile: Array(bytes))
  }

  @Test func `times begin with their first minute and end before their last`() throws {
    let nights = window { $0.minutes = [0..<360, 1_320..<1_440] }
    #expect(nights.contains(try instant("2026-03-01 00:00:00")))
    #expect(nights.contains(try instant("2026-03-01 05:59:59")))
    #expect(!nights.contains(try instant("2026-03-01 06:00:00")))
    #expect(!nights.contains(try instant("2026-03-01 21:59:59")))
    #expect(nights.contains(try instant("2026-03-01 23:59:59")))
  }

  @Test func `a week begins on Sunday`() throws {
    let weekend = window { $0.weekdays = [0...0, 6...6] }
    // 2026-03-01 is a Sunday.
    #expect(weekend.contains(try instant("2026-03-01")))
    #expect(!weekend.contains(try instant("2026-03-02")))
    #expect(!weekend.contains(try instant("2026-03-06 23:59")))
    #expect(weekend.contains(try instant("2026-03-07")))
  }

  @Test func `days of a month count from its end and stop at it`() throws {
    let lastThree = window { $0.monthDays = [.init(first: -3, last: -1)] }
    #expect(!lastThree.contains(try instant("2026-02-25")))
    #expect(lastThree.contains(try instant("2026-02-26")))
    #expect(lastThree.contains(try instant("2028-02-29")))
    let late = window { $0.monthDays = [.init(first: 29, last: 31)] }
    #expect(!late.contains(try instant("2026-02-28")))
    #expect(late.contains(try instant("2026-04-30")))
    let all = window { $0.monthDays = [.init(first: -31, last: -1)] }
    #expect(all.contains(try instant("2026-02-01")))
    let middle = window { $0.monthDays = [.init(first: 10, last: -10)] }
    #expect(middle.contains(try instant("2026-02-19")))
    #expect(!middle.contains(try instant("2026-02-20")))
  }

  @Test func `months and years are ranges, and all conditions must hold`() throws {
    let both = window {
      $0.months = [1...3, 12...12]
      $0.years = [2_026...2_027]
    }
    #expect(both.contains(try instant("2026-12-31")))
    #expect(both.contains(try instant("2027-03-31")))
    #expect(!both.contains(try instant("2027-04-01")))
    #expect(!both.contains(try instant("2028-01-01")))
  }

  @Test func `no condition always holds, and no part never does`() throws {
    #expect(window { _ in }.contains(try instant("2026-01-01")))
    #expect(!TimeWindow(name: "w", parts: []).contains(try instant("2026-01-01")))
  }

  @Test func `the clocks of the zone count, in summer and in winter`() throws {
    let berlin = try zone("Europe/Berlin")
    let hours = window {
      $0.minutes = [540..<1_020]
      $0.zone = berlin
    }
    #expect(!hours.contains(try instant("2026-01-15 07:59")))
    #expect(hours.contains(try instant("2026-01-15 08:00")))
    #expect(hours.contains(try instant("2026-07-15 07:00")))
    #expect(!hours.contains(try instant("2026-07-15 15:00")))
  }

  @Test func `a window ends where it is left, within the day or days later`() throws {
    let nights = window { $0.minutes = [0..<360, 1_320..<1_440] }
    let evening = try instant("2026-03-01 22:30")
    #expect(nights.end(of: evening) == (try instant("2026-03-02 06:00")))
    let weekend = window { $0.weekdays = [0...0, 6...6] }
    #expect(weekend.end(of: try instant("2026-03-07 12:00")) == (try instant("2026-03-09 00:00")))
    #expect(window { _ in }.end(of: evening) == nil)
  }

  @Test func `no boundary is missed when the clocks change`() throws {
    let berlin = try zone("Europe/Berlin")
    for (day, minutes) in [("2026-03-29", 60..<210), ("2026-10-25", 120..<170)] {
      let early = window {
        $0.minutes = [minutes]
        $0.zone = berlin
      }
      var jumps: [Timestamp] = []
      var slow = try instant("\(day) 00:00") - .seconds(7_200)
      let end = slow + .seconds(86_400)
      var was = early.contains(slow)
      while slow < end {
        slow = slow + .seconds(60)
        if early.contains(slow) != was {
          jumps.append(slow)
          was.toggle()
        }
      }
      var found: [Timestamp] = []
      var quick = try instant("\(day) 00:00") - .seconds(7_200)
      was = early.contains(quick)
      while quick < end {
        let next = early.nextBoundary(after: quick)
        #expect(next > quick)
        quick = next
        if early.contains(quick) != was {
          found.append(quick)
          was.toggle()
        }
      }
      #expect(found == jumps)
      #expect(!jumps.isEmpty)
    }
  }
}
