// SPDX-License-Identifier: MIT
package import MetricModel
import Synchronization

extension SampleStore: SeriesReading {
  package func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor] {
    let lower = selection.range.lowerBound.unixMilliseconds
    let upper = selection.range.upperBound.unixMilliseconds
    let numbers = try numbers(matching: selection.matchers)
    // One look at all series, so that all cursors see the same moment.
    let views = state.withLock { state in
      state.inLabelOrder(numbers, mayHaveSampleIn: lower...upper).map {
        SeriesView(state.entries[Int($0)], number: $0)
      }
    }
    var cursors: [any SeriesCursor] = []
    cursors.reserveCapacity(views.count)
    for view in views {
      if let cursor = try StoreCursor(view, in: lower...upper, pool: readers) {
        cursors.append(cursor)
      }
    }
    return cursors
  }

  package func labelSets(
    matching matchers: [LabelMatcher],
    in range: ClosedRange<Timestamp>
  ) throws(StoreError) -> [LabelSet] {
    let bounds = range.lowerBound.unixMilliseconds...range.upperBound.unixMilliseconds
    let numbers = try numbers(matching: matchers)
    return state.withLock { state in
      state.inLabelOrder(numbers, mayHaveSampleIn: bounds).map { state.entries[Int($0)].labels }
    }
  }

  /// Searches a copy of the index, so that slow patterns do not hold up who appends.
  private func numbers(matching matchers: [LabelMatcher]) throws(StoreError) -> [UInt32] {
    var tests: [LabelTest] = []
    for matcher in matchers { tests.append(try LabelTest(matcher)) }
    let index = try state.withLock { state throws(StoreError) in
      if state.isClosed { throw .closed }
      return state.index
    }
    return index.numbers(passing: tests)
  }
}

extension HeadState {
  /// Below this many series their label sets are compared; above it their ranks.
  private static var comparedMax: Int { 32 }

  /// The series among `numbers` that may have a sample in the range, in label-set order.
  fileprivate mutating func inLabelOrder(
    _ numbers: [UInt32],
    mayHaveSampleIn range: ClosedRange<Int64>
  ) -> [UInt32] {
    let window = settings.lateWindow.wholeMilliseconds
    let found = numbers.filter { number in
      let place = Int(number)
      guard let newest = entries[place].newest, newest >= range.lowerBound else { return false }
      // The stored first time does not know of samples that came late.
      return entries[place].firstTime - window <= range.upperBound
    }
    guard found.count > Self.comparedMax else {
      return found.sorted { entries[Int($0)].labels < entries[Int($1)].labels }
    }
    let ranks = ranks()
    return found.sorted { ranks[Int($0)] < ranks[Int($1)] }
  }
}
