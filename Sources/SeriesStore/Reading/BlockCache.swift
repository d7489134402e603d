// SPDX-License-Identifier: MIT
import ChunkCodec
import Synchronization

/// Blocks that were read lately: all series of a group are in the same ones, and a query reads them
/// one series after the other.
final class BlockCache: Sendable {
  /// Where a block is in the file.
  struct Key: Hashable, Sendable {
    /// The table that has it.
    enum Table: Hashable, Sendable {
      case blocks
      case rollup(RollupSpan)

      /// The table's name in SQL.
      var name: String {
        switch self {
        case .blocks: "blocks"
        case .rollup(let span): span.table
        }
      }
    }

    let table: Table
    let id: Int64

    init(_ table: Table, _ id: Int64) {
      self.table = table
      self.id = id
    }
  }

  private struct Entry {
    let block: SampleBlock
    var lastUse: UInt64
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var bytes = 0
    var uses: UInt64 = 0
    /// Counts the changes of blocks: what was read before the last one may be outdated.
    var changes: UInt64 = 0
  }

  private let bytesMax: Int
  private let state = Mutex(State())

  /// Makes a cache that keeps blocks of so many bytes together at most.
  init(bytesMax: Int) {
    self.bytesMax = bytesMax
  }

  /// The block of a key, or what `read` gives.
  func block<Failure: Error>(
    _ id: Key,
    orRead read: () throws(Failure) -> SampleBlock?
  ) throws(Failure) -> SampleBlock? {
    let (found, changes) = state.withLock { state in
      state.uses += 1
      state.entries[id]?.lastUse = state.uses
      return (state.entries[id]?.block, state.changes)
    }
    if let found { return found }
    guard let block = try read() else { return nil }
    state.withLock { state in
      guard state.changes == changes, state.entries[id] == nil else { return }
      state.entries[id] = Entry(block: block, lastUse: state.uses)
      state.bytes += Self.size(of: block)
      if state.bytes > bytesMax { Self.shrink(&state, to: bytesMax - bytesMax / 4) }
    }
    return block
  }

  /// Forgets blocks that were changed or deleted.
  func forget(_ ids: [Int64]) {
    guard !ids.isEmpty else { return }
    state.withLock { state in
      state.changes += 1
      for id in ids {
        guard let entry = state.entries.removeValue(forKey: Key(.blocks, id)) else { continue }
        state.bytes -= Self.size(of: entry.block)
      }
    }
  }

  /// Forgets all blocks.
  func forgetAll() {
    state.withLock { state in
      state.changes += 1
      state.entries.removeAll()
      state.bytes = 0
    }
  }

  private static func size(of block: SampleBlock) -> Int {
    block.byteCount + block.times.count * 8 + block.series.count * 8 + 200
  }

  private static func shrink(_ state: inout State, to bytes: Int) {
    let oldest = state.entries.sorted { $0.value.lastUse < $1.value.lastUse }
    for (id, entry) in oldest {
      guard state.bytes > bytes else { return }
      state.entries[id] = nil
      state.bytes -= size(of: entry.block)
    }
  }
}
