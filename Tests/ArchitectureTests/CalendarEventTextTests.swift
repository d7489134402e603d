// SPDX-License-Identifier: MIT
import Architecture
import TestSupport
import Testing

@Suite struct CalendarEventTextTests {
  @Test(arguments: [
    ("mon..fri 00:00", "mon..fri 00:00"), ("mon..fri", "mon..fri 00:00"),
    ("Monday..FRI 0:0", "mon..fri 00:00"), ("mon,tue,wed,thu,fri 0:00:00", "mon..fri 00:00"),
    ("sat 18:15", "sat 18:15"), ("*/15", "*:*/15"), ("0/15", "*:*/15"), ("22", "*:22"),
    ("0:30", "00:30"), ("mon..fri 8..17,22:0/15", "mon..fri 08..17,22:*/15"),
    ("sat *-1..7 15:00", "sat *-01..07 15:00"), ("fri..mon 3:00", "mon,fri..sun 03:00"),
    ("mon..sun 4:00", "04:00"), ("2026-12-24 18:00", "2026-12-24 18:00"), ("2-29", "02-29 00:00"),
    ("*-*-1/10 1:00", "*-*/10 01:00"), ("*-2/10 1:00", "*-02/10 01:00"),
    ("8..18/5:30", "08,13,18:30"), ("1:2:3", "01:02:03"),
    ("*:*:*/20", "*:*:*/20"), ("12:00 UTC", "12:00 UTC"), ("daily", "00:00"),
    ("daily UTC", "00:00 UTC"), ("weekly", "mon 00:00"), ("monthly", "*-01 00:00"),
    ("hourly", "*:00"), ("minutely", "*:*"), ("yearly", "01-01 00:00"),
    ("annually", "01-01 00:00"), ("quarterly", "*/3-01 00:00"), ("semiannually", "01,07-01 00:00"),
    ("semi-annually", "01,07-01 00:00"), ("mon,wed,fri 1:00", "mon,wed,fri 01:00"),
  ])
  func `a schedule has one canonical spelling, which means the same`(
    text: String,
    canonical: String
  ) throws {
    let event = try CalendarEvent(parsing: text)
    #expect(event.description == canonical)
    #expect(try CalendarEvent(parsing: canonical) == event)
  }

  @Test(arguments: [
    ("", "must name weekdays, a date or a time, such as mon..fri 00:00"),
    ("UTC", "must name weekdays, a date or a time, such as mon..fri 00:00"),
    ("mo 1:00", "has \"mo\" where a weekday such as mon or monday belongs"),
    ("mon.. 1:00", "has \"\" where a weekday such as mon or monday belongs"),
    ("mon,,tue", "has \"\" where a weekday such as mon or monday belongs"),
    ("25:00", "has \"25\" for the hour, which goes from 0 to 23"),
    ("1:60", "has \"60\" for the minute, which goes from 0 to 59"),
    ("1:2:3:4", "has \"1:2:3:4\" where a time such as 22:30 belongs"),
    ("17..8:00", "has \"17..8\", a range of hours whose start is after its end"),
    ("*/0", "has \"0\" for the minute, which goes from 1 to 59"),
    ("1/2/3", "has \"1/2/3\" for the minute, which goes from 0 to 59"),
    ("13-01", "has \"13\" for the month, which goes from 1 to 12"),
    ("1-32", "has \"32\" for the day, which goes from 1 to 31"),
    ("1-2-3-4", "has \"1-2-3-4\" where a date such as *-1..7 or 2026-12-24 belongs"),
    ("2200-1-1", "has \"2200\" for the year, which goes from 0 to 2199"),
    (
      "1:00 mon",
      "has \"mon\" where nothing more is allowed: weekdays, date, time, UTC, in this order"
    ),
    ("-1:00", "has \"\" for the month, which goes from 1 to 12"),
    ("+1", "has \"+1\" for the minute, which goes from 0 to 59"),
  ])
  func `a faulty schedule names the part and what is allowed`(text: String, reason: String) {
    let fault = #expect(throws: CalendarEventFault.self) { try CalendarEvent(parsing: text) }
    #expect(fault?.reason == reason)
  }

  @Test func `a schedule too long to be one is refused`() {
    let text = String(repeating: "1,", count: 200) + "1"
    #expect(throws: CalendarEventFault.self) { try CalendarEvent(parsing: text) }
  }

  @Test(arguments: [UInt64(7), 8, 9])
  func `any text is read or refused, and what is read spells itself`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let parts = [
      "mon", "fri", "sunday", "..", ",", "-", ":", "/", "*", " ", "0", "1", "7", "15", "59", "99",
      "2026", "UTC", "daily", "é", "\t", "31", "02",
    ]
    var read = 0
    for _ in 0..<6_000 {
      let count = Int.random(in: 1...9, using: &random)
      let text = (0..<count).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
      guard let event = try? CalendarEvent(parsing: text) else { continue }
      read += 1
      #expect((try? CalendarEvent(parsing: event.description)) == event, "seed \(seed): \(text)")
    }
    #expect(read > 100)
  }
}
