// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel
import SQLite

/// Walks one series: its chunks one at a time, then what was in memory when the cursor was made.
struct StoreCursor: SeriesCursor {
  let labels: LabelSet
  private let number: UInt32
  private let range: ClosedRange<Int64>
  /// Chunks are read for times before this one.
  private let memoryFrom: Int64
  private var memory: TimedValues
  private let pool: ReaderPool
  /// Where to look for the next chunk; nil when chunks are done.
  private var place: Place?
  /// A run that was read to see whether there is any sample.
  private var prefetched: SampleRun?

  private enum Place {
    case covering(Int64)
    case after(Int64)
  }

  /// Prepares a cursor; nil when no sample is in the range.
  init?(
    _ view: SeriesView,
    in range: ClosedRange<Int64>,
    pool: ReaderPool
  ) throws(StoreError) {
    labels = view.labels
    number = view.number
    self.range = range
    self.pool = pool
    memoryFrom = view.memoryFrom
    memory = TimedValues()
    let start = max(range.lowerBound, view.memoryFrom)
    if start <= range.upperBound {
      memory = TimedValues(times: view.times, values: view.values)
        .slice(start...range.upperBound)
        .merged(with: view.late.slice(start...range.upperBound))
    }
    if range.lowerBound < view.memoryFrom, range.lowerBound <= view.closedThrough {
      place = .covering(range.lowerBound)
    }
    guard memory.isEmpty else { return }
    guard place != nil else { return nil }
    var run = SampleRun()
    guard try nextChunk(into: &run) else { return nil }
    prefetched = run
  }

  mutating func next(into run: inout SampleRun) throws(StoreError) -> Bool {
    if let first = prefetched {
      prefetched = nil
      run = first
      return true
    }
    if try nextChunk(into: &run) { return true }
    guard !memory.isEmpty else { return false }
    run.unixMilliseconds = memory.times
    run.values = memory.values
    memory = TimedValues()
    return true
  }

  /// Reads chunks until one has a sample in the range.
  private mutating func nextChunk(into run: inout SampleRun) throws(StoreError) -> Bool {
    while let current = place {
      guard let (key, bytes) = try fetch(current) else {
        place = nil
        break
      }
      place = .after(key)
      do throws(ChunkError) {
        try SampleChunk.decode(bytes, times: &run.unixMilliseconds, values: &run.values)
      } catch {
        // The next call goes on behind the damaged chunk, should the reader want that.
        throw .corruptChunk(place: "series \(number) \(labels), chunk \(key): \(error)")
      }
      run.clamp(to: range, before: memoryFrom)
      if run.count > 0 { return true }
    }
    run.removeAll()
    return false
  }

  private func fetch(_ place: Place) throws(StoreError) -> (key: Int64, bytes: [UInt8])? {
    let number = number
    let last = ChunkKey.key(number, min(range.upperBound, memoryFrom - 1))
    return try pool.read { connection throws(SQLiteError) in
      let first: Int64
      switch place {
      case .covering(let time):
        let covering = try ChunkTable.chunkID(of: number, covering: time, in: connection)
        first = covering ?? ChunkKey.key(number, 0)
      case .after(let key):
        first = key + 1
      }
      let statement = try connection.prepare(
        "SELECT id, data FROM chunks WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1"
      )
      try statement.bind(first, at: 1)
      try statement.bind(last, at: 2)
      guard try statement.step() else { return nil }
      return (statement.integer(0), statement.blob(1))
    }
  }
}

/// What a reader copies of one series under the store's lock.
struct SeriesView {
  let number: UInt32
  let labels: LabelSet
  let times: [Int64]
  let values: [Double]
  let late: TimedValues
  let memoryFrom: Int64
  let closedThrough: Int64

  init(_ entry: SeriesEntry, number: UInt32) {
    self.number = number
    labels = entry.labels
    times = entry.times
    values = entry.values
    late = entry.late
    memoryFrom = entry.memoryFrom
    closedThrough = entry.closedThrough
  }
}

extension SampleRun {
  /// Drops the samples outside a range and those not before a time.
  fileprivate mutating func clamp(to range: ClosedRange<Int64>, before end: Int64) {
    let last = min(range.upperBound, end - 1)
    let kept = unixMilliseconds.insertionPosition(of: last + 1)
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
