// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel

/// Finds the newest sample of one series after the other, mostly without walking it.
struct NewestReader {
  private let range: ClosedRange<Int64>
  private var lists: BlockLists
  private var blocks = BlockReader()
  private(set) var found = NewestSamples()

  init(in range: ClosedRange<Int64>, from source: BlockSource) {
    self.range = range
    lists = BlockLists(range: range, from: source)
  }

  /// Adds the newest sample of a series in the range, if there is any.
  mutating func read(_ view: SeriesView) throws(StoreError) {
    guard let sample = try newest(of: view) else { return }
    found.elements.append(NewestSamples.Element(view.labels, sample))
  }

  private mutating func newest(of view: SeriesView) throws(StoreError) -> Sample? {
    guard !view.hasLateSamples else { return try newestByWalking(view) }
    // What is in blocks only is older.
    if let sample = view.newestInMemory(in: range) { return sample }
    let list = try lists.list(for: view)
    guard let row = list.rows.first else { return nil }
    guard list.rows.count == 1, let block = try blocks.block(row.id, of: list) else {
      return try newestByWalking(view)
    }
    guard let column = block.position(of: view.number), let last = list.wanted(of: block).last
    else { return nil }
    do throws(ChunkError) {
      let value = try block.value(column: column, row: last)
      return Sample(Timestamp(unixMilliseconds: block.times[last]), value)
    } catch {
      // Names the damage.
      return try newestByWalking(view)
    }
  }

  private mutating func newestByWalking(_ view: SeriesView) throws(StoreError) -> Sample? {
    var cursor = StoreCursor(view, try lists.list(for: view), in: range)
    let sample = try cursor.newest()
    if let damage = cursor.damage { found.damage.append(damage) }
    return sample
  }
}
