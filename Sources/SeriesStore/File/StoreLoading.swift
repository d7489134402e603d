// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel
import SQLite

/// Reads a store's file into memory when it opens.
enum StoreLoading {
  /// Everything a store starts with.
  ///
  /// - Throws: ``SQLiteError`` of kind `corrupt` when a row is not what a store writes.
  static func load(
    _ database: Connection,
    _ settings: StoreSettings
  ) throws(SQLiteError) -> HeadState {
    var state = HeadState(settings: settings)
    try loadSeries(from: database, into: &state)
    let late = try replayHead(from: database, into: &state)
    try loadTails(late, from: database, into: &state)
    let totals = try database.prepare("SELECT chunks, samples FROM totals")
    if try totals.step() {
      state.counters.chunks = Int(totals.integer(0))
      state.counters.chunkSamples = Int(totals.integer(1))
    }
    state.counters.fileBytes = try database.fileBytes
    return state
  }

  private static func loadSeries(
    from database: Connection,
    into state: inout HeadState
  ) throws(SQLiteError) {
    let rows = try database.prepare(
      """
      SELECT id, first_ms, labels, closed_ms FROM series LEFT JOIN tails ON tails.series = series.id
      ORDER BY id
      """
    )
    while try rows.step() {
      let id = rows.integer(0)
      guard (0..<Int64(ChunkKey.seriesMax)).contains(id),
        let labels = LabelCoding.decode(rows.blob(2))
      else { throw SQLiteError(.corrupt, "series \(id) has no valid label set") }
      state.restore(
        number: UInt32(id),
        labels: labels,
        closedThrough: rows.isNull(3) ? .min : rows.integer(3),
        first: rows.integer(1)
      )
    }
  }

  /// A sample that came after a chunk that covers its time was closed.
  private struct LateSample {
    let row: Int64
    let time: Int64
    let value: Double
  }

  /// Takes the samples of head rows that no chunk has; late ones are returned, to be looked up.
  private static func replayHead(
    from database: Connection,
    into state: inout HeadState
  ) throws(SQLiteError) -> [UInt32: [LateSample]] {
    var late: [UInt32: [LateSample]] = [:]
    let known = UInt32(state.entries.count)
    let rows = try database.prepare("SELECT seq, data FROM head ORDER BY seq")
    while try rows.step() {
      let row = rows.integer(0)
      let record = try decode(rows.blob(1), row: row)
      state.nextRow = row + 1
      for index in 0..<record.count {
        let number = record.series[index]
        let value = Double(bitPattern: record.valueBits[index])
        guard number < known, !state.entries[Int(number)].isDormant else {
          // Of a series deleted since. Its number must not go to another one while rows name it.
          guard number < ChunkKey.seriesMax else {
            throw SQLiteError(.corrupt, "head row \(row) names series \(number)")
          }
          state.reserveNumbers(upTo: number + 1)
          continue
        }
        guard !record.isLate[index] else {
          let sample = LateSample(row: row, time: record.times[index], value: value)
          late[number, default: []].append(sample)
          continue
        }
        guard record.times[index] > state.entries[Int(number)].closedThrough else { continue }
        var isNew = false
        state.update(number) { isNew = $0.replay(record.times[index], value) }
        if isNew { state.pin(number, to: row) }
      }
    }
    return late
  }

  private static func decode(_ bytes: [UInt8], row: Int64) throws(SQLiteError) -> HeadRecord {
    do throws(ChunkError) {
      return try HeadRecord(decoding: bytes)
    } catch {
      throw SQLiteError(.corrupt, "head row \(row): \(error)")
    }
  }

  /// Brings the closed samples back that duplicates are looked for in, then the late samples.
  private static func loadTails(
    _ late: [UInt32: [LateSample]],
    from database: Connection,
    into state: inout HeadState
  ) throws(SQLiteError) {
    let window = state.settings.lateWindow.wholeMilliseconds
    for number in UInt32(0)..<UInt32(state.entries.count) {
      let entry = state.entries[Int(number)]
      guard let newest = entry.newest else { continue }
      let samples = late[number] ?? []
      let from = samples.reduce(newest - window) { min($0, $1.time) }
      guard from <= entry.closedThrough else { continue }
      let tail = try tail(of: number, from: max(from, 0), in: database)
      if let tail { state.update(number) { $0.restore(tail: tail, from: from) } }
      for sample in samples {
        var isNew = true
        state.update(number) { entry in
          if tail == nil {
            entry.restoreLate(sample.time, sample.value)
          } else {
            isNew = entry.replay(sample.time, sample.value)
          }
        }
        if isNew { state.pin(number, to: sample.row) }
      }
    }
  }

  /// The samples in chunks from a time on, or nil when a chunk is damaged.
  private static func tail(
    of series: UInt32,
    from time: Int64,
    in database: Connection
  ) throws(SQLiteError) -> TimedValues? {
    let first = try ChunkTable.chunkID(of: series, covering: time, in: database)
    let range = ChunkKey.range(series)
    let rows = try database.prepare("SELECT data FROM chunks WHERE id BETWEEN ? AND ? ORDER BY id")
    try rows.bind(first ?? range.lowerBound, at: 1)
    try rows.bind(range.upperBound, at: 2)
    var tail = TimedValues()
    var times: [Int64] = []
    var values: [Double] = []
    while try rows.step() {
      do throws(ChunkError) {
        try SampleChunk.decode(rows.blob(0), times: &times, values: &values)
      } catch {
        // Whoever reads the chunk is told; opening goes on without it.
        return nil
      }
      for index in times.indices where times[index] >= time {
        tail.append(times[index], values[index])
      }
    }
    return tail
  }
}
