// SPDX-License-Identifier: MIT
import MetricModel

/// What the store knows of one series; its samples are in its group.
struct SeriesEntry {
  let labels: LabelSet
  /// The group whose rows hold its samples; nil before its first one.
  var place: ColumnPlace?
  /// The earliest time known of the series.
  var firstTime = Int64.max
  /// The latest time of the series; after opening, of its group if the series has not ended.
  var newest = Int64.min
  /// The file has ``newest`` as the series' end: its group went on without it.
  var hasEnd = false
  /// The series has no sample left and cannot be found until it gets one.
  var isDormant = false

  init(labels: LabelSet) {
    self.labels = labels
  }
}

/// Where the samples of a series are put.
struct ColumnPlace: Hashable {
  let group: UInt32
  let column: UInt16
}
