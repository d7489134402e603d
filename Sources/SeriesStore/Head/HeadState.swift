// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel

/// Everything a store holds in memory; the store keeps it under one lock.
struct HeadState {
  let settings: StoreSettings
  var entries: [SeriesEntry] = []
  var groups: [SeriesGroup] = []
  /// Samples that came after a younger one of their series, by series.
  var late: [UInt32: LateSamples] = [:]
  /// Groups that a series was in before, by series; few ever were.
  var olderGroups: [UInt32: [UInt32]] = [:]
  private(set) var index = LabelIndex()
  private var order = LabelOrder()
  private var numbers = SeriesNumbers()
  /// Samples in no row of the log yet.
  var pending = HeadEntries()
  /// Series whose row in the file is missing or outdated.
  var unsavedSeries: Set<UInt32> = []
  /// Groups that a series has left, and the file does not know it yet.
  var unsavedMoves: [SeriesMove] = []
  /// Groups whose next block is to be closed.
  var due: Set<UInt32> = []
  /// The number of the next row of the log.
  var nextRow: Int64 = 1
  /// Samples logged since the store was opened, those that it found in the log included.
  var loggedSamples = 0
  /// Samples of the flush that is being written.
  var inFlight = 0
  /// The newest time of all series, and where it stood at the last look for idle groups.
  var newest = Int64.min
  var newestAtScan = Int64.min
  /// The latest time of the clock, and the time it shows now if that is earlier by more than the
  /// window in which late samples are taken.
  private var latestClock = Int64.min
  private var clockSetBack: Int64?
  var counters = StoreStatistics()
  var isClosed = false
  var retention = RetentionProgress()
  /// The group whose roll-ups are looked at next.
  var rollupTurn = 0

  let lateWindow: Int64
  let chunkSpan: Int64

  init(settings: StoreSettings) {
    self.settings = settings
    lateWindow = settings.lateWindow.wholeMilliseconds
    chunkSpan = settings.chunkSpan.wholeMilliseconds
  }

  // Series.

  /// Finds or makes a series.
  mutating func number(for labels: LabelSet) throws(StoreError) -> UInt32 {
    if let number = numbers.number(of: labels, in: entries) {
      if entries[Int(number)].isDormant { try revive(number) }
      return number
    }
    try checkRoom()
    let number = UInt32(entries.count)
    add(SeriesEntry(labels: labels))
    return number
  }

  private func checkRoom() throws(StoreError) {
    guard index.all.count < settings.seriesMax, entries.count < BlockKey.groupsMax else {
      throw .limitExceeded(limit: "series_max \(settings.seriesMax)")
    }
  }

  mutating func revive(_ number: UInt32) throws(StoreError) {
    try checkRoom()
    entries[Int(number)].isDormant = false
    index.insert(number, entries[Int(number)].labels)
  }

  /// Adds a series under the next number.
  mutating func add(_ entry: SeriesEntry) {
    let number = UInt32(entries.count)
    entries.append(entry)
    numbers.note(number, entry.labels)
    index.insert(number, entry.labels)
    order.insert(number, of: entries)
  }

  /// Makes a series that cannot be found any more.
  mutating func hide(_ number: UInt32) {
    let place = Int(number)
    entries[place].isDormant = true
    index.remove(number, entries[place].labels)
    if let column = entries[place].place { groups[Int(column.group)].remove(column: column.column) }
    entries[place].place = nil
    entries[place].newest = .min
    entries[place].firstTime = .max
    late[number] = nil
    olderGroups[number] = nil
    unsavedSeries.remove(number)
  }

  /// The position of each series in label-set order, at its number.
  mutating func ranks() -> [UInt32] {
    order.ranks(of: entries)
  }

  /// Adds a group.
  mutating func makeGroup() -> UInt32 {
    let number = UInt32(groups.count)
    groups.append(SeriesGroup(number: number, openSamples: settings.openSamples))
    return number
  }

  // Samples.

  /// Notes what the clock shows: when it was set back, samples of its time are taken, although they
  /// are older than those that their series have.
  mutating func look(atClock now: Int64) {
    latestClock = max(latestClock, now)
    clockSetBack = now < latestClock - lateWindow ? now : nil
  }

  /// Samples of a series before this time are too old.
  private func oldestTaken(_ newest: Int64) -> Int64 {
    min(newest, clockSetBack ?? newest) - lateWindow
  }

