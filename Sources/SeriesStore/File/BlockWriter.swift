// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel
import SQLite

/// What a transaction did to the blocks.
struct SealingOutcome: Sendable {
  /// Series of a group whose times are not those of the others.
  struct Move: Sendable {
    let from: UInt32
    let series: [UInt32]
  }

  /// How many blocks and samples were added.
  var blocks = 0
  var samples = 0
  /// The longest block of each group that got one.
  var spans: [UInt32: Int64] = [:]
  /// Series that are better off in a group of their own.
  var moves: [Move] = []
  /// Blocks that are there no more, or are others now.
  var replaced: [Int64] = []
}

/// Samples of series that all have the same times.
struct Cohort {
  var series: [UInt32]
  let times: [Int64]
  var columns: [[Double]]
}

/// Writes blocks within a transaction.
struct BlockWriter {
  let chunkSamples: Int
  private(set) var outcome = SealingOutcome()

  /// A block that grows by what comes later spans this much at most.
  private static let grownSpanMax: Int64 = 2 * 86_400_000

  init(chunkSamples: Int) {
    self.chunkSamples = chunkSamples
  }

  /// Writes the blocks of one group, and notes its newest time.
  mutating func seal(_ run: SealingRun, in database: Connection) throws(SQLiteError) {
    let cohorts = Self.cohorts(of: run)
    findMoves(run, cohorts)
    for cohort in cohorts {
      if try grow(cohort, of: run.group, in: database) { continue }
      try write(cohort, of: run.group, in: database)
    }
    let closed = max(run.span?.upperBound ?? .min, run.sealedThrough)
    try saveGroup(run.group, closedThrough: closed, in: database)
  }

  /// Notes a group's newest time in a block, and its longest block.
  func saveGroup(
    _ group: UInt32,
    closedThrough: Int64,
    in database: Connection
  ) throws(SQLiteError) {
    let statement = try database.prepare(
      """
      INSERT INTO groups(id, closed_ms, span_ms) VALUES (?1, ?2, ?3) ON CONFLICT(id) DO UPDATE
      SET closed_ms = max(closed_ms, ?2), span_ms = max(span_ms, ?3)
      """
    )
    try statement.bind(Int64(group), at: 1)
    try statement.bind(closedThrough, at: 2)
    try statement.bind(outcome.spans[group] ?? 0, at: 3)
    try statement.run()
  }

  /// Writes the samples of a cohort as one block or several.
  mutating func write(
    _ cohort: Cohort,
    of group: UInt32,
    in database: Connection
  ) throws(SQLiteError) {
    var start = 0
    while start < cohort.times.count {
      let left = cohort.times.count - start
      let size = left <= chunkSamples + chunkSamples / 2 ? left : chunkSamples
      if start == 0, size == left {
        try insert(cohort, of: group, in: database)
      } else {
        let piece = Cohort(
          series: cohort.series,
          times: Array(cohort.times[start..<start + size]),
          columns: cohort.columns.map { Array($0[start..<start + size]) }
        )
        try insert(piece, of: group, in: database)
      }
      start += size
    }
  }

  private mutating func insert(
    _ cohort: Cohort,
    of group: UInt32,
    in database: Connection
  ) throws(SQLiteError) {
    guard let first = cohort.times.first, let last = cohort.times.last else { return }
    let bytes = Self.encode(cohort)
    var id = BlockKey.key(group, first)
    while true {
      let statement = try database.prepare(
        "INSERT INTO blocks(id, end_ms, samples, data) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
      )
      try statement.bind(id, at: 1)
      try statement.bind(last, at: 2)
      try statement.bind(cohort.times.count * cohort.series.count, at: 3)
      try statement.bind(bytes, at: 4)
      try statement.run()
      if database.changedRows > 0 { break }
      id += 1
    }
    note(group, span: last - first)
    outcome.blocks += 1
    outcome.samples += cohort.times.count * cohort.series.count
  }

  private static func encode(_ cohort: Cohort) -> [UInt8] {
    SampleBlock.encode(series: cohort.series, times: cohort.times, columns: cohort.columns)
  }

  private mutating func note(_ group: UInt32, span: Int64) {
    outcome.spans[group] = max(outcome.spans[group] ?? 0, span)
  }

