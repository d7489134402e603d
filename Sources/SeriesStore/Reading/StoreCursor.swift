// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel
import SQLite

/// The blocks of groups in a range, looked up once for all series of a group.
struct BlockLists {
  private let range: ClosedRange<Int64>
  private let pool: ReaderPool
  private var lists: [Key: [BlockTable.Row]] = [:]

  /// Series that moved have blocks in a group up to another time than those that stayed.
  private struct Key: Hashable {
    let group: UInt32
    let times: ClosedRange<Int64>
  }

  init(range: ClosedRange<Int64>, pool: ReaderPool) {
    self.range = range
    self.pool = pool
  }

  /// The blocks that may have samples of a series, by their beginning.
  mutating func rows(for view: SeriesView) throws(StoreError) -> [BlockTable.Row] {
    guard let times = view.blockTimes(in: range) else { return [] }
    var rows: [BlockTable.Row] = []
    for group in view.groups {
      let key = Key(group: group.number, times: times)
      if lists[key] == nil {
        lists[key] = try pool.read { connection throws(SQLiteError) in
          try BlockTable.rows(of: group.number, in: times, spanMax: group.spanMax, connection)
        }
      }
      rows += lists[key] ?? []
    }
    if view.groups.count > 1 { rows.sort { BlockKey.time(of: $0.id) < BlockKey.time(of: $1.id) } }
    return rows
  }
}

/// Walks one series: its blocks one at a time, then what was in memory when the cursor was made.
struct StoreCursor: SeriesCursor {
  let labels: LabelSet
  private let number: UInt32
  /// Samples of blocks outside these times are left out; empty when no block is read.
  private let blockTimes: ClosedRange<Int64>?
  private var memory: TimedValues
  private var isMemoryGiven = false
  private let rows: [BlockTable.Row]
  private var nextRow = 0
  private let blocks: BlockSource
  private(set) var damage: String?

  init(
    _ view: SeriesView,
    _ rows: [BlockTable.Row],
    in range: ClosedRange<Int64>,
    from blocks: BlockSource
  ) {
    labels = view.labels
    number = view.number
    blockTimes = view.blockTimes(in: range)
    memory = view.memory(in: range)
    self.rows = blockTimes == nil ? [] : rows
    self.blocks = blocks
  }

  /// Whether there is any sample in the range.
  func hasSample() throws(StoreError) -> Bool {
    if !memory.isEmpty { return true }
    guard let blockTimes else { return false }
    for row in rows {
      guard let block = try blocks.sound(.blocks, row.id) else { return true }
      guard block.position(of: number) != nil else { continue }
      let start = block.times.insertionPosition(of: blockTimes.lowerBound)
      if start < block.times.count, block.times[start] <= blockTimes.upperBound { return true }
    }
    return false
  }

  mutating func next(into run: inout SampleRun) throws(StoreError) -> Bool {
    while nextRow < rows.count {
      if try nextBlocks(into: &run) { return true }
    }
    guard !isMemoryGiven, !memory.isEmpty else {
      run.removeAll()
      return false
    }
    isMemoryGiven = true
    run.unixMilliseconds = memory.times
    run.values = memory.values
    memory = TimedValues()
    return true
  }

  /// Reads one block, or several that overlap; false when the series has no sample in them.
  private mutating func nextBlocks(into run: inout SampleRun) throws(StoreError) -> Bool {
    var end = rows[nextRow].end
    let first = nextRow
    nextRow += 1
    while nextRow < rows.count, BlockKey.time(of: rows[nextRow].id) <= end + BlockKey.delayMax {
      end = max(end, rows[nextRow].end)
      nextRow += 1
    }
    let isLast = nextRow == rows.count
    if nextRow == first + 1, !mustMergeMemory(through: end) {
      return try read(rows[first].id, into: &run)
    }
    var merged = TimedValues()
    for place in first..<nextRow where try read(rows[place].id, into: &run) {
      let found = TimedValues(times: run.unixMilliseconds, values: run.values)
      merged = merged.isEmpty ? found : merged.merged(with: found)
    }
    // Late samples that wait in memory lie between those of blocks.
    if !isMemoryGiven, isLast || mustMergeMemory(through: end) {
      let before = isLast ? Int64.max : end
      merged = memory.slice(.min...before).merged(with: merged)
      memory = before == .max ? TimedValues() : memory.slice(before + 1 ... .max)
    }
    run.unixMilliseconds = merged.times
    run.values = merged.values
    return !merged.isEmpty
  }

  private func mustMergeMemory(through end: Int64) -> Bool {
    guard let first = memory.times.first else { return false }
    return first <= end
  }

  /// Reads the series' samples of one block; false when there are none in the range.
  private mutating func read(_ id: Int64, into run: inout SampleRun) throws(StoreError) -> Bool {
    run.removeAll()
    guard let blockTimes else { return false }
    switch try blocks.read(.blocks, id, of: number, into: &run) {
    case .absent: return false
    case .damaged(let place):
      damage = "\(labels): \(place)"
      return false
    case .found: break
    }
    run.clamp(to: blockTimes)
    return run.count > 0
  }
}

extension SampleRun {
  /// Drops the samples outside a range.
  mutating func clamp(to range: ClosedRange<Int64>) {
    let kept =
      range.upperBound == .max
      ? count : unixMilliseconds.insertionPosition(of: range.upperBound + 1)
    if kept < count {
      unixMilliseconds.removeLast(count - kept)
      values.removeLast(values.count - kept)
    }
    let dropped = unixMilliseconds.insertionPosition(of: range.lowerBound)
    if dropped > 0 {
      unixMilliseconds.removeFirst(dropped)
      values.removeFirst(dropped)
    }
  }
}
