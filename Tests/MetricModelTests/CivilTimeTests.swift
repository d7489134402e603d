// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@Suite struct CivilTimeTests {
  @Test func `the epoch was a Thursday in January`() {
    let time = CivilTime(.epoch)
    #expect((time.year, time.month, time.day) == (1970, 1, 1))
    #expect((time.hour, time.minute, time.second, time.millisecond) == (0, 0, 0, 0))
    #expect((time.weekday, time.dayOfYear, time.daysInMonth) == (4, 1, 31))
    #expect(time.daysSinceEpoch == 0)
  }

  @Test func `instants before the epoch count forward within their day`() {
    let time = CivilTime(Timestamp(unixMilliseconds: -1))
    #expect((time.dateText, time.timeText, time.millisecond) == ("1969-12-31", "23:59:59", 999))
    #expect(time.weekday == 3)
    #expect(CivilTime(unixSeconds: -62_167_219_200).dateText == "0000-01-01")
    #expect(CivilTime(unixSeconds: -62_167_219_201).year == -1)
  }

  @Test func `leap days come every four years but in centuries not divisible by 400`() {
    #expect(CivilTime(year: 2024, month: 2, day: 29)?.dayOfYear == 60)
    #expect(CivilTime(year: 2000, month: 2, day: 29)?.daysInMonth == 29)
    #expect(CivilTime(year: 1900, month: 2, day: 29) == nil)
    #expect(CivilTime(year: 2023, month: 2, day: 29) == nil)
    #expect(CivilTime(year: 2024, month: 12, day: 31)?.dayOfYear == 366)
    #expect(CivilTime(year: 2100, month: 12, day: 31)?.dayOfYear == 365)
  }

  @Test func `fields out of range are refused`() {
    #expect(CivilTime(year: 2026, month: 0, day: 1) == nil)
    #expect(CivilTime(year: 2026, month: 13, day: 1) == nil)
    #expect(CivilTime(year: 2026, month: 4, day: 31) == nil)
    #expect(CivilTime(year: 2026, month: 4, day: 0) == nil)
    #expect(CivilTime(year: 2026, month: 4, day: 1, hour: 24) == nil)
    #expect(CivilTime(year: 2026, month: 4, day: 1, minute: 60) == nil)
    #expect(CivilTime(year: 2026, month: 4, day: 1, second: 60) == nil)
    #expect(CivilTime(year: 2026, month: 4, day: 1, millisecond: 1_000) == nil)
    #expect(CivilTime(year: 10_000, month: 1, day: 1) == nil)
  }

  @Test func `every day of 800 years follows the one before`() throws {
    var before = CivilTime(year: 1599, month: 12, day: 31)
    let first = try #require(CivilTime(year: 1600, month: 1, day: 1)).daysSinceEpoch
    for days in first..<(first + 2 * 146_097) {
      let time = CivilTime(unixSeconds: days * 86_400)
      let last = try #require(before)
      guard time.daysSinceEpoch == days, time.weekday == (last.weekday + 1) % 7 else {
        Issue.record("day \(days) is \(time)")
        return
      }
      let isNewMonth = last.day == last.daysInMonth
      let isNewYear = isNewMonth && last.month == 12
      guard time.day == (isNewMonth ? 1 : last.day + 1),
        time.month == (isNewYear ? 1 : isNewMonth ? last.month + 1 : last.month),
        time.year == (isNewYear ? last.year + 1 : last.year),
        time.dayOfYear == (isNewYear ? 1 : last.dayOfYear + 1)
      else {
        Issue.record("\(time) follows \(last)")
        return
      }
      before = time
    }
  }

  @Test func `random instants come back from their fields and from their text`() {
    var random = SeededRandom(seed: 3_339)
    for _ in 0..<20_000 {
      let range = -62_167_219_200_000...Int64(253_402_300_799_999)
      let instant = Timestamp(unixMilliseconds: .random(in: range, using: &random))
      let back = CivilTime(instant).instant
      let read = Timestamp(rfc3339: instant.rfc3339Text)
      guard back == instant, read == instant else {
        Issue.record("\(instant.unixMilliseconds): \(instant.rfc3339Text)")
        return
      }
    }
  }

  @Test func `the limits of 64 bits have fields`() {
    for seconds in [Int64.min, .min + 1, .max - 1, .max] {
      let time = CivilTime(unixSeconds: seconds)
      #expect((1...12).contains(time.month))
      #expect((1...time.daysInMonth).contains(time.day))
      #expect((0...6).contains(time.weekday))
      #expect(time.instant == (seconds < 0 ? .distantPast : .distantFuture))
    }
    for milliseconds in [Int64.min, .max] {
      #expect(!Timestamp(unixMilliseconds: milliseconds).rfc3339Text.isEmpty)
    }
  }
}

@Suite struct RFC3339Tests {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0),
      ("2015-07-01T20:10:51.781Z", 1_435_781_451_781),
      ("2015-07-01T20:10:51.7Z", 1_435_781_451_700),
      ("2015-07-01t20:10:51.781999999z", 1_435_781_451_781),
      ("2015-07-01T22:10:51.781+02:00", 1_435_781_451_781),
      ("2015-07-01T14:40:51.781-05:30", 1_435_781_451_781),
      ("2016-12-31T23:59:60Z", 1_483_228_800_000),
      ("0000-03-01T00:00:00Z", -62_162_035_200_000),
    ]
  )
  func `texts are read`(text: String, unixMilliseconds: Int64) {
    #expect(Timestamp(rfc3339: text)?.unixMilliseconds == unixMilliseconds)
  }

  @Test(
    arguments: [
      "", "2015", "2015-07-01", "2015-07-01T20:10:51", "2015-07-01 20:10:51Z",
      "2015-07-01T20:10:51.Z", "2015-07-01T20:10:51+02", "2015-07-01T20:10:51+0200",
      "2015-07-01T20:10:51+24:00", "2015-07-01T20:10:51+02:60", "2015-07-01T20:10:51ZZ",
      "2015-13-01T00:00:00Z", "2015-02-29T00:00:00Z", "2015-07-01T24:00:00Z",
      "2015-07-01T23:60:00Z", "2015-07-01T23:59:61Z", "+015-07-01T20:10:51Z",
      "2015-7-01T20:10:51Z", "２０15-07-01T20:10:51Z",
    ]
  )
  func `other texts are refused`(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }

  @Test func `texts have as many decimals as they need`() {
    #expect(Timestamp(unixMilliseconds: 1_767_323_045_000).rfc3339Text == "2026-01-02T03:04:05Z")
    #expect(Timestamp(unixMilliseconds: 1_767_323_045_250).rfc3339Text == "2026-01-02T03:04:05.25Z")
    #expect(
      Timestamp(unixMilliseconds: 1_767_323_045_001).rfc3339Text == "2026-01-02T03:04:05.001Z"
    )
  }

  @Test func `cut and flipped texts never trap`() {
    var random = SeededRandom(seed: 61)
    let whole = Array("2015-07-01T22:10:51.781+02:00".utf8)
    for length in 0..<whole.count {
      #expect(Timestamp(rfc3339: String(decoding: whole[..<length], as: UTF8.self)) == nil)
    }
    for _ in 0..<5_000 {
      var bytes = whole
      bytes[.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
      guard let read = Timestamp(rfc3339: String(decoding: bytes, as: UTF8.self)) else { continue }
      #expect(Timestamp(rfc3339: read.rfc3339Text) == read)
    }
  }
}
