// SPDX-License-Identifier: MIT

/// The row id of a block: its group and its first sample's time, so that all blocks of a group from
/// one time to another are one range of row ids.
///
/// Blocks of one group that begin at the same time get the ids after it, so that an id can be a
/// little later than its block.
enum BlockKey {
  /// Times from 0 up to here, in the year 2109, fit in a key.
  static let timeEnd: Int64 = 1 << timeBits
  /// Group numbers below this fit in a key.
  static let groupsMax = 1 << 21
  /// How much later than its block an id can be: one for each series of a group.
  static let delayMax = Int64(SeriesGroup.columnsMax)
  private static let timeBits: Int64 = 42

  static func key(_ group: UInt32, _ time: Int64) -> Int64 {
    Int64(group) << timeBits | min(max(time, 0), timeEnd - 1)
  }

  /// All keys of a group.
  static func range(_ group: UInt32) -> ClosedRange<Int64> {
    key(group, 0)...key(group, timeEnd - 1)
  }

  /// The time in a key.
  static func time(of key: Int64) -> Int64 { key & (timeEnd - 1) }

  /// The keys of a group's blocks that may have a sample in a range.
  static func range(
    _ group: UInt32,
    _ times: ClosedRange<Int64>,
    spanMax: Int64
  ) -> ClosedRange<Int64> {
    let start = max(times.lowerBound, 0) - min(spanMax, timeEnd)
    let end = min(times.upperBound, timeEnd) + delayMax
    return key(group, start)...max(key(group, end), key(group, start))
  }
}