  mutating func append(_ batch: AppendBatch) throws(StoreError) -> AppendOutcome {
    var outcome = AppendOutcome()
    let time = batch.timestamp.unixMilliseconds
    guard time < BlockKey.timeEnd else {
      throw .limitExceeded(limit: "timestamps before the year 2109")
    }
    guard time >= 0 else {
      outcome.tooOld = batch.references.count
      counters.tooOld += outcome.tooOld
      return outcome
    }
    makeRoom(for: batch.references.count)
    var index = 0
    var cursor = RowCursor(time: time)
    while index < batch.references.count {
      let row = plainRow(batch, from: index, time)
      if let row {
        put(batch, row, time)
        outcome.appended += row.range.count
        cursor.group = nil
        index = row.range.upperBound
        continue
      }
      let number = batch.references[index].rawValue
      if entries[Int(number)].isDormant { try revive(number) }
      switch insert(number, time, batch.values[index], &cursor, batch) {
      case .duplicate: outcome.duplicates += 1
      case .tooOld: outcome.tooOld += 1
      case .taken: outcome.appended += 1
      }
      index += 1
    }
    newest = max(newest, time)
    counters.appended += outcome.appended
    counters.duplicates += outcome.duplicates
    counters.tooOld += outcome.tooOld
    return outcome
  }

  /// A stretch of a batch whose series are columns, from left to right, of one group and get their
  /// newest sample: what polls are made of.
  private struct PlainRow {
    let group: UInt32
    let row: Int
    let range: Range<Int>
  }

  /// Series at which it pays to look for a stretch.
  private static var plainRowMin: Int { 4 }

  private mutating func plainRow(_ batch: AppendBatch, from start: Int, _ time: Int64) -> PlainRow?
  {
    let count = entries.count
    let found = batch.references.withUnsafeBufferPointer { references in
      entries.withUnsafeBufferPointer { entries in
        var end = start
        var group: UInt32?
        var last = -1
        while end < references.count {
          let number = Int(references[end].rawValue)
          precondition(number < count, "a series reference comes from this store")
          guard let place = entries[number].place, place.group == group ?? place.group,
            Int(place.column) > last, time > entries[number].newest
          else { break }
          group = place.group
          last = Int(place.column)
          end += 1
        }
        return (group, end)
      }
    }
    guard let group = found.0, found.1 - start >= Self.plainRowMin,
      let row = groups[Int(group)].openRow(at: time)
    else { return nil }
    return PlainRow(group: group, row: row, range: start..<found.1)
  }

  private mutating func put(_ batch: AppendBatch, _ row: PlainRow, _ time: Int64) {
    var columns: [UInt16] = []
    columns.reserveCapacity(row.range.count)
    entries.withUnsafeMutableBufferPointer { entries in
      for reference in batch.references[row.range] {
        let number = Int(reference.rawValue)
        columns.append(entries[number].place?.column ?? 0)
        entries[number].newest = time
        if time < entries[number].firstTime { entries[number].firstTime = time }
      }
    }
    let values = batch.values[row.range]
    groups[Int(row.group)].put(values, columns: columns, row: row.row)
    pending.append(group: row.group, time: time, columns: columns, values: values)
    noteIfDue(row.group, time)
  }

  private enum Placement {
    case taken
    case duplicate
    case tooOld
  }

  /// The row of a batch in the group that was met last: most series of a batch are in one group.
  private struct RowCursor {
    let time: Int64
    var group: UInt32?
    var row: Int?
    /// A group for series that get their first sample in this batch; nil until it is looked for.
    var newcomers: UInt32?
  }

  private mutating func insert(
    _ number: UInt32,
    _ time: Int64,
    _ value: Double,
    _ cursor: inout RowCursor,
    _ batch: AppendBatch
  ) -> Placement {
    let place = entries[Int(number)].place ?? assign(number, with: batch, &cursor)
    let known = entries[Int(number)].newest
    if time <= known {
      guard time >= oldestTaken(known) else { return .tooOld }
      let isKnown =
        groups[Int(place.group)].hasValue(at: time, column: place.column)
        || late[number]?.contains(time) == true
      if isKnown { return .duplicate }
    } else {
      entries[Int(number)].newest = time
    }
    if cursor.group != place.group {
      cursor.group = place.group
      cursor.row = groups[Int(place.group)].openRow(at: time)
      noteIfDue(place.group, time)
    }
    if let row = cursor.row {
      guard groups[Int(place.group)].put(value, column: place.column, row: row) else {
        return .duplicate
      }
      pending.append(
        group: place.group,
        time: time,
        column: place.column,
        bits: value.bitPattern
      )
    } else {
      guard late[number, default: LateSamples()].open.count < LateSamples.openMax else {
        return .tooOld
      }
      late[number, default: LateSamples()].open.insert(time, value)
      if late[number]?.open.count ?? 0 >= settings.chunkSamples { due.insert(place.group) }
      pending.append(late: number, time: time, bits: value.bitPattern)
    }
    if time < entries[Int(number)].firstTime { entries[Int(number)].firstTime = time }
    return .taken
  }

