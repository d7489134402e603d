// SPDX-License-Identifier: MIT
import Architecture
import FoundationEssentials
import MetricModel

/// Zones of this machine and instants in them.
enum Zones {
  static func bytes(_ name: String) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(name)")))
  }

  static func named(_ name: String) throws -> TimeZoneRules {
    try TimeZoneRules(name: name, zoneFile: bytes(name))
  }

  /// An instant of UTC, spelt like `2026-11-24 08:15` or `2026-11-24 08:15:30`.
  static func utc(_ text: String) -> Timestamp {
    let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
    var days = 0
    for year in 1970..<numbers[0] { days += isLeap(year) ? 366 : 365 }
    let lengths = [31, isLeap(numbers[0]) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    days += lengths[..<(numbers[1] - 1)].reduce(0, +) + numbers[2] - 1
    let time = numbers.dropFirst(3).reduce(0) { $0 * 60 + $1 } * (numbers.count == 5 ? 60 : 1)
    return Timestamp(unixMilliseconds: Int64(days * 86_400 + time) * 1_000)
  }

  private static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }
}
