// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel
import SQLite
import Synchronization

/// Where readers get blocks from; a damaged one is noted and costs its samples only.
struct BlockSource: Sendable {
  let cache: BlockCache
  let pool: ReaderPool
  let damage: DamageList

  /// What a block has of a series.
  enum Finding {
    case found
    case absent
    /// The block cannot be read; the text names it.
    case damaged(String)
  }

  /// Hands a block and the series' column in it to `take`, which tells whether samples are wanted.
  func find(
    _ table: BlockCache.Key.Table,
    _ id: Int64,
    of series: UInt32,
    _ take: (SampleBlock, Int) throws(ChunkError) -> Bool
  ) throws(StoreError) -> Finding {
    let key = BlockCache.Key(table, id)
    guard let block = try sound(table, id) else {
      // A block that is gone was too old: between two looks of this reader it was deleted.
      return damage.place(of: key).map { .damaged($0) } ?? .absent
    }
    guard let column = block.position(of: series) else { return .absent }
    do throws(ChunkError) {
      return try take(block, column) ? .found : .absent
    } catch {
      return .damaged(damage.note(key, "\(table.name) \(id): \(error)"))
    }
  }

  /// A block, or nil when it is damaged or gone.
  func sound(_ table: BlockCache.Key.Table, _ id: Int64) throws(StoreError) -> SampleBlock? {
    do throws(StoreError) {
      return try cache.block(BlockCache.Key(table, id)) { () throws(StoreError) in
        try pool.read { connection throws(SQLiteError) in
          try BlockTable.block(id, in: table.name, connection)
        }
      }
    } catch {
      guard case .corruptChunk(let place) = error else { throw error }
      _ = damage.note(BlockCache.Key(table, id), place)
      return nil
    }
  }
}

/// The blocks that could not be read.
final class DamageList: Sendable {
  private let places = Mutex<[BlockCache.Key: String]>([:])

  /// Blocks that are told apart; further ones are not noted.
  private static let placesMax = 100

  /// Notes a damaged block.
  ///
  /// - Returns: What was noted.
  func note(_ key: BlockCache.Key, _ place: String) -> String {
    places.withLock { places in
      if places.count < Self.placesMax { places[key] = place }
    }
    return place
  }

  func place(of key: BlockCache.Key) -> String? { places.withLock { $0[key] } }

  /// What was noted, in the order of the texts.
  var list: [String] {
    places.withLock { places in places.values.sorted() }
  }
}
