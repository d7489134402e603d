// SPDX-License-Identifier: MIT
import MetricModel

/// The spans for which a store keeps roll-ups, a day of a group in each block.
///
/// The samples of a span are those after its beginning up to its end, as in PromQL's windows; its
/// time is its end.
enum RollupSpan: Int64, CaseIterable {
  case fiveMinutes = 300_000
  case hour = 3_600_000

  /// A day in milliseconds; days begin at midnight UTC.
  static let day: Int64 = 86_400_000
  /// Roll-ups of a day are made so long after its end, when no late sample is to be expected.
  static let delay: Int64 = 12 * 3_600_000

  /// The spans of a day.
  var perDay: Int { Int(Self.day / rawValue) }

  /// Milliseconds that a query must cover before roll-ups stand for its samples: for less the
  /// samples themselves are as quick.
  var queryMin: Int64 {
    switch self {
    case .fiveMinutes: 2 * Self.day
    case .hour: 14 * Self.day
    }
  }

  /// The table that holds them.
  var table: String {
    switch self {
    case .fiveMinutes: "rollups_300"
    case .hour: "rollups_3600"
    }
  }

  /// The row id of the block with one figure of a day of a group; a day's milliseconds leave the
  /// lowest bits free.
  static func key(_ group: UInt32, day: Int64, _ figure: RollupFigure) -> Int64 {
    BlockKey.key(group, day) + Int64(figure.rawValue)
  }

  /// The beginning of the day in whose spans a time lies.
  static func day(of time: Int64) -> Int64 {
    let before = time - 1
    return before - (before % day + day) % day
  }
}
