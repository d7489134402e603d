// SPDX-License-Identifier: MIT
package import MetricModel

/// The rules of one time zone as a value: which offset from UTC holds when.
///
/// Source: RFC 8536, the format of the files below `/usr/share/zoneinfo`.
package struct TimeZoneRules: Sendable {
  /// The most bytes of a file that are read; the largest of the database have 4 KiB.
  package static let bytesMax = 1 << 20

  /// The zone's name, such as `Europe/Berlin`.
  package let name: String
  /// The instants at which another offset begins, in Unix seconds, rising.
  private let starts: [Int]
  /// The offsets that begin at ``starts``, in seconds east of UTC.
  private let offsets: [Int]
  private let firstOffset: Int
  /// What holds after the last of ``starts``.
  private let rule: PosixZoneRule?

  /// Coordinated universal time.
  package static let utc = TimeZoneRules(name: "UTC")

  private init(name: String) {
    self.name = name
    starts = []
    offsets = []
    firstOffset = 0
    rule = nil
  }

  /// Reads the bytes of a zone file, versions 1 to 4.
  ///
  /// - Parameters:
  ///   - name: The zone's name.
  ///   - bytes: The whole file.
  /// - Throws: ``TimeZoneFault`` when the bytes are not a zone file.
  package init(name: String, zoneFile bytes: [UInt8]) throws(TimeZoneFault) {
    let file = try ZoneFile(parsing: bytes)
    self.name = name
    starts = file.transitions.map(\.start)
    offsets = file.transitions.map(\.offset)
    firstOffset = file.firstOffset
    rule = file.rule
  }

  /// The seconds east of UTC at an instant.
  package func offsetSeconds(at instant: Timestamp) -> Int {
    offset(at: Int(instant.unixMilliseconds.flooredSeconds))
  }

  /// The date and time on the wall at an instant, such as `2026-11-24 00:00`.
  package func wallText(at instant: Timestamp) -> String {
    let wall = wall(at: Int(instant.unixMilliseconds.flooredSeconds))
    let date = CivilDate(daysSinceEpoch: wall.day)
    let minutes = wall.secondOfDay / 60
    let time = "\((minutes / 60).paddedText):\((minutes % 60).paddedText)"
    return "\(date.year)-\(date.month.paddedText)-\(date.day.paddedText) \(time)"
  }

  func wall(at unixSeconds: Int) -> WallSeconds {
    WallSeconds(unixSeconds + offset(at: unixSeconds))
  }

  /// The instants in Unix seconds at which a clock on the wall shows `wall`: none in the hour that
  /// summer time leaves out, two in the one it repeats.
  func instants(at wall: WallSeconds) -> [Int] {
    // An offset is at most 26 hours, so these two lie before and after whatever changes here.
    let before = offset(at: wall.count - 2 * WallSeconds.perDay)
    let after = offset(at: wall.count + 2 * WallSeconds.perDay)
    let candidates = before == after ? [before] : [max(before, after), min(before, after)]
    return candidates.compactMap { candidate in
      let instant = wall.count - candidate
      return offset(at: instant) == candidate ? instant : nil
    }
  }

  private func offset(at unixSeconds: Int) -> Int {
    guard let last = starts.last else { return rule?.offset(at: unixSeconds) ?? firstOffset }
    if unixSeconds >= last, let rule { return rule.offset(at: unixSeconds) }
    // The number of transitions at or before the instant.
    var low = 0
    var high = starts.count
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= unixSeconds { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? firstOffset : offsets[low - 1]
  }
}

extension TimeZoneRules: Equatable {
  /// Zones are equal when their names are: one machine has one database.
  package static func == (left: TimeZoneRules, right: TimeZoneRules) -> Bool {
    left.name == right.name
  }
}

/// Why bytes are not a zone file, as half a sentence.
package struct TimeZoneFault: Error, Equatable, Sendable {
  /// What is wrong.
  package let reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}

extension Int64 {
  /// Whole seconds of this many milliseconds, rounded down.
  var flooredSeconds: Int64 {
    self / 1_000 - (self % 1_000 < 0 ? 1 : 0)
  }
}

extension Int {
  /// At least two digits.
  var paddedText: String { self < 10 ? "0\(self)" : "\(self)" }
}