  /// The blocks before a cohort that are looked at for one to grow.
  private static let grownCandidatesMax = 4

  /// Adds a cohort to the group's last block of the same series, if that has room.
  private mutating func grow(
    _ cohort: Cohort,
    of group: UInt32,
    in database: Connection
  ) throws(SQLiteError) -> Bool {
    guard let first = cohort.times.first, let end = cohort.times.last,
      cohort.times.count < chunkSamples
    else { return false }
    guard
      let (id, last) = try lastBlock(of: cohort, before: first, group, in: database),
      last.times.count + cohort.times.count <= chunkSamples, let start = last.times.first,
      end - start <= Self.grownSpanMax
    else { return false }
    var grown = Cohort(series: cohort.series, times: last.times + cohort.times, columns: [])
    var values: [Double] = []
    for place in cohort.columns.indices {
      do throws(ChunkError) {
        try last.read(column: place, into: &values)
      } catch {
        return false
      }
      grown.columns.append(values + cohort.columns[place])
    }
    let update = try database.prepare(
      "UPDATE blocks SET end_ms = ?, samples = ?, data = ? WHERE id = ?"
    )
    try update.bind(end, at: 1)
    try update.bind(grown.times.count * grown.series.count, at: 2)
    try update.bind(Self.encode(grown), at: 3)
    try update.bind(id, at: 4)
    try update.run()
    note(group, span: end - start)
    outcome.samples += cohort.times.count * cohort.series.count
    outcome.replaced.append(id)
    return true
  }

  /// The last block before a time that has just the series of a cohort.
  private func lastBlock(
    of cohort: Cohort,
    before time: Int64,
    _ group: UInt32,
    in database: Connection
  ) throws(SQLiteError) -> (id: Int64, block: SampleBlock)? {
    let statement = try database.prepare(
      "SELECT id, end_ms FROM blocks WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT ?"
    )
    try statement.bind(BlockKey.key(group, time - Self.grownSpanMax), at: 1)
    try statement.bind(BlockKey.key(group, time), at: 2)
    try statement.bind(Self.grownCandidatesMax, at: 3)
    while try statement.step() {
      guard statement.integer(1) < time else { continue }
      let id = statement.integer(0)
      guard let block = try BlockTable.soundBlock(id, database), block.series == cohort.series
      else { continue }
      return (id, block)
    }
    return nil
  }

  // Cohorts.

  /// The samples of a group by the times that its series have.
  private static func cohorts(of run: SealingRun) -> [Cohort] {
    let (every, any) = run.rows.presence(in: run.range)
    var main = Cohort(series: [], times: Array(run.rows.times[run.range]), columns: [])
    var odd: [[Int64]: Cohort] = [:]
    let living = run.series.enumerated()
      .compactMap { column, series in series.map { (series: $0, column: column) } }
      .sorted { $0.series < $1.series }
    for (series, column) in living {
      let late = run.late[series]
      if late == nil, every.contains(column) {
        main.add(series, run.rows.values(column: column, rows: run.range))
        continue
      }
      var samples = late ?? TimedValues()
      if any.contains(column) {
        samples = run.rows.samples(column: column, rows: run.range).merged(with: samples)
      }
      guard !samples.isEmpty else { continue }
      odd[samples.times, default: Cohort(series: [], times: samples.times, columns: [])]
        .add(series, samples.values)
    }
    let others = odd.values.sorted { $0.series[0] < $1.series[0] }
    return main.series.isEmpty ? others : [main] + others
  }

  /// Finds cohorts that share few of their times with the largest one.
  private mutating func findMoves(_ run: SealingRun, _ cohorts: [Cohort]) {
    guard cohorts.count > 1, run.late.isEmpty,
      let largest = cohorts.max(by: { $0.series.count < $1.series.count })
    else { return }
    let times = Set(largest.times)
    for cohort in cohorts where cohort.series != largest.series {
      let shared = cohort.times.count { times.contains($0) }
      guard cohort.times.count >= 4, shared * 2 < cohort.times.count else { continue }
      outcome.moves.append(SealingOutcome.Move(from: run.group, series: cohort.series))
    }
  }
}

extension Cohort {
  /// Adds a series with its values.
  mutating func add(_ number: UInt32, _ values: [Double]) {
    series.append(number)
    columns.append(values)
  }
}
