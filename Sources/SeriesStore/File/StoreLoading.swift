// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel
import SQLite

/// What a store has in memory when it opens.
struct LoadedStore: Sendable {
  let state: HeadState
  let symbols: SymbolTable

  /// Reads everything a store starts with.
  ///
  /// - Throws: ``SQLiteError`` of kind `corrupt` when a row is not what a store writes.
  init(from database: Connection, _ settings: StoreSettings) throws(SQLiteError) {
    let loading = try StoreLoading(from: database, settings)
    state = loading.state
    symbols = loading.symbols
  }
}

/// Reads a store's file into memory when it opens.
private struct StoreLoading {
  private(set) var state: HeadState
  let symbols: SymbolTable
  private let database: Connection
  /// Late samples of the log, by group: a block may have them already.
  private var late: [UInt32: [LateSample]] = [:]

  /// A sample that has no row.
  private struct LateSample {
    let series: UInt32
    let row: Int64
    let time: Int64
    let value: Double
  }

  init(from database: Connection, _ settings: StoreSettings) throws(SQLiteError) {
    self.database = database
    state = HeadState(settings: settings)
    symbols = try SymbolTable(from: database)
    try loadGroups()
    try loadSeries()
    try loadMoves()
    try replayLog()
    try loadTails()
    try takeLate()
    let totals = try database.prepare("SELECT blocks, samples FROM totals")
    if try totals.step() {
      state.counters.chunks = Int(totals.integer(0))
      state.counters.chunkSamples = Int(totals.integer(1))
    }
    state.counters.fileBytes = try database.fileBytes
  }

  private mutating func loadGroups() throws(SQLiteError) {
    let rows = try database.prepare(
      "SELECT id, closed_ms, span_ms, rolled_ms FROM groups ORDER BY id"
    )
    while try rows.step() {
      let id = rows.integer(0)
      try reserveGroups(through: id)
      state.restoreGroup(UInt32(id), closedThrough: rows.integer(1), spanMax: rows.integer(2))
      state.groups[Int(id)].rolledThrough = rows.integer(3)
    }
  }

  private mutating func reserveGroups(through id: Int64) throws(SQLiteError) {
    guard (0..<Int64(BlockKey.groupsMax)).contains(id) else {
      throw SQLiteError(.corrupt, "group \(id) is out of range")
    }
    while state.groups.count <= Int(id) { _ = state.makeGroup() }
  }

  private mutating func loadSeries() throws(SQLiteError) {
    let rows = try database.prepare(
      "SELECT id, grp, col, first_ms, last_ms, labels FROM series ORDER BY id"
    )
    while try rows.step() {
      let id = rows.integer(0)
      let column = rows.integer(2)
      guard (0..<Int64(BlockKey.groupsMax)).contains(id),
        (0..<Int64(SampleBlock.columnsMax)).contains(column),
        let labels = LabelCoding.decode(rows.blob(5), symbols)
      else { throw SQLiteError(.corrupt, "series \(id) has no valid label set or column") }
      try reserveGroups(through: rows.integer(1))
      state.restoreSeries(
        UInt32(id),
        labels: labels,
        place: ColumnPlace(group: UInt32(rows.integer(1)), column: UInt16(column)),
        firstTime: rows.integer(3),
        newest: rows.isNull(4) ? nil : rows.integer(4)
      )
    }
  }

  private mutating func loadMoves() throws(SQLiteError) {
    let rows = try database.prepare("SELECT series, grp FROM moves")
    while try rows.step() {
      let (series, group) = (rows.integer(0), rows.integer(1))
      guard series >= 0, series < state.entries.count, group >= 0, group < state.groups.count else {
        continue
      }
      state.olderGroups[UInt32(series), default: []].append(UInt32(group))
    }
  }

  private mutating func replayLog() throws(SQLiteError) {
    let rows = try database.prepare("SELECT seq, data FROM head ORDER BY seq")
    var reader = HeadLogReader()
    var state = state
    // The copy is the only one while rows are put into it.
    self.state = HeadState(settings: state.settings)
    defer { self.state = state }
    var found: [LateSample] = []
    var numbersMax: UInt32 = 0
    while try rows.step() {
      let seq = rows.integer(0)
      state.nextRow = seq + 1
      var groupsMax: UInt32 = 0
      do throws(ChunkError) {
        try reader.decode(rows.blob(1)) { group, time in
          groupsMax = max(groupsMax, group)
          guard group < state.groups.count else { return false }
          return time > state.groups[Int(group)].sealedThrough
        } row: { row in
          state.replay(row, logged: seq)
          state.loggedSamples += row.columnCount
        } late: { series, time, bits in
          numbersMax = max(numbersMax, series)
          found.append(
            LateSample(series: series, row: seq, time: time, value: Double(bitPattern: bits))
          )
        }
      } catch {
        throw SQLiteError(.corrupt, "log row \(seq): \(error)")
      }
      // Rows of groups and samples of series deleted since: their numbers must not go to others
      // while rows name them.
      guard groupsMax < BlockKey.groupsMax, numbersMax < BlockKey.groupsMax else {
        throw SQLiteError(.corrupt, "log row \(seq) names group \(groupsMax), series \(numbersMax)")
      }
      while state.groups.count <= Int(groupsMax) { _ = state.makeGroup() }
    }
    state.reserveNumbers(upTo: found.isEmpty ? 0 : numbersMax + 1)
    for sample in found {
      guard let place = state.entries[Int(sample.series)].place else { continue }
      late[place.group, default: []].append(sample)
    }
  }

