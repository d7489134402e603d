// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel
import SQLite

/// The blocks that may have samples of some series in a range; shared by the series of a group.
final class BlockList: Sendable {
  /// By their beginning.
  let rows: [BlockTable.Row]
  /// Samples outside these times are left out.
  private let times: ClosedRange<Int64>
  private let blocks: BlockSource

  init(_ rows: [BlockTable.Row], in times: ClosedRange<Int64>, from blocks: BlockSource) {
    self.rows = rows
    self.times = times
    self.blocks = blocks
  }

  /// The rows of a block that are wanted.
  func wanted(of block: SampleBlock) -> Range<Int> { block.rows(in: times) }

  /// Restores a series' samples of a block, in place of what `run` holds.
  func read(
    _ row: BlockTable.Row,
    of series: UInt32,
    into run: inout SampleRun
  ) throws(StoreError) -> BlockSource.Finding {
    run.removeAll()
    return try blocks.find(.blocks, row.id, of: series) { (block, column) throws(ChunkError) in
      let rows = wanted(of: block)
      try block.append(column: column, rows: rows, to: &run.values)
      run.unixMilliseconds.append(contentsOf: block.times[rows])
      return !rows.isEmpty
    }
  }

  /// Adds a series' samples of a block to columns.
  func append(
    _ row: BlockTable.Row,
    of series: UInt32,
    to columns: inout SampleColumns
  ) throws(StoreError) -> BlockSource.Finding {
    try blocks.find(.blocks, row.id, of: series) { (block, column) throws(ChunkError) in
      let rows = wanted(of: block)
      guard !rows.isEmpty else { return false }
      try columns.append(times: block.times, rows: rows) { values throws(ChunkError) in
        try block.append(column: column, rows: rows, to: &values)
      }
      return true
    }
  }

  func block(_ id: Int64) throws(StoreError) -> SampleBlock? { try blocks.sound(.blocks, id) }

  /// Names what could not be read.
  func place(ofRow row: Int) -> String {
    let id = rows[row].id
    return blocks.damage.place(of: BlockCache.Key(.blocks, id)) ?? "blocks \(id)"
  }
}

extension SampleBlock {
  /// The rows in a closed range of times.
  func rows(in range: ClosedRange<Int64>) -> Range<Int> {
    guard let first = times.first, let last = times.last else { return 0..<0 }
    if first >= range.lowerBound, last <= range.upperBound { return 0..<times.count }
    let start = times.insertionPosition(of: range.lowerBound)
    let isEndless = range.upperBound == .max
    let end = isEndless ? times.count : times.insertionPosition(of: range.upperBound + 1)
    return start..<max(start, end)
  }
}

/// Looks at one block after the other, of which neighbours are often the same.
struct BlockReader {
  private var last: (id: Int64, block: SampleBlock?)?

  mutating func block(_ id: Int64, of list: BlockList) throws(StoreError) -> SampleBlock? {
    if let last, last.id == id { return last.block }
    let block = try list.block(id)
    last = (id, block)
    return block
  }
}

/// The blocks of groups in a range, looked up once for all series of a group.
struct BlockLists {
  private let range: ClosedRange<Int64>
  private let blocks: BlockSource
  private var lists: [Key: BlockList] = [:]
  private var last: (key: Key, list: BlockList)?
  private let none: BlockList

  /// Series that moved have blocks in a group up to another time than those that stayed.
  private struct Key: Hashable {
    let group: UInt32
    let times: ClosedRange<Int64>
  }

  init(range: ClosedRange<Int64>, from blocks: BlockSource) {
    self.range = range
    self.blocks = blocks
    none = BlockList([], in: 0...0, from: blocks)
  }

  /// The blocks that may have samples of a series.
  mutating func list(for view: SeriesView) throws(StoreError) -> BlockList {
    guard let times = view.blockTimes(in: range) else { return none }
    let own = try list(of: view.group, in: times)
    guard !view.olderGroups.isEmpty else { return own }
    var rows = own.rows
    for group in view.olderGroups { rows += try list(of: group, in: times).rows }
    rows.sort { BlockKey.time(of: $0.id) < BlockKey.time(of: $1.id) }
    return BlockList(rows, in: times, from: blocks)
  }

  private mutating func list(
    of group: SeriesView.Group,
    in times: ClosedRange<Int64>
  ) throws(StoreError) -> BlockList {
    let key = Key(group: group.number, times: times)
    if let last, last.key == key { return last.list }
    if let list = lists[key] {
      last = (key, list)
      return list
    }
    let rows = try blocks.pool.read { connection throws(SQLiteError) in
      try BlockTable.rows(of: group.number, in: times, spanMax: group.spanMax, connection)
    }
    let list = BlockList(rows, in: times, from: blocks)
    lists[key] = list
    last = (key, list)
    return list
  }
}
