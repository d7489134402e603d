// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel

/// Everything a store holds in memory; the store keeps it under one lock.
struct HeadState {
  let settings: StoreSettings
  private(set) var entries: [SeriesEntry] = []
  private var numbers: [LabelSet: UInt32] = [:]
  private(set) var index = LabelIndex()
  private var order = LabelOrder()
  /// Samples in no head row yet.
  private var pending = HeadRecord()
  /// Series in no row yet.
  private var unsavedSeries: [UInt32] = []
  /// Series whose next chunk is to be closed.
  private var due: Set<UInt32> = []
  /// How many series need each head row as their oldest.
  private var pins: [Int64: Int] = [:]
  /// The number of the next head row.
  var nextRow: Int64 = 1
  /// Samples of the flush that is being written.
  private var inFlight = 0
  /// The newest time of all series, and where it stood at the last look for idle series.
  private var newest = Int64.min
  private var newestAtScan = Int64.min
  var counters = StoreStatistics()
  var isClosed = false
  var retention = RetentionProgress()

  private let lateWindow: Int64
  private let chunkSpan: Int64
  /// How far the data's time moves between two looks for idle series.
  private static let scanDistance: Int64 = 60_000

  init(settings: StoreSettings) {
    self.settings = settings
    lateWindow = settings.lateWindow.wholeMilliseconds
    chunkSpan = settings.chunkSpan.wholeMilliseconds
  }

  // Series.

  /// Finds or makes a series.
  mutating func number(for labels: LabelSet) throws(StoreError) -> UInt32 {
    if let number = numbers[labels] {
      if entries[Int(number)].isDormant { try revive(number) }
      return number
    }
    try checkRoom()
    let number = UInt32(entries.count)
    add(SeriesEntry(labels: labels, number: number, chunkSamples: settings.chunkSamples))
    unsavedSeries.append(number)
    return number
  }

  private func checkRoom() throws(StoreError) {
    guard index.all.count < settings.seriesMax, entries.count < ChunkKey.seriesMax else {
      throw .limitExceeded(limit: "series_max \(settings.seriesMax)")
    }
  }

  private mutating func revive(_ number: UInt32) throws(StoreError) {
    try checkRoom()
    entries[Int(number)].isDormant = false
    index.insert(number, entries[Int(number)].labels)
    unsavedSeries.append(number)
  }

  private mutating func add(_ entry: SeriesEntry) {
    let number = UInt32(entries.count)
    entries.append(entry)
    numbers[entry.labels] = number
    index.insert(number, entry.labels)
    order.insert(number, of: entries)
  }

  /// Adds, on opening, a series that the file knows; numbers rise from call to call.
  mutating func restore(number: UInt32, labels: LabelSet, closedThrough: Int64, first: Int64) {
    reserveNumbers(upTo: number)
    var entry = SeriesEntry(labels: labels, number: number, chunkSamples: settings.chunkSamples)
    entry.restore(closedThrough: closedThrough, firstTime: first)
    newest = max(newest, closedThrough)
    add(entry)
  }

  /// Makes sure that no new series gets a number below this one.
  mutating func reserveNumbers(upTo number: UInt32) {
    while entries.count < Int(number) {
      // A number whose series was deleted; its samples may still be in a head row.
      var gap = SeriesEntry(labels: .empty, number: 0, chunkSamples: settings.chunkSamples)
      gap.isDormant = true
      entries.append(gap)
    }
  }

  /// Changes one series on opening.
  mutating func update(_ number: UInt32, _ change: (inout SeriesEntry) -> Void) {
    change(&entries[Int(number)])
    newest = max(newest, entries[Int(number)].newest ?? .min)
    if entries[Int(number)].openCount >= entries[Int(number)].chunkTarget { due.insert(number) }
  }

  /// Notes that a head row holds samples of a series that are in no chunk.
  mutating func pin(_ number: UInt32, to row: Int64) {
    if let pinned = entries[Int(number)].pinnedRow {
      // On opening, late samples are looked at after others, and their rows may be older.
      guard row < pinned else { return }
      unpin(number)
    }
    entries[Int(number)].pinnedRow = row
    pins[row, default: 0] += 1
  }

  private mutating func unpin(_ number: UInt32) {
    guard let row = entries[Int(number)].pinnedRow else { return }
    entries[Int(number)].pinnedRow = nil
    pins[row] = pins[row].flatMap { $0 > 1 ? $0 - 1 : nil }
  }

  /// The position of each series in label-set order, at its number.
  mutating func ranks() -> [UInt32] {
    order.ranks(of: entries)
  }

  // Samples.

  mutating func append(_ batch: AppendBatch) throws(StoreError) -> AppendOutcome {
    var outcome = AppendOutcome()
    let time = batch.timestamp.unixMilliseconds
    guard time < ChunkKey.timeEnd else {
      throw .limitExceeded(limit: "timestamps before the year 2109")
    }
    guard time >= 0 else {
      outcome.tooOld = batch.references.count
      counters.tooOld += outcome.tooOld
      return outcome
    }
    makeRoom(for: batch.references.count)
    for (reference, value) in zip(batch.references, batch.values) {
      let number = Int(reference.rawValue)
      precondition(number < entries.count, "a series reference comes from this store")
      if entries[number].isDormant { try revive(reference.rawValue) }
      switch entries[number].insert(time, value, lateWindow: lateWindow) {
      case .duplicate: outcome.duplicates += 1
      case .tooOld: outcome.tooOld += 1
      case .taken:
        outcome.appended += 1
        pending.append(series: reference.rawValue, time: time, value: value, isLate: false)
        checkDue(reference.rawValue, time)
      }
    }
    newest = max(newest, time)
    counters.appended += outcome.appended
    counters.duplicates += outcome.duplicates
    counters.tooOld += outcome.tooOld
    return outcome
  }

