// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel
import SQLite

/// Roll-ups in the file: a row for each figure of a day of a group.
enum RollupTable {
  /// The days of a group for which roll-ups can be made, from the first that lacks them.
  struct Due: Sendable {
    let group: UInt32
    let spanMax: Int64
    /// Midnight at which the next day without roll-ups begins, or earlier when there are no samples.
    let start: Int64
    /// Days must have ended before this time.
    let end: Int64
  }

  /// Makes the roll-ups of the next day of a group that has samples.
  ///
  /// - Returns: The time up to which the group has them now, and whether any were made.
  static func rollNextDay(
    _ due: Due,
    in database: Connection
  ) throws(SQLiteError) -> (through: Int64, isMade: Bool) {
    guard let first = try firstSample(due, in: database) else { return (due.end, false) }
    let day = RollupSpan.day(of: max(first, due.start + 1))
    guard day + RollupSpan.day <= due.end else { return (max(day, due.start), false) }
    var blocks: [SampleBlock] = []
    // The last sample before the day says by how much a counter rose to its first one.
    let times = max(day - 600_000, 0)...day + RollupSpan.day
    for row in try BlockTable.rows(of: due.group, in: times, spanMax: due.spanMax, database) {
      if let block = try BlockTable.soundBlock(row.id, database) { blocks.append(block) }
    }
    let series = Set(blocks.flatMap(\.series)).sorted()
    var samples: [UInt32: TimedValues] = [:]
    for number in series { samples[number] = Self.samples(of: number, in: blocks) }
    try database.transaction { () throws(SQLiteError) in
      for span in RollupSpan.allCases {
        try write(span, day: day, due.group, series, samples, to: database)
      }
      try saveProgress(due.group, through: day + RollupSpan.day, in: database)
    }
    return (day + RollupSpan.day, true)
  }

  private static func firstSample(
    _ due: Due,
    in database: Connection
  ) throws(SQLiteError) -> Int64? {
    let range = BlockKey.range(
      due.group,
      due.start + 1...BlockKey.timeEnd - 1,
      spanMax: due.spanMax
    )
    let statement = try database.prepare(
      "SELECT id FROM blocks WHERE id BETWEEN ? AND ? AND end_ms > ? ORDER BY id LIMIT 1"
    )
    try statement.bind(range.lowerBound, at: 1)
    try statement.bind(range.upperBound, at: 2)
    try statement.bind(due.start, at: 3)
    guard try statement.step() else { return nil }
    return BlockKey.time(of: statement.integer(0))
  }

  private static func samples(of series: UInt32, in blocks: [SampleBlock]) -> TimedValues {
    var all = TimedValues()
    var values: [Double] = []
    for block in blocks {
      guard let column = block.position(of: series) else { continue }
      do throws(ChunkError) {
        try block.read(column: column, into: &values)
      } catch {
        // Whoever reads the samples is told.
        continue
      }
      all = all.appending(TimedValues(times: block.times, values: values))
    }
    return all
  }

  private static func write(
    _ span: RollupSpan,
    day: Int64,
    _ group: UInt32,
    _ series: [UInt32],
    _ samples: [UInt32: TimedValues],
    to database: Connection
  ) throws(SQLiteError) {
    var kept: [UInt32] = []
    var columns = RollupFigure.allCases.map { _ in [[Double]]() }
    for number in series {
      var figures = RollupFigures(span, day: day)
      figures.take(samples[number] ?? TimedValues())
      guard !figures.isEmpty else { continue }
      kept.append(number)
      for (place, column) in figures.columns.enumerated() { columns[place].append(column) }
    }
    guard !kept.isEmpty else { return }
    let times = (1...span.perDay).map { day + Int64($0) * span.rawValue }
    for figure in RollupFigure.allCases {
      let statement = try database.prepare(
        "INSERT OR REPLACE INTO \(span.table)(id, data) VALUES (?, ?)"
      )
      try statement.bind(RollupSpan.key(group, day: day, figure), at: 1)
      let bytes = SampleBlock.encode(series: kept, times: times, columns: columns[figure.rawValue])
      try statement.bind(bytes, at: 2)
      try statement.run()
    }
  }

  /// Notes up to which time a group has roll-ups.
  static func saveProgress(
    _ group: UInt32,
    through time: Int64,
    in database: Connection
  ) throws(SQLiteError) {
    let statement = try database.prepare("UPDATE groups SET rolled_ms = ? WHERE id = ?")
    try statement.bind(time, at: 1)
    try statement.bind(Int64(group), at: 2)
    try statement.run()
  }

  /// Deletes the roll-ups of days that ended before a time.
  ///
  /// - Returns: The beginning of the first day that is left, or nil when there is none.
  static func delete(
    of group: UInt32,
    _ span: RollupSpan,
    endingBefore cutoff: Int64,
    in database: Connection
  ) throws(SQLiteError) -> Int64? {
    if cutoff > RollupSpan.day {
      let statement = try database.prepare("DELETE FROM \(span.table) WHERE id BETWEEN ? AND ?")
      try statement.bind(BlockKey.key(group, 0), at: 1)
      try statement.bind(BlockKey.key(group, cutoff - RollupSpan.day), at: 2)
      try statement.run()
    }
    let range = BlockKey.range(group)
    let first = try database.prepare("SELECT min(id) FROM \(span.table) WHERE id BETWEEN ? AND ?")
    try first.bind(range.lowerBound, at: 1)
    try first.bind(range.upperBound, at: 2)
    guard try first.step(), !first.isNull(0) else { return nil }
    return BlockKey.time(of: first.integer(0))
  }

  // Reading.

  /// The row ids of one figure of a group, for the days that have a span in a range.
  static func rows(
    of group: UInt32,
    _ span: RollupSpan,
    _ figure: RollupFigure,
    in times: ClosedRange<Int64>,
    _ database: Connection
  ) throws(SQLiteError) -> [Int64] {
    let statement = try database.prepare(
      "SELECT id FROM \(span.table) WHERE id BETWEEN ? AND ? AND id & 7 = ? ORDER BY id"
    )
    try statement.bind(BlockKey.key(group, RollupSpan.day(of: times.lowerBound)), at: 1)
    try statement.bind(BlockKey.key(group, max(times.upperBound, 0)) + 7, at: 2)
    try statement.bind(figure.rawValue, at: 3)
    var rows: [Int64] = []
    while try statement.step() { rows.append(statement.integer(0)) }
    return rows
  }
}
