// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import TestSupport
import Testing

@Suite struct CalendarEventRunTests {
  private let berlin: TimeZoneRules

  init() throws {
    berlin = try Zones.named("Europe/Berlin")
  }

  /// The runs in a span, walked forwards.
  private func runs(_ text: String, from first: String, to last: String) throws -> [Timestamp] {
    let event = try CalendarEvent(parsing: text)
    var runs: [Timestamp] = []
    var now = Zones.utc(first)
    while let run = event.next(after: now, in: berlin), run < Zones.utc(last), runs.count < 5_000 {
      runs.append(run)
      now = run
    }
    return runs
  }

  /// The same runs, walked backwards.
  private func reversed(_ text: String, from first: String, to last: String) throws -> [Timestamp] {
    let event = try CalendarEvent(parsing: text)
    var runs: [Timestamp] = []
    var now = Zones.utc(last)
    while let run = event.previous(before: now, in: berlin), run > Zones.utc(first),
      runs.count < 5_000
    {
      runs.append(run)
      now = run
    }
    return runs.reversed()
  }

  @Test(arguments: 21...34)
  func `around the spring change every day has one midnight, at the offset of its day`(
    day: Int
  ) throws {
    let date = day <= 31 ? "2027-03-\(day)" : "2027-04-\(day - 31)"
    let midnight = Zones.utc("\(date) 00:00") - .seconds(day <= 28 ? 3_600 : 7_200)
    let event = try CalendarEvent(parsing: "00:00")
    #expect(event.next(after: midnight - .seconds(1), in: berlin) == midnight)
    #expect(event.previous(before: midnight + .milliseconds(1), in: berlin) == midnight)
    let following = Zones.utc("\(date) 00:00") + .seconds(86_400 - (day < 28 ? 3_600 : 7_200))
    #expect(event.next(after: midnight, in: berlin) == following)
    #expect(event.previous(before: following, in: berlin) == midnight)
  }

  @Test(arguments: 18...31)
  func `around the autumn change every day has one midnight, at the offset of its day`(
    day: Int
  ) throws {
    let midnight = Zones.utc("2026-10-\(day) 00:00") - .seconds(day <= 25 ? 7_200 : 3_600)
    let event = try CalendarEvent(parsing: "00:00")
    #expect(event.next(after: midnight - .seconds(1), in: berlin) == midnight)
    let following =
      Zones.utc("2026-10-\(day) 00:00") + .seconds(86_400 - (day < 25 ? 7_200 : 3_600))
    #expect(event.next(after: midnight, in: berlin) == following)
    #expect(event.previous(before: following, in: berlin) == midnight)
  }

  @Test(arguments: 18...31)
  func `a time in the repeated hour runs once a day, at its first passing`(day: Int) throws {
    let run = Zones.utc("2026-10-\(day) 02:30") - .seconds(day <= 25 ? 7_200 : 3_600)
    let event = try CalendarEvent(parsing: "2:30")
    let noon = Zones.utc("2026-10-\(day) 12:00")
    #expect(event.next(after: noon - .seconds(43_200), in: berlin) == run)
    #expect(event.previous(before: noon, in: berlin) == run)
    let again = event.repeatedSpan(at: run, in: berlin)
    #expect(again == (day == 25 ? .seconds(3_600) : .zero))
    // From within the second passing, the run of that night has been.
    if day == 25 {
      let second = run + .seconds(3_600 + 600)
      #expect(event.previous(before: second, in: berlin) == run)
      #expect(event.previous(before: second - .seconds(3_000), in: berlin) == run)
      #expect(event.next(after: run + .seconds(600), in: berlin) == run + .seconds(90_000))
    }
  }

  @Test(arguments: 21...31)
  func `a time in the hour that is left out has no run that day`(day: Int) throws {
    let found = try runs("2:30", from: "2027-03-\(day) 00:00", to: "2027-03-\(day) 12:00")
    let run = Zones.utc("2027-03-\(day) 02:30") - .seconds(day <= 28 ? 3_600 : 7_200)
    #expect(found == (day == 28 ? [] : [run]))
  }

  @Test(arguments: [
    ("2027-03-21 00:00", "2027-04-04 00:00"), ("2026-10-18 00:00", "2026-11-01 00:00"),
  ])
  func `working nights of two weeks around a change are ten, at midnight`(
    first: String,
    last: String
  ) throws {
    let found = try runs("mon..fri 00:00", from: first, to: last)
    #expect(found.count == 10)
    #expect(found.allSatisfy { berlin.wallText(at: $0).hasSuffix(" 00:00") })
  }

