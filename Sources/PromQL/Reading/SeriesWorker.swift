// SPDX-License-Identifier: MIT
import MetricModel
import Synchronization

/// Makes a column of one series after the other; a copy of it works on each thread.
protocol SeriesWorker: Sendable {
  /// The column of a series, or nil when it has no value at any time.
  mutating func column(
    of cursor: inout any SeriesCursor,
    _ meter: inout WorkMeter
  ) throws(QueryError) -> Column?
}

/// What one thread has made of its share of the series.
private struct Share {
  var columns: [Column] = []
  var damage: [String] = []
  var error: QueryError?

  init() {}

  init(
    of cursors: ArraySlice<any SeriesCursor>,
    _ worker: some SeriesWorker,
    _ budget: QueryBudget
  ) {
    var worker = worker
    var meter = WorkMeter(budget)
    columns.reserveCapacity(cursors.count)
    do throws(QueryError) {
      for var cursor in cursors {
        if let column = try worker.column(of: &cursor, &meter) { columns.append(column) }
      }
    } catch {
      self.error = error
    }
    damage = meter.damage
  }
}

/// The shares of all threads.
private final class Shares: Sendable {
  private let shares: Mutex<[Share]>

  init(_ count: Int) { shares = Mutex(Array(repeating: Share(), count: count)) }

  func put(_ share: Share, at place: Int) { shares.withLock { $0[place] = share } }

  var all: [Share] { shares.withLock { $0 } }
}

extension Evaluation {
  /// Values below which a second thread costs more than it gains.
  private static var valuesPerThreadMin: Int { 30_000 }
  /// However few samples are wanted of a series, a block of it is decoded for them.
  private static var valuesOfBlock: Int { 240 }
  /// Milliseconds between two samples of a usual series.
  private static var usualDistance: Int64 { 15_000 }

  /// About how many values are looked at to read a series over some milliseconds.
  static func valuesRead(over span: Int64) -> Int {
    Swift.max(Int(span / usualDistance), valuesOfBlock)
  }

  /// Makes a column of each series, in the order of the cursors, with more threads where there is
  /// much to do; `work` is about how many values are looked at for one series.
  func columns(
    of cursors: [any SeriesCursor],
    work: Int,
    _ worker: some SeriesWorker
  ) throws(QueryError) -> [Column] {
    let useful = cursors.count * Swift.max(work, 1) / Self.valuesPerThreadMin
    let threads = Swift.max(1, Swift.min(engine.threads, useful, cursors.count))
    guard threads > 1 else {
      return try collected([Share(of: cursors[...], worker, budget)])
    }
    // A few shares for each thread, as series differ in length.
    let count = Swift.min(threads * 4, cursors.count)
    let shares = Shares(count)
    let budget = budget
    SharedWork.perform(count, threads: threads) { place in
      let bounds = cursors.count * place / count..<cursors.count * (place + 1) / count
      shares.put(Share(of: cursors[bounds], worker, budget), at: place)
    }
    return try collected(shares.all)
  }

  private func collected(_ shares: [Share]) throws(QueryError) -> [Column] {
    var columns: [Column] = []
    for share in shares {
      if let error = share.error { throw error }
      for place in share.damage { noteDamage(place) }
      if columns.isEmpty { columns = share.columns } else { columns += share.columns }
    }
    return columns
  }

  func noteDamage(_ place: String) {
    annotations.warn("damaged samples were left out: \(place)", at: SourcePosition())
  }
}
