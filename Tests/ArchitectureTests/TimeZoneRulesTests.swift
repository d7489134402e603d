// SPDX-License-Identifier: MIT
import Architecture
import FoundationEssentials
import MetricModel
import TestSupport
import Testing

@Suite struct TimeZoneRulesTests {
  @Test func `Berlin is an hour ahead in winter, two in summer, and the rule goes on for ever`()
    throws
  {
    let berlin = try Zones.named("Europe/Berlin")
    let offsets = [
      ("2026-11-24 08:15", 3_600), ("2027-03-28 00:59", 3_600), ("2027-03-28 01:00", 7_200),
      ("2026-10-25 00:59", 7_200), ("2026-10-25 01:00", 3_600), ("2150-07-01 00:00", 7_200),
      ("2150-12-31 23:59", 3_600), ("1970-01-01 00:00", 3_600),
    ]
    for (time, offset) in offsets {
      #expect(berlin.offsetSeconds(at: Zones.utc(time)) == offset, "\(time)")
    }
    #expect(berlin.wallText(at: Zones.utc("2026-11-23 23:05")) == "2026-11-24 00:05")
    #expect(TimeZoneRules.utc.offsetSeconds(at: .distantPast) == 0)
  }

  @Test(arguments: [
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata",
    "America/Nuuk", "Pacific/Apia", "Europe/Dublin", "Asia/Tokyo", "America/St_Johns",
  ])
  func `offsets are those that date prints`(name: String) async throws {
    let zone = try Zones.named(name)
    var random = SeededRandom(seed: 5)
    let instants = (0..<400).map { _ in Int64.random(in: 0..<6_000_000_000, using: &random) }
    let folder = try TemporaryFolder()
    let list = try folder.write("instants", instants.map { "@\($0)\n" }.joined())
    let date = try ChildProcess(
      "/usr/bin/env",
      ["TZ=\(name)", "date", "-f", list, "+%::z"]
    )
    #expect(try await date.waitForExit() == .code(0))
    let lines = date.output.split(separator: "\n")
    #expect(lines.count == instants.count)
    for (instant, line) in zip(instants, lines) {
      let parts = line.dropFirst().split(separator: ":").compactMap { Int($0) }
      let seconds = (parts[0] * 3_600 + parts[1] * 60 + parts[2]) * (line.hasPrefix("-") ? -1 : 1)
      let found = zone.offsetSeconds(at: Timestamp(unixMilliseconds: instant * 1_000))
      #expect(found == seconds, "\(name) at \(instant)")
    }
  }

  @Test func `a file of version 1 is read up to its last transition`() throws {
    var bytes = try Zones.bytes("Europe/Berlin")
    bytes[4] = 0
    // A compact file has an empty first block: it must have at least one type to be read.
    if (try? TimeZoneRules(name: "x", zoneFile: bytes)) == nil {
      bytes = Self.versionOne
    }
    #expect(try TimeZoneRules(name: "x", zoneFile: bytes).name == "x")
    let zone = try TimeZoneRules(name: "x", zoneFile: Self.versionOne)
    #expect(zone.offsetSeconds(at: .epoch) == 3_600)
    #expect(zone.offsetSeconds(at: Timestamp(unixMilliseconds: 1_000_000)) == -3_600)
    #expect(zone.offsetSeconds(at: .distantFuture) == -3_600)
  }

  /// One transition at 1000 s, from +1 h to -1 h.
  private static let versionOne: [UInt8] =
    Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
    + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4]
    + [0, 0, 3, 0xe8, 1, 0, 0, 0x0e, 0x10, 0, 0, 0xff, 0xff, 0xf1, 0xf0, 0, 0, 65, 66, 67, 0]

  @Test func `what is no zone file is refused with a reason`() throws {
    let whole = try Zones.bytes("Europe/Berlin")
    for length in 0..<whole.count {
      #expect(throws: TimeZoneFault.self) {
        try TimeZoneRules(name: "x", zoneFile: Array(whole[..<length]))
      }
    }
    let long = [UInt8](repeating: 0, count: TimeZoneRules.bytesMax + 1)
    let fault = #expect(throws: TimeZoneFault.self) {
      try TimeZoneRules(name: "x", zoneFile: long)
    }
    #expect(fault?.reason == "the file is too long")
  }

  @Test(arguments: [UInt64(3), 4])
  func `a zone file changed anywhere is read or refused`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let originals = try [Zones.bytes("Europe/Berlin"), Self.versionOne]
    for _ in 0..<1_500 {
      var bytes = try #require(originals.randomElement(using: &random))
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255,
          using: &random
        )
      }
      guard let zone = try? TimeZoneRules(name: "x", zoneFile: bytes) else { continue }
      let event = try CalendarEvent(parsing: "mon..fri 2:30")
      let now = Timestamp(unixMilliseconds: Int64.random(in: 0..<4_000_000_000_000, using: &random))
      if let next = event.next(after: now, in: zone) { #expect(next > now) }
      if let previous = event.previous(before: now, in: zone) { #expect(previous < now) }
      #expect(abs(zone.offsetSeconds(at: .distantPast)) < 26 * 3_600)
      #expect(abs(zone.offsetSeconds(at: .distantFuture)) < 26 * 3_600)
    }
  }
}
