// SPDX-License-Identifier: MIT
package import MetricModel
import Patterns
import Synchronization

/// Series in memory of which a reader sees only what lies up to a time.
package final class TrialSeries: SeriesReading {
  /// One series, its samples in columns.
  fileprivate struct Line {
    let labels: LabelSet
    var times: [Int64] = []
    var values: [Double] = []
  }

  /// The lines that satisfy matchers, and the number of lines when they were looked for.
  fileprivate struct Selected {
    let lines: [Int]
    let lineCount: Int
  }

  fileprivate struct State {
    var lines: [Line] = []
    var places: [LabelSet: Int] = [:]
    var byName: [String: [Int]] = [:]
    var selected: [[LabelMatcher]: Selected] = [:]
    var visibleUntil = Timestamp.distantFuture
  }

  /// More selections than this are forgotten: templates can make new ones without end.
  fileprivate static let selectionsMax = 10_000

  private let state = Mutex(State())

  /// Makes it without series.
  package init() {}

  /// Samples after this time are not seen.
  package var visibleUntil: Timestamp {
    get { state.withLock { $0.visibleUntil } }
    set { state.withLock { $0.visibleUntil = newValue } }
  }

  /// Adds a sample at its place in time; of two at the same time the first stays.
  package func add(_ labels: LabelSet, _ value: Double, at time: Timestamp) {
    state.withLock { state in
      let line = state.line(of: labels)
      state.lines[line].insert(value, at: time.unixMilliseconds)
    }
  }

  package func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor] {
    do throws(PatternError) {
      return try state.withLock { state throws(PatternError) in
        let through = min(selection.range.upperBound, state.visibleUntil).unixMilliseconds
        let from = selection.range.lowerBound.unixMilliseconds
        return try state.lines(matching: selection.matchers).compactMap { index in
          let line = state.lines[index]
          let first = line.times.firstPosition { $0 >= from }
          let end = line.times.firstPosition { $0 > through }
          guard first < end else { return nil }
          return Cursor(
            labels: line.labels,
            times: line.times[first..<end],
            values: line.values[first..<end]
          )
        }
      }
    } catch {
      throw .invalidPattern(pattern: error.pattern, reason: error.reason)
    }
  }

  package func labelSets(
    matching matchers: [LabelMatcher],
    in range: ClosedRange<Timestamp>
  ) throws(StoreError) -> [LabelSet] {
    try cursors(SeriesSelection(matching: matchers, in: range)).map(\.labels)
  }

  private struct Cursor: SeriesCursor {
    let labels: LabelSet
    let times: ArraySlice<Int64>
    let values: ArraySlice<Double>
    var isRead = false

    mutating func next(into run: inout SampleRun) throws(StoreError) -> Bool {
      run.removeAll()
      guard !isRead else { return false }
      isRead = true
      run.unixMilliseconds.append(contentsOf: times)
      run.values.append(contentsOf: values)
      return true
    }
  }
}

extension TrialSeries.State {
  fileprivate mutating func line(of labels: LabelSet) -> Int {
    if let known = places[labels] { return known }
    lines.append(TrialSeries.Line(labels: labels))
    places[labels] = lines.count - 1
    byName[labels.metricName ?? "", default: []].append(lines.count - 1)
    return lines.count - 1
  }

  /// In label-set order.
  fileprivate mutating func lines(
    matching matchers: [LabelMatcher]
  ) throws(PatternError) -> [Int] {
    if let known = selected[matchers], known.lineCount == lines.count { return known.lines }
    var compiled: [CompiledMatcher] = []
    for matcher in matchers { compiled.append(try CompiledMatcher(matcher)) }
    let name = matchers.first { matcher in
      matcher.name == LabelSet.metricNameLabel && matcher.operation == .equal
    }
    let candidates = name.map { byName[$0.value] ?? [] } ?? Array(lines.indices)
    let found = candidates.filter { index in
      compiled.allSatisfy { $0.matches(lines[index].labels) }
    }.sorted { lines[$0].labels < lines[$1].labels }
    if selected.count >= TrialSeries.selectionsMax { selected = [:] }
    selected[matchers] = TrialSeries.Selected(lines: found, lineCount: lines.count)
    return found
  }
}

extension TrialSeries.Line {
  fileprivate mutating func insert(_ value: Double, at time: Int64) {
    guard let last = times.last, last >= time else {
      times.append(time)
      values.append(value)
      return
    }
    let position = times.firstPosition { $0 >= time }
    guard times[position] != time else { return }
    times.insert(time, at: position)
    values.insert(value, at: position)
  }
}

extension [Int64] {
  /// The first position whose element satisfies a test that all after it satisfy, by halving.
  fileprivate func firstPosition(where isReached: (Int64) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isReached(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
