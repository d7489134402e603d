// SPDX-License-Identifier: MIT
import MetricModel

/// Where the samples of each window stand in a series; the same for all series with the same times.
struct WindowPlan: Sendable {
  let windows: Windows
  /// For each window the positions of its samples.
  private(set) var bounds: [Range<Int32>] = []
  /// Another number whenever ``bounds`` may be others than before.
  private(set) var version: UInt64 = 0
  private var timesVersion: UInt64?

  init(_ windows: Windows) { self.windows = windows }

  /// The number of windows.
  var count: Int { windows.ends.count }

  /// Plans for the samples of a series.
  mutating func update(for input: RangeInput) { update(for: input.columns) }

  /// Plans for samples; all columns that come are the same ones, refilled.
  mutating func update(for columns: SampleColumns) {
    guard columns.timesVersion != timesVersion else { return }
    timesVersion = columns.timesVersion
    version &+= 1
    bounds.removeAll(keepingCapacity: true)
    bounds.reserveCapacity(count)
    columns.times.withUnsafeBufferPointer { times in
      var (lower, upper) = (0, 0)
      for index in 0..<count {
        let end = windows.ends.time(index)
        let start = end - windows.length
        while upper < times.count, times[upper] <= end { upper += 1 }
        while lower < upper, times[lower] <= start { lower += 1 }
        bounds.append(Int32(lower)..<Int32(upper))
      }
    }
  }
}

/// The samples of one series that lie in the window of one evaluation time.
struct SampleWindow {
  /// The values of the whole series.
  let allValues: [Double]
  private let allTimes: [Int64]
  private let plan: WindowPlan
  /// Where its samples stand in the series.
  private(set) var indices = 0..<0
  /// The window's end, which belongs to it, in Unix milliseconds.
  private(set) var end: Int64 = 0

  /// The plan was made for the series.
  init(_ input: RangeInput, _ plan: WindowPlan) {
    allValues = input.values
    allTimes = input.times
    self.plan = plan
  }

  /// Moves to the window of the evaluation time at `index`.
  mutating func move(to index: Int) {
    end = plan.windows.ends.time(index)
    let bounds = plan.bounds[index]
    indices = Int(bounds.lowerBound)..<Int(bounds.upperBound)
  }

  /// The window's beginning, which does not belong to it, in Unix milliseconds.
  var start: Int64 { end - plan.windows.length }

  /// The window's length in seconds.
  var rangeSeconds: Double { Double(plan.windows.length) / 1_000 }

  var count: Int { indices.count }

  /// The values, oldest first.
  var values: ArraySlice<Double> { allValues[indices] }

  /// The times in Unix milliseconds, oldest first.
  var times: ArraySlice<Int64> { allTimes[indices] }

  func value(_ index: Int) -> Double { allValues[indices.lowerBound + index] }

  func time(_ index: Int) -> Int64 { allTimes[indices.lowerBound + index] }

  func seconds(_ index: Int) -> Double { Double(time(index)) / 1_000 }
}