  /// Reads the times of the latest blocks, in which duplicates are looked for.
  private mutating func loadTails() throws(SQLiteError) {
    for number in state.groups.indices where state.groups[number].sealedThrough != .min {
      let group = state.groups[number]
      let newest = max(group.times.last ?? .min, group.sealedThrough)
      let start = max(newest - state.lateWindow, 0)
      guard start <= group.sealedThrough else { continue }
      let times = start...group.sealedThrough
      let blocks = try BlockTable.rows(
        of: group.number,
        in: times,
        spanMax: group.spanMax,
        database
      )
      for row in blocks {
        guard let block = try BlockTable.soundBlock(row.id, database) else { continue }
        let recent = block.times[block.times.insertionPosition(of: start)...]
        state.groups[number].tails.append(
          SealedTail(series: block.series, times: Array(recent))
        )
      }
    }
  }

  /// Takes the late samples that no block has.
  private mutating func takeLate() throws(SQLiteError) {
    for (number, samples) in late {
      let group = state.groups[Int(number)]
      let first = samples.reduce(Int64.max) { min($0, $1.time) }
      let last = samples.reduce(Int64.min) { max($0, $1.time) }
      var known: [UInt32: Set<Int64>] = [:]
      for row in try BlockTable.rows(
        of: number,
        in: max(first, 0)...max(last, 0),
        spanMax: group.spanMax,
        database
      ) {
        guard let block = try BlockTable.soundBlock(row.id, database) else { continue }
        for sample in samples where block.position(of: sample.series) != nil {
          known[sample.series, default: []].formUnion(block.times)
        }
      }
      for sample in samples where known[sample.series]?.contains(sample.time) != true {
        state.replayLate(sample.series, sample.time, sample.value, logged: sample.row)
      }
    }
  }
}

extension HeadState {
  /// Sets, on opening, how far a group is in blocks.
  fileprivate mutating func restoreGroup(_ number: UInt32, closedThrough: Int64, spanMax: Int64) {
    let group = Int(number)
    groups[group].sealedThrough = closedThrough
    groups[group].spanMax = spanMax
    groups[group].rowTarget = settings.openSamples
    if closedThrough != .min { groups[group].memoryFrom = closedThrough + 1 }
    newest = max(newest, closedThrough)
  }

  /// Adds, on opening, a series that the file knows; numbers rise from call to call.
  fileprivate mutating func restoreSeries(
    _ number: UInt32,
    labels: LabelSet,
    place: ColumnPlace,
    firstTime: Int64,
    newest: Int64?
  ) {
    reserveNumbers(upTo: number)
    var entry = SeriesEntry(labels: labels)
    entry.place = place
    entry.firstTime = firstTime
    entry.newest = newest ?? groups[Int(place.group)].sealedThrough
    entry.hasEnd = newest != nil
    groups[Int(place.group)].restore(number, at: Int(place.column))
    add(entry)
  }

  /// Makes sure that no new series gets a number below this one.
  fileprivate mutating func reserveNumbers(upTo number: UInt32) {
    while entries.count < Int(number) {
      var gap = SeriesEntry(labels: .empty)
      gap.isDormant = true
      entries.append(gap)
    }
  }

  /// Takes, on opening, a row of the log that is in no block.
  fileprivate mutating func replay(_ row: HeadLogReader.Row, logged seq: Int64) {
    let group = Int(row.group)
    guard let place = groups[group].openRow(at: row.time) else { return }
    for column in 0..<min(row.columnCount, groups[group].columns.count) {
      guard row.isPresent?[column] ?? true, let series = groups[group].columns[column] else {
        continue
      }
      let value = Double(bitPattern: row.bits[column])
      guard groups[group].put(value, column: UInt16(column), row: place) else { continue }
      entries[Int(series)].newest = max(entries[Int(series)].newest, row.time)
    }
    newest = max(newest, row.time)
    pin(row.group, to: seq)
    if isDue(row.group, at: row.time) { due.insert(row.group) }
  }

  /// Takes, on opening, a late sample of the log that no block has.
  fileprivate mutating func replayLate(
    _ series: UInt32,
    _ time: Int64,
    _ value: Double,
    logged seq: Int64
  ) {
    guard let place = entries[Int(series)].place else { return }
    late[series, default: LateSamples()].open.insert(time, value)
    entries[Int(series)].newest = max(entries[Int(series)].newest, time)
    pin(place.group, to: seq)
  }
}
