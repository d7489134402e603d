// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel

/// What one flush writes, taken from the head in one go.
struct FlushPlan: Sendable {
  struct SavedSeries: Sendable {
    let number: UInt32
    let place: ColumnPlace
    let labels: LabelSet
    let firstTime: Int64
  }

  let row: Int64
  let entries: HeadEntries
  let sealings: [SealingRun]
  let series: [SavedSeries]
  let moves: [SeriesMove]
  /// Series that end before the blocks of this flush, and series that go on after they had ended.
  let ends: [SeriesEnd]
  /// Rows of the log before this one are in blocks.
  let oldestRow: Int64
  let chunkSamples: Int

  /// There is nothing to write.
  var isEmpty: Bool { entries.count == 0 && sealings.isEmpty && series.isEmpty && moves.isEmpty }
}

/// What the file is to say of the end of a series.
struct SeriesEnd: Sendable {
  let series: UInt32
  /// The time of its last sample; nil when it goes on.
  let time: Int64?
}

/// The samples of one group that a flush moves into blocks.
struct SealingRun: Sendable {
  let group: UInt32
  /// The series by column.
  let series: [UInt32?]
  let rows: HeadRows
  /// The rows that go into blocks.
  let range: Range<Int>
  let late: [UInt32: TimedValues]
  /// The newest time of the group in a block so far.
  let sealedThrough: Int64

  /// The first and the last time of the rows.
  var span: ClosedRange<Int64>? {
    range.isEmpty ? nil : rows.times[range.lowerBound]...rows.times[range.upperBound - 1]
  }
}

extension HeadState {
  /// How far the data's time moves between two looks for idle groups.
  private static var scanDistance: Int64 { 60_000 }

  /// Takes what the next transaction is to write.
  mutating func beginFlush() -> FlushPlan {
    let entries = pending
    pending = HeadEntries()
    findIdleGroups()
    findGroupsThatHoldTheLog()
    let sealings = due.sorted().compactMap { beginSealing($0) }
    due.removeAll()
    let series = unsavedSeries.sorted().compactMap { savedSeries($0) }
    for saved in series { unsavedSeries.remove(saved.number) }
    let moves = unsavedMoves
    unsavedMoves.removeAll()
    inFlight = entries.count
    let sealed = Set(sealings.map(\.group))
    var oldestRow = nextRow
    for group in groups where !sealed.contains(group.number) {
      if let pinned = group.pinnedRow { oldestRow = min(oldestRow, pinned) }
    }
    return FlushPlan(
      row: nextRow,
      entries: entries,
      sealings: sealings,
      series: series,
      moves: moves,
      ends: sealings.flatMap { ends(in: $0) },
      oldestRow: oldestRow,
      chunkSamples: settings.chunkSamples
    )
  }

  /// Plans blocks for all that is in none.
  mutating func sealAll() {
    for group in groups where group.openRows > 0 { due.insert(group.number) }
    for number in late.keys where late[number]?.open.isEmpty == false {
      if let place = entries[Int(number)].place { due.insert(place.group) }
    }
  }

  func savedSeries(_ number: UInt32) -> FlushPlan.SavedSeries? {
    let entry = entries[Int(number)]
    guard let place = entry.place, entry.firstTime != .max else { return nil }
    return FlushPlan.SavedSeries(
      number: number,
      place: place,
      labels: entry.labels,
      firstTime: entry.firstTime
    )
  }

  private mutating func beginSealing(_ number: UInt32) -> SealingRun? {
    let range = groups[Int(number)].beginSealing()
    let group = groups[Int(number)]
    var waiting: [UInt32: TimedValues] = [:]
    if !late.isEmpty {
      for series in group.columns.compactMap({ $0 }) {
        if let open = late[series]?.open, !open.isEmpty { waiting[series] = open }
      }
    }
    guard !range.isEmpty || !waiting.isEmpty else { return nil }
    return SealingRun(
      group: number,
      series: group.columns,
      rows: group.rows,
      range: range,
      late: waiting,
      sealedThrough: group.sealedThrough
    )
  }

  private func ends(in run: SealingRun) -> [SeriesEnd] {
    guard let start = run.span?.lowerBound else { return [] }
    return run.series.compactMap { series in
      guard let series else { return nil }
      let entry = entries[Int(series)]
      if entry.newest >= start {
        return entry.hasEnd ? SeriesEnd(series: series, time: nil) : nil
      }
      let isNews = !entry.hasEnd && entry.newest != .min
      return isNews ? SeriesEnd(series: series, time: entry.newest) : nil
    }
  }

  /// Finds groups whose open samples grew old without a new one, so that they hold no log row.
  private mutating func findIdleGroups() {
    guard newest != .min, newestAtScan == .min || newest - newestAtScan >= Self.scanDistance else {
      return
    }
    newestAtScan = newest
    for group in groups where group.pinnedRow != nil {
      let since = min(group.openSince ?? .max, group.pinnedSince)
      if since != .max, newest - since >= chunkSpan { due.insert(group.number) }
    }
  }

