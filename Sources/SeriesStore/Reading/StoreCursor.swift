// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel

/// Walks one series: its blocks one at a time, then what was in memory when the cursor was made.
///
/// Small enough to lie within an `any SeriesCursor`: a query makes thousands of them.
struct StoreCursor: SeriesCursor {
  private let series: StoredSeries
  private var nextRow: Int32 = 0
  /// Samples of memory before this place were given.
  private var nextInMemory: Int32 = 0
  /// The last row that could not be read; below zero when there was none.
  private var damagedRow: Int32 = -1

  /// What does not change while the cursor walks.
  private final class StoredSeries: Sendable {
    let number: UInt32
    let labels: LabelSet
    let memory: TimedValues
    let list: BlockList

    init(_ view: SeriesView, _ list: BlockList, in range: ClosedRange<Int64>) {
      number = view.number
      labels = view.labels
      memory = view.memory(in: range)
      self.list = list
    }
  }

  init(_ view: SeriesView, _ list: BlockList, in range: ClosedRange<Int64>) {
    series = StoredSeries(view, list, in: range)
  }

  var labels: LabelSet { series.labels }

  var damage: String? {
    guard damagedRow >= 0 else { return nil }
    return "\(labels): \(series.list.place(ofRow: Int(damagedRow)))"
  }

  private var rows: [BlockTable.Row] { series.list.rows }

  /// Whether there is any sample in the range.
  func hasSample(_ reader: inout BlockReader) throws(StoreError) -> Bool {
    guard series.memory.isEmpty else { return true }
    for row in rows {
      guard let block = try reader.block(row.id, of: series.list) else { return true }
      guard block.position(of: series.number) != nil else { continue }
      if !series.list.wanted(of: block).isEmpty { return true }
    }
    return false
  }

  mutating func next(into run: inout SampleRun) throws(StoreError) -> Bool {
    while nextRow < rows.count {
      if try nextBlocks(into: &run) { return true }
    }
    run.removeAll()
    return takeMemory(through: .max, into: &run)
  }

  mutating func next(appendingTo columns: inout SampleColumns) throws(StoreError) -> Bool {
    while nextRow < rows.count {
      guard let row = loneRow() else {
        var run = SampleRun()
        guard try nextBlocks(into: &run) else { continue }
        columns.append(run)
        return true
      }
      nextRow += 1
      switch try series.list.append(row, of: series.number, to: &columns) {
      case .found: return true
      case .absent: break
      case .damaged: damagedRow = nextRow - 1
      }
    }
    let memory = series.memory
    guard nextInMemory < memory.count else { return false }
    columns.append(times: memory.times, rows: Int(nextInMemory)..<memory.count) {
      $0.append(contentsOf: memory.values[Int(nextInMemory)...])
    }
    nextInMemory = Int32(memory.count)
    return true
  }

  /// The next row when it can be read by itself.
  private func loneRow() -> BlockTable.Row? {
    let row = rows[Int(nextRow)]
    if Int(nextRow) + 1 < rows.count, overlaps(Int(nextRow) + 1, through: row.end) { return nil }
    return mustMergeMemory(through: row.end) ? nil : row
  }

  private func overlaps(_ place: Int, through end: Int64) -> Bool {
    BlockKey.time(of: rows[place].id) <= end + BlockKey.delayMax
  }

  /// Reads one block, or several that overlap; false when the series has no sample in them.
  private mutating func nextBlocks(into run: inout SampleRun) throws(StoreError) -> Bool {
    let first = Int(nextRow)
    var end = rows[first].end
    nextRow += 1
    while nextRow < rows.count, overlaps(Int(nextRow), through: end) {
      end = max(end, rows[Int(nextRow)].end)
      nextRow += 1
    }
    let isLast = nextRow == rows.count
    if Int(nextRow) == first + 1, !mustMergeMemory(through: end) {
      return try read(first, into: &run)
    }
    var merged = TimedValues()
    for place in first..<Int(nextRow) where try read(place, into: &run) {
      let found = TimedValues(times: run.unixMilliseconds, values: run.values)
      merged = merged.isEmpty ? found : merged.merged(with: found)
    }
    // Late samples that wait in memory lie between those of blocks.
    if isLast || mustMergeMemory(through: end) {
      var waiting = SampleRun()
      _ = takeMemory(through: isLast ? .max : end, into: &waiting)
      merged = TimedValues(times: waiting.unixMilliseconds, values: waiting.values)
        .merged(with: merged)
    }
    run.unixMilliseconds = merged.times
    run.values = merged.values
    return !merged.isEmpty
  }

  private func mustMergeMemory(through end: Int64) -> Bool {
    nextInMemory < series.memory.count && series.memory.times[Int(nextInMemory)] <= end
  }

  /// Takes what memory has up to a time, in place of what `run` holds; false when that is nothing.
  private mutating func takeMemory(through end: Int64, into run: inout SampleRun) -> Bool {
    let memory = series.memory
    let start = Int(nextInMemory)
    let place = end == .max ? memory.count : memory.times.insertionPosition(of: end + 1)
    guard start < place else { return false }
    nextInMemory = Int32(place)
    let isAll = start == 0 && place == memory.count
    run.unixMilliseconds = isAll ? memory.times : Array(memory.times[start..<place])
    run.values = isAll ? memory.values : Array(memory.values[start..<place])
    return true
  }

  /// Reads the series' samples of one block; false when there are none in the range.
  private mutating func read(_ place: Int, into run: inout SampleRun) throws(StoreError) -> Bool {
    switch try series.list.read(rows[place], of: series.number, into: &run) {
    case .found: return true
    case .absent: return false
    case .damaged:
      damagedRow = Int32(place)
      return false
    }
  }
}