  private mutating func checkDue(_ number: UInt32, _ time: Int64) {
    let place = Int(number)
    if entries[place].openCount >= entries[place].chunkTarget { due.insert(number) }
    if let since = entries[place].openSince, time - since >= chunkSpan { due.insert(number) }
  }

  /// Drops the oldest samples that wait, when more come than may wait.
  private mutating func makeRoom(for count: Int) {
    let excess = pending.count + inFlight + count - settings.unflushedSamplesMax
    guard excess > 0, pending.count > 0 else { return }
    // A tenth at once: dropping looks through the series concerned.
    let dropped = min(max(excess, settings.unflushedSamplesMax / 10), pending.count)
    var times: [UInt32: Set<Int64>] = [:]
    for index in 0..<dropped {
      times[pending.series[index], default: []].insert(pending.times[index])
    }
    for (number, dropped) in times { entries[Int(number)].drop(dropped) }
    pending.removeFirst(dropped)
    counters.dropped += dropped
  }

  // Flushing.

  /// Takes what the next transaction is to write.
  mutating func beginFlush() -> FlushPlan {
    var record = pending
    pending = HeadRecord()
    for index in 0..<record.count
    where record.times[index] <= entries[Int(record.series[index])].closedThrough {
      record.markLate(at: index)
    }
    findIdleSeries()
    let closings = due.sorted()
      .map { entries[Int($0)].closingRun(number: $0) }
      .filter { !$0.isEmpty }
    due.removeAll()
    let saved = unsavedSeries.filter { entries[Int($0)].firstTime != .max }
    unsavedSeries.removeAll { entries[Int($0)].firstTime != .max }
    inFlight = record.count
    return FlushPlan(
      row: nextRow,
      record: record,
      closings: closings,
      series: saved.map {
        FlushPlan.NewSeries(
          number: $0,
          labels: entries[Int($0)].labels,
          firstTime: entries[Int($0)].firstTime
        )
      },
      oldestRow: pins.keys.min() ?? nextRow,
      chunkSamples: settings.chunkSamples
    )
  }

  /// Finds series whose open samples grew old without a new one, so that they hold no head row.
  private mutating func findIdleSeries() {
    guard newest != .min, newestAtScan == .min || newest - newestAtScan >= Self.scanDistance else {
      return
    }
    newestAtScan = newest
    for number in entries.indices where entries[number].openCount > 0 {
      let since = entries[number].openSince ?? entries[number].late.times.first ?? newest
      if newest - since >= chunkSpan { due.insert(UInt32(number)) }
    }
  }

  /// Notes that the plan is on disk.
  mutating func finishFlush(_ plan: FlushPlan) {
    inFlight = 0
    if plan.record.count > 0 { nextRow = plan.row + 1 }
    for run in plan.closings {
      unpin(run.number)
      entries[Int(run.number)].close(
        run,
        chunkSamples: settings.chunkSamples,
        lateWindow: lateWindow
      )
    }
    let closed = Set(plan.closings.map(\.number))
    for number in plan.record.series where !closed.contains(number) { pin(number, to: plan.row) }
  }

  /// Takes back what could not be written.
  mutating func failFlush(_ plan: FlushPlan) {
    inFlight = 0
    var record = plan.record
    record.append(pending)
    pending = record
    unsavedSeries = plan.series.map(\.number) + unsavedSeries
    due.formUnion(plan.closings.map(\.number))
    makeRoom(for: 0)
  }

  // Retention.

  /// The numbers of series to look at, from `start` on, and whether that was the rest.
  func numbersForRetention(from start: UInt32, limit: Int) -> (numbers: [UInt32], isRest: Bool) {
    let end = min(Int(start) + limit, entries.count)
    guard Int(start) < end else { return ([], true) }
    let numbers = (Int(start)..<end).filter { !entries[$0].isDormant }.map { UInt32($0) }
    return (numbers, end == entries.count)
  }

  /// Forgets a series that has no chunk left, unless it has newer samples; true when it did.
  mutating func makeDormant(_ number: UInt32, ifOlderThan cutoff: Int64) -> Bool {
    let entry = entries[Int(number)]
    guard !entry.isDormant, entry.openCount == 0, let newest = entry.newest, newest < cutoff else {
      return false
    }
    entries[Int(number)].forgetClosed()
    entries[Int(number)].isDormant = true
    index.remove(number, entry.labels)
    due.remove(number)
    return true
  }

  /// The newest time of all series, or nil in an empty store.
  var newestTime: Int64? { newest == .min ? nil : newest }

  /// The figures, with those that are counted only when asked for.
  var statistics: StoreStatistics {
    var figures = counters
    figures.series = index.all.count
    figures.headSamples = entries.reduce(0) { $0 + $1.count }
    figures.unflushedSamples = pending.count + inFlight
    return figures
  }
}

/// What one flush writes, taken from the head in one go.
struct FlushPlan: Sendable {
  struct NewSeries: Sendable {
    let number: UInt32
    let labels: LabelSet
    let firstTime: Int64
  }

  let row: Int64
  let record: HeadRecord
  let closings: [ClosingRun]
  let series: [NewSeries]
  /// Head rows before this one are in chunks.
  let oldestRow: Int64
  let chunkSamples: Int

  /// There is nothing to write.
  var isEmpty: Bool { record.count == 0 && closings.isEmpty && series.isEmpty }
}
