// SPDX-License-Identifier: MIT
import Testing

@testable import Simulator

@Suite struct BerlinCalendarTests {
  private func text(_ seconds: Int64) -> String {
    BerlinCalendar.wallTime(atUnixSeconds: seconds).text()
  }

  @Test func `a wall clock in Berlin turns twice a year`() {
    #expect(text(1_795_508_100) == "2026-11-24 09:15:00")
    #expect(text(0) == "1970-01-01 01:00:00")
    // The last Sunday of March 2026 is the 29th, that of October the 25th.
    #expect(text(1_774_745_999) == "2026-03-29 01:59:59")
    #expect(text(1_774_746_000) == "2026-03-29 03:00:00")
    #expect(text(1_792_889_999) == "2026-10-25 02:59:59")
    #expect(text(1_792_890_000) == "2026-10-25 02:00:00")
    #expect(text(1_709_161_200) == "2024-02-29 00:00:00")
  }

  @Test func `midnights of working days leave out the week-end`() {
    let midnights = BerlinCalendar.weekdayMidnights(
      notAfterUnixSeconds: 1_795_508_100,
      count: 5
    )
    #expect(
      midnights == [1_795_474_800, 1_795_388_400, 1_795_129_200, 1_795_042_800, 1_794_956_400]
    )
    #expect(
      midnights.map(text).map { String($0.prefix(10)) } == [
        "2026-11-24", "2026-11-23", "2026-11-20", "2026-11-19", "2026-11-18",
      ]
    )
    #expect(BerlinCalendar.nextWeekdayMidnight(afterUnixSeconds: 1_795_508_100) == 1_795_561_200)
  }

  @Test func `every midnight around both turns is midnight`() {
    for start: Int64 in [1_774_746_000, 1_792_890_000] {
      var now = start - 7 * 86_400
      while now < start + 7 * 86_400 {
        let next = BerlinCalendar.nextWeekdayMidnight(afterUnixSeconds: now)
        #expect(text(next).hasSuffix(" 00:00:00"))
        let last = BerlinCalendar.weekdayMidnights(notAfterUnixSeconds: now, count: 1)[0]
        #expect(last <= now && now < next && text(last).hasSuffix(" 00:00:00"))
        now += 1_801
      }
    }
  }
}