  /// Samples that the log may hold besides twice those that are in no block.
  private static var logSlack: Int { 200_000 }

  /// Finds groups that keep the log long, while others have been closing blocks all along: their
  /// rows go into a block early, which grows later.
  private mutating func findGroupsThatHoldTheLog() {
    var first = loggedSamples
    var open = 0
    for group in groups where group.pinnedRow != nil {
      first = min(first, group.pinnedAt)
      open += group.openRows * group.columns.count
    }
    let held = loggedSamples - first
    guard held > 2 * open + Self.logSlack else { return }
    for group in groups where group.pinnedRow != nil && group.pinnedAt < first + held / 2 {
      due.insert(group.number)
    }
  }

  /// Notes that the plan is on disk.
  mutating func finishFlush(_ plan: FlushPlan, _ written: SealingOutcome) {
    inFlight = 0
    if plan.entries.count > 0 { nextRow = plan.row + 1 }
    loggedSamples += plan.entries.count
    for run in plan.sealings { finishSealing(run, written) }
    for end in plan.ends { entries[Int(end.series)].hasEnd = end.time != nil }
    let sealed = Set(plan.sealings.map(\.group))
    for row in plan.entries.rows where !sealed.contains(row.group) { pin(row.group, to: plan.row) }
    for sample in plan.entries.late {
      guard let group = entries[Int(sample.series)].place?.group else { continue }
      if !sealed.contains(group) { pin(group, to: plan.row) }
    }
    for move in written.moves { self.move(move) }
  }

  /// Notes that a row of the log holds samples of a group that are in no block.
  mutating func pin(_ number: UInt32, to row: Int64) {
    let group = Int(number)
    if groups[group].pinnedRow == nil { groups[group].pinnedAt = loggedSamples }
    groups[group].pinnedRow = min(groups[group].pinnedRow ?? row, row)
    groups[group].pinnedSince = min(groups[group].pinnedSince, newest)
  }

  private mutating func finishSealing(_ run: SealingRun, _ written: SealingOutcome) {
    let group = Int(run.group)
    let cutoff = newest(of: run) - lateWindow
    groups[group].finishSealing(forgettingBefore: cutoff, nextTarget: settings.openSamples)
    groups[group].spanMax = max(groups[group].spanMax, written.spans[run.group] ?? 0)
    let memoryFrom = groups[group].memoryFrom
    for (series, samples) in run.late {
      late[series]?.seal(samples, forgettingBefore: memoryFrom)
    }
    if !late.isEmpty {
      for series in run.series.compactMap({ $0 }) {
        guard var samples = late[series] else { continue }
        samples.sealed = samples.sealed.filtered { $0 >= memoryFrom }
        late[series] = samples.isEmpty ? nil : samples
        // Late samples that came in meanwhile hold the log from here on.
        if !samples.open.isEmpty { due.insert(run.group) }
      }
    }
    if isDue(run.group, at: newest) { due.insert(run.group) }
  }

  /// The newest time that all living series of a group have passed, about.
  private func newest(of run: SealingRun) -> Int64 {
    run.span?.upperBound ?? run.sealedThrough
  }

  /// Gives series whose times are not those of their group one of their own.
  private mutating func move(_ cohort: SealingOutcome.Move) {
    let old = Int(cohort.from)
    let movable = cohort.series.filter { series in
      guard let place = entries[Int(series)].place, place.group == cohort.from else { return false }
      let open = groups[old].sealedRows..<groups[old].rows.count
      let isOpen = groups[old].rows.presence(in: open).any.contains(Int(place.column))
      return !isOpen && late[series] == nil
    }
    guard !movable.isEmpty else { return }
    let new = Int(makeGroup())
    let start = groups[old].sealedThrough
    groups[new].memoryFrom = start + 1
    groups[new].sealedThrough = start
    for series in movable {
      guard let place = entries[Int(series)].place else { continue }
      let recent = groups[old].rows.samples(column: Int(place.column), in: .min...start)
      groups[new].tails.append(SealedTail(series: [series], times: recent.times))
      groups[old].remove(column: place.column)
      olderGroups[series, default: []].append(cohort.from)
      unsavedMoves.append(SeriesMove(series: series, from: cohort.from))
      assign(series, to: UInt32(new))
    }
  }

  /// Takes back what could not be written.
  mutating func failFlush(_ plan: FlushPlan) {
    inFlight = 0
    var entries = plan.entries
    entries.append(pending)
    pending = entries
    unsavedSeries.formUnion(plan.series.map(\.number))
    unsavedMoves = plan.moves + unsavedMoves
    for run in plan.sealings {
      groups[Int(run.group)].failSealing()
      due.insert(run.group)
    }
    makeRoom(for: 0)
  }
}