  @Test(arguments: [
    "mon..fri 00:00", "*/15", "2:30", "02..03:0/20", "sun 2:0", "*-*-28 2:59:59", "1:30 UTC",
    "fri..mon 23:45", "*:*/7:30",
  ])
  func `walking backwards meets the runs of walking forwards`(text: String) throws {
    for (first, last) in [
      ("2027-03-26 23:59", "2027-03-30 00:00"), ("2026-10-23 23:59", "2026-10-27 00:00"),
      ("2026-12-30 00:00", "2027-01-02 23:00"),
    ] {
      let forwards = try runs(text, from: first, to: last)
      #expect(try reversed(text, from: first, to: last) == forwards)
      #expect(zip(forwards, forwards.dropFirst()).allSatisfy(<))
    }
  }

  @Test func `quarters of an hour go on over both changes`() throws {
    let spring = try runs("*/15", from: "2027-03-27 23:59", to: "2027-03-28 04:00")
    #expect(spring.count == 16)
    #expect(zip(spring, spring.dropFirst()).allSatisfy { $1 - $0 == .seconds(900) })
    // The second passing of the repeated hour has no runs.
    let autumn = try runs("*/15", from: "2026-10-24 23:59", to: "2026-10-25 04:01")
    #expect(autumn.count == 17 - 4)
  }

  @Test func `years end and leap days come round`() throws {
    #expect(
      try runs("00:00", from: "2026-12-30 12:00", to: "2027-01-02 12:00")
        == ["2026-12-30 23:00", "2026-12-31 23:00", "2027-01-01 23:00"].map(Zones.utc)
    )
    #expect(
      try runs("02-29 12:00", from: "2095-01-01 00:00", to: "2110-01-01 00:00")
        == ["2096-02-29 11:00", "2104-02-29 11:00", "2108-02-29 11:00"].map(Zones.utc)
    )
    #expect(
      try runs("sat 02-29", from: "2026-01-01 00:00", to: "2060-01-01 00:00")
        == ["2048-02-28 23:00"].map(Zones.utc)
    )
    #expect(try runs("02-30", from: "1970-01-01 00:00", to: "2199-01-01 00:00") == [])
    #expect(try runs("2020-01-01", from: "2026-01-01 00:00", to: "2199-01-01 00:00") == [])
    #expect(try runs("*-31 12:00", from: "2026-01-01 00:00", to: "2027-01-01 00:00").count == 7)
  }

  @Test func `after Friday's run the next is Monday's, 72 hours later`() throws {
    let found = try runs("mon..fri 00:00", from: "2026-11-19 12:00", to: "2026-11-24 12:00")
    #expect(found == ["2026-11-19 23:00", "2026-11-22 23:00", "2026-11-23 23:00"].map(Zones.utc))
  }

  @Test(arguments: [UInt64(1), 2])
  func `any event at any instant answers in order or not at all`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let zones = try [
      "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca",
    ]
    .map(Zones.named)
    let texts = [
      "*/15", "2:30", "mon 02-29", "2030-*-*/9 *:59", "sun *-*-25..31 2,3:*/17:9", "*:*:*", "1-1",
    ]
    for _ in 0..<1_200 {
      let event = try CalendarEvent(parsing: texts.randomElement(using: &random) ?? "")
      let zone = try #require(zones.randomElement(using: &random))
      let isFar = Int.random(in: 0..<10, using: &random) == 0
      let now = Timestamp(
        unixMilliseconds: isFar
          ? Int64.random(in: .min ... .max, using: &random)
          : Int64.random(in: 0..<7_000_000_000_000, using: &random)
      )
      let (next, previous) = (
        event.next(after: now, in: zone), event.previous(before: now, in: zone)
      )
      if let next {
        #expect(next > now || isFar, "seed \(seed)")
        if !isFar, let back = event.previous(before: next, in: zone) {
          #expect(back <= now, "seed \(seed): \(event) \(zone.name) \(now)")
        }
      }
      if let previous, !isFar {
        #expect(previous < now, "seed \(seed)")
        #expect(event.next(after: previous - .milliseconds(1), in: zone) == previous)
      }
    }
  }

  @Test func `the ends of time have no run beyond them`() throws {
    let event = try CalendarEvent(parsing: "daily")
    #expect(event.next(after: .distantFuture, in: berlin) == nil)
    #expect(event.previous(before: .distantPast, in: berlin) == nil)
    #expect(event.previous(before: Timestamp(unixMilliseconds: .min), in: .utc) == nil)
    #expect(event.next(after: Timestamp(unixMilliseconds: .max), in: .utc) == nil)
    #expect(event.next(after: .distantPast, in: .utc) == .epoch)
  }
}
