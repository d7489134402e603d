// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel
import SQLite

/// The days of groups that have roll-ups in a range, looked up once for all series of a group.
struct RollupLists {
  private let wish: RollupCursor.Wish
  private let pool: ReaderPool
  private var lists: [UInt32: [Int64]] = [:]

  init(_ wish: RollupCursor.Wish, pool: ReaderPool) {
    self.wish = wish
    self.pool = pool
  }

  /// The rows that may have figures of a series, by day.
  mutating func rows(
    for view: SeriesView,
    in range: ClosedRange<Int64>
  ) throws(StoreError) -> [Int64] {
    guard range.lowerBound <= view.rolledThrough else { return [] }
    var rows: [Int64] = []
    for group in view.groups {
      if lists[group.number] == nil {
        let wish = wish
        lists[group.number] = try pool.read { connection throws(SQLiteError) in
          try RollupTable.rows(of: group.number, wish.span, wish.figure, in: range, connection)
        }
      }
      rows += lists[group.number] ?? []
    }
    if view.groups.count > 1 { rows.sort { BlockKey.time(of: $0) < BlockKey.time(of: $1) } }
    return rows
  }
}

/// Walks one figure of one series: its roll-ups, then, from where they end, its samples as if each
/// were a span of its own.
struct RollupCursor: SeriesCursor {
  let labels: LabelSet
  private let number: UInt32
  private let wish: Wish
  private let range: ClosedRange<Int64>
  /// Samples before this time have roll-ups.
  private let samplesFrom: Int64
  private let rows: [Int64]
  private var nextRow = 0
  private var samples: StoreCursor
  private var previous: Double?
  private let blocks: BlockSource
  private var ownDamage: String?

  /// Which roll-ups are read.
  struct Wish: Hashable {
    let span: RollupSpan
    let figure: RollupFigure

    /// Nil for a span that is not kept.
    init?(_ rollup: RollupReading) {
      guard let span = RollupSpan(rawValue: rollup.span.wholeMilliseconds) else { return nil }
      self.span = span
      figure = rollup.figure
    }
  }

  /// Prepares a cursor; `samples` has what the series has after the roll-ups in `rows`.
  init(
    _ view: SeriesView,
    _ wish: Wish,
    rows: [Int64],
    samples: StoreCursor,
    in range: ClosedRange<Int64>,
    from blocks: BlockSource
  ) {
    labels = view.labels
    number = view.number
    self.wish = wish
    self.rows = rows
    self.samples = samples
    self.range = range
    samplesFrom = view.rolledThrough + 1
    self.blocks = blocks
  }

  var damage: String? { ownDamage ?? samples.damage }

  /// Whether there is any figure in the range.
  func hasSample(_ reader: inout BlockReader) throws(StoreError) -> Bool {
    for row in rows {
      guard let block = try blocks.sound(.rollup(wish.span), row) else { return true }
      if block.position(of: number) != nil { return true }
    }
    return try samples.hasSample(&reader)
  }

  mutating func next(into run: inout SampleRun) throws(StoreError) -> Bool {
    while nextRow < rows.count {
      nextRow += 1
      if try read(rows[nextRow - 1], into: &run) { return true }
    }
    while try samples.next(into: &run) {
      let found = TimedValues(times: run.unixMilliseconds, values: run.values)
        .asFigure(wish.figure, after: &previous)
        .slice(max(range.lowerBound, samplesFrom)...max(range.upperBound, samplesFrom))
      guard !found.isEmpty else { continue }
      run.unixMilliseconds = found.times
      run.values = found.values
      return true
    }
    run.removeAll()
    return false
  }

  private mutating func read(_ id: Int64, into run: inout SampleRun) throws(StoreError) -> Bool {
    let times =
      range.lowerBound...max(min(range.upperBound, samplesFrom - 1), range.lowerBound)
    run.removeAll()
    let finding = try blocks.find(.rollup(wish.span), id, of: number) {
      (block, column) throws(ChunkError) in
      let rows = block.rows(in: times)
      try block.append(column: column, rows: rows, to: &run.values)
      run.unixMilliseconds.append(contentsOf: block.times[rows])
      return !rows.isEmpty
    }
    switch finding {
    case .found: return true
    case .absent: return false
    case .damaged(let place):
      ownDamage = "\(labels): \(place)"
      return false
    }
  }
}
