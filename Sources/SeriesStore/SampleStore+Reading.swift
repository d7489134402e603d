// SPDX-License-Identifier: MIT
package import MetricModel
import Synchronization

extension SampleStore: SeriesReading {
  package func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor] {
    let lower = selection.range.lowerBound.unixMilliseconds
    let upper = selection.range.upperBound.unixMilliseconds
    let views = try views(selection)
    if let rollup = selection.rollup, let wish = RollupCursor.Wish(rollup) {
      return try cursors(of: views, wish, in: lower...upper)
    }
    var lists = BlockLists(range: lower...upper, from: source)
    var reader = BlockReader()
    var cursors: [any SeriesCursor] = []
    cursors.reserveCapacity(views.count)
    for view in views {
      let cursor = StoreCursor(view, try lists.list(for: view), in: lower...upper)
      if try cursor.hasSample(&reader) { cursors.append(cursor) }
    }
    return cursors
  }

  package func newest(_ selection: SeriesSelection) throws(StoreError) -> NewestSamples {
    let lower = selection.range.lowerBound.unixMilliseconds
    let upper = selection.range.upperBound.unixMilliseconds
    var reader = NewestReader(in: lower...upper, from: source)
    for view in try views(selection) { try reader.read(view) }
    return reader.found
  }

  /// The series of a selection that may have samples, in label-set order, all seen at one moment.
  private func views(_ selection: SeriesSelection) throws(StoreError) -> [SeriesView] {
    let lower = selection.range.lowerBound.unixMilliseconds
    let upper = selection.range.upperBound.unixMilliseconds
    let numbers = try numbers(matching: selection.matchers)
    guard numbers.count <= selection.seriesMax else {
      throw .limitExceeded(limit: "\(selection.seriesMax) series of one selector")
    }
    return state.withLock { state in
      state.inLabelOrder(numbers, mayHaveSampleIn: lower...upper).compactMap {
        SeriesView($0, of: state)
      }
    }
  }

  /// Cursors over one figure of roll-ups and, behind them, of samples.
  private func cursors(
    of views: [SeriesView],
    _ wish: RollupCursor.Wish,
    in range: ClosedRange<Int64>
  ) throws(StoreError) -> [any SeriesCursor] {
    var days = RollupLists(wish, pool: readers)
    var lists: [Int64: BlockLists] = [:]
    var reader = BlockReader()
    var cursors: [any SeriesCursor] = []
    for view in views {
      // A sample before those that follow says by how much a counter rose to the first of them.
      let start = max(range.lowerBound, view.rolledThrough + 1)
      let samplesFrom = max(start - 600_000, 0)
      let samplesRange = min(samplesFrom, range.upperBound)...range.upperBound
      var known = lists[samplesRange.lowerBound] ?? BlockLists(range: samplesRange, from: source)
      let blocks = try known.list(for: view)
      lists[samplesRange.lowerBound] = known
      let samples = StoreCursor(view, blocks, in: samplesRange)
      let cursor = RollupCursor(
        view,
        wish,
        rows: try days.rows(for: view, in: range),
        samples: samples,
        in: range,
        from: source
      )
      if try cursor.hasSample(&reader) { cursors.append(cursor) }
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

  private var source: BlockSource { BlockSource(cache: cache, pool: readers, damage: damage) }

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
      guard entries[place].place != nil, entries[place].newest >= range.lowerBound else {
        return false
      }
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
