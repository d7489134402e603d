// SPDX-License-Identifier: MIT

/// The samples of one series that lie in the window of one evaluation time.
///
/// It moves forward over the series: each step looks only at the samples that come and go.
struct SampleWindow {
  /// The whole series.
  let input: RangeInput
  private let windows: Windows
  /// Where its samples stand in the series.
  private(set) var indices = 0..<0
  /// The window's end, which belongs to it, in Unix milliseconds.
  private(set) var end: Int64 = 0

  init(_ input: RangeInput, _ windows: Windows) {
    self.input = input
    self.windows = windows
  }

  /// Moves to the window of the evaluation time at `index`, which never goes back.
  mutating func move(to index: Int) {
    end = windows.ends.time(index)
    var (lower, upper) = (indices.lowerBound, indices.upperBound)
    while upper < input.times.count, input.times[upper] <= end { upper += 1 }
    while lower < upper, input.times[lower] <= start { lower += 1 }
    indices = lower..<upper
  }

  /// The window's beginning, which does not belong to it, in Unix milliseconds.
  var start: Int64 { end - windows.length }

  /// The window's length in seconds.
  var rangeSeconds: Double { Double(windows.length) / 1_000 }

  var count: Int { indices.count }

  /// The values, oldest first.
  var values: ArraySlice<Double> { input.values[indices] }

  /// The times in Unix milliseconds, oldest first.
  var times: ArraySlice<Int64> { input.times[indices] }

  func value(_ index: Int) -> Double { input.values[indices.lowerBound + index] }

  func time(_ index: Int) -> Int64 { input.times[indices.lowerBound + index] }

  func seconds(_ index: Int) -> Double { Double(time(index)) / 1_000 }
}
