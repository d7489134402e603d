// SPDX-License-Identifier: MIT

/// Samples of one series that came after a younger one and have no row in its group.
struct LateSamples {
  /// In no block yet.
  var open = TimedValues()
  /// In blocks, kept as long as the rows of their time.
  var sealed = TimedValues()

  /// Late samples of a series that may wait; more are refused as too old.
  static let openMax = 4_096

  var isEmpty: Bool { open.isEmpty && sealed.isEmpty }

  func contains(_ time: Int64) -> Bool { open.contains(time) || sealed.contains(time) }

  /// Notes that samples are in blocks.
  mutating func seal(_ written: TimedValues, forgettingBefore time: Int64) {
    open.remove(written)
    sealed = sealed.merged(with: written).filtered { $0 >= time }
  }
}