  /// Finds a group for a series that gets its first sample: that of others of the batch.
  private mutating func assign(
    _ number: UInt32,
    with batch: AppendBatch,
    _ cursor: inout RowCursor
  ) -> ColumnPlace {
    if let known = cursor.newcomers, groups[Int(known)].hasRoom {
      return assign(number, to: known)
    }
    var found: UInt32?
    // Looked for once: all series of a new target's first batch are new.
    if cursor.newcomers == nil {
      for reference in batch.references.reversed() {
        guard let group = entries[Int(reference.rawValue)].place?.group,
          groups[Int(group)].hasRoom
        else { continue }
        found = group
        break
      }
    }
    let group = found ?? makeGroup()
    cursor.newcomers = group
    return assign(number, to: group)
  }

  /// Puts a series into a group.
  @discardableResult
  mutating func assign(_ number: UInt32, to group: UInt32) -> ColumnPlace {
    let place = groups[Int(group)].add(number)
    entries[Int(number)].place = place
    unsavedSeries.insert(number)
    return place
  }

  /// Plans a block for a group that has enough rows, or has them for long enough.
  func isDue(_ group: UInt32, at time: Int64) -> Bool {
    if groups[Int(group)].openRows >= groups[Int(group)].rowTarget { return true }
    guard let since = groups[Int(group)].openSince else { return false }
    return time - since >= chunkSpan
  }

  private mutating func noteIfDue(_ group: UInt32, _ time: Int64) {
    if isDue(group, at: time) { due.insert(group) }
  }

  /// Drops the oldest samples that wait, when more come than may wait.
  mutating func makeRoom(for count: Int) {
    let excess = pending.count + inFlight + count - settings.unflushedSamplesMax
    guard excess > 0, !pending.rows.isEmpty else { return }
    // A tenth at once: dropping looks through all that wait.
    let wanted = min(max(excess, settings.unflushedSamplesMax / 10), pending.count)
    var rows = 0
    var dropped = 0
    while dropped < wanted, rows < pending.rows.count {
      dropped += pending.rows[rows].cells.count
      rows += 1
    }
    let taken = pending.removeOldest(rows: rows)
    for row in taken.rows {
      groups[Int(row.group)].dropRow(at: row.time, columns: taken.columns[row.cells])
    }
    counters.dropped += taken.count
  }

  // Figures.

  /// The newest time of all series, or nil in an empty store.
  var newestTime: Int64? { newest == .min ? nil : newest }

  /// The figures, with those that are counted only when asked for.
  var statistics: StoreStatistics {
    var figures = counters
    figures.series = index.all.count
    figures.headSamples = late.values.reduce(0) { $0 + $1.open.count + $1.sealed.count }
    for group in groups { figures.headSamples += group.rows.valueCount }
    figures.unflushedSamples = pending.count + inFlight
    figures.isClockSetBack = clockSetBack != nil
    return figures
  }
}

/// A series that left a group because its times differ from the others'.
struct SeriesMove: Sendable {
  let series: UInt32
  let from: UInt32
}

/// Series numbers by label set, built when a series is first asked for by its labels: queries after
/// a start do not wait for it.
private struct SeriesNumbers {
  private var numbers: [LabelSet: UInt32] = [:]
  private var isBuilt = false

  mutating func number(of labels: LabelSet, in entries: [SeriesEntry]) -> UInt32? {
    if !isBuilt {
      isBuilt = true
      numbers.reserveCapacity(entries.count)
      for (number, entry) in entries.enumerated() where !entry.labels.isEmpty {
        numbers[entry.labels] = UInt32(number)
      }
    }
    return numbers[labels]
  }

  mutating func note(_ number: UInt32, _ labels: LabelSet) {
    if isBuilt { numbers[labels] = number }
  }
}
