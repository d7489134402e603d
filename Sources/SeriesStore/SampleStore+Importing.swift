// SPDX-License-Identifier: MIT
import ChunkCodec
package import MetricModel
import SQLite
import Synchronization

extension SampleStore: HistoryImporting {
  /// Takes history in; meant for a store to which nothing else appends at the time.
  package func importHistory(_ runs: [HistoryRun]) async throws(StoreError) -> AppendOutcome {
    // What is in memory only would be younger than its group's blocks: it goes first.
    try state.withLock { state throws(StoreError) in
      if state.isClosed { throw .closed }
      state.sealAll()
    }
    try await flush()
    let plan = try state.withLock { state throws(StoreError) in try state.planImport(runs) }
    return try await write(plan)
  }
}

/// Runs that are to be written, with the places of their series.
struct ImportPlan: Sendable {
  struct Run: Sendable {
    let series: UInt32
    let group: UInt32
    let history: HistoryRun
  }

  let runs: [Run]
  let series: [FlushPlan.SavedSeries]
  /// The longest block of each group, and its newest time in a block.
  let groups: [UInt32: (spanMax: Int64, sealedThrough: Int64)]
  let chunkSamples: Int
  /// Samples left out because of their times.
  let refused: Int
}

/// What an import did.
struct ImportOutcome: Sendable {
  var appended = AppendOutcome()
  var change = SealingOutcome()
  /// The newest times of what was written, by group, with the series that have them.
  var ends: [UInt32: [SealedTail]] = [:]
  /// The first day of each group that got samples.
  var firstDays: [UInt32: Int64] = [:]
}

extension HeadState {
  /// Finds places for runs, making series and groups that are missing: runs with the same times, one
  /// after the other, get one group.
  fileprivate mutating func planImport(_ runs: [HistoryRun]) throws(StoreError) -> ImportPlan {
    var planned: [ImportPlan.Run] = []
    var facts: [UInt32: (spanMax: Int64, sealedThrough: Int64)] = [:]
    var saved: Set<UInt32> = []
    var refused = 0
    var last: (times: [Int64], group: UInt32)?
    for run in runs {
      guard let first = run.unixMilliseconds.first, let end = run.unixMilliseconds.last else {
        continue
      }
      guard first >= 0, end < BlockKey.timeEnd else {
        refused += run.values.count
        continue
      }
      let number = try self.number(for: run.labels)
      if entries[Int(number)].place == nil {
        var group = last.flatMap { $0.times == run.unixMilliseconds ? $0.group : nil }
        if let found = group, !groups[Int(found)].hasRoom { group = nil }
        let chosen = group ?? makeGroup()
        assign(number, to: chosen)
        last = (run.unixMilliseconds, chosen)
      }
      guard let place = entries[Int(number)].place else { continue }
      entries[Int(number)].firstTime = min(entries[Int(number)].firstTime, first)
      entries[Int(number)].newest = max(entries[Int(number)].newest, end)
      newest = max(newest, end)
      if unsavedSeries.contains(number) { saved.insert(number) }
      let group = groups[Int(place.group)]
      facts[place.group] = (group.spanMax, group.sealedThrough)
      planned.append(ImportPlan.Run(series: number, group: place.group, history: run))
    }
    return ImportPlan(
      runs: planned,
      series: saved.sorted().compactMap { savedSeries($0) },
      groups: facts,
      chunkSamples: settings.chunkSamples,
      refused: refused
    )
  }

  /// Notes that an import is on disk.
  mutating func finishImport(_ plan: ImportPlan, _ outcome: ImportOutcome) {
    for saved in plan.series { unsavedSeries.remove(saved.number) }
    for (number, day) in outcome.firstDays {
      groups[Int(number)].rolledThrough = min(groups[Int(number)].rolledThrough, max(day, 0))
    }
    for (number, tails) in outcome.ends {
      let group = Int(number)
      let end = tails.reduce(Int64.min) { max($0, $1.end) }
      groups[group].spanMax = max(groups[group].spanMax, outcome.change.spans[number] ?? 0)
      // Samples that came in meanwhile stay what memory has whole.
      guard groups[group].openRows == 0 else { continue }
      groups[group].forgetSealed()
      groups[group].sealedThrough = max(groups[group].sealedThrough, end)
      groups[group].memoryFrom = groups[group].sealedThrough + 1
      groups[group].tails =
        groups[group].tails.filter { $0.end >= groups[group].sealedThrough - lateWindow }
        + tails.filter { $0.end >= groups[group].sealedThrough - lateWindow }
      for series in groups[group].columns.compactMap({ $0 }) { late[series] = nil }
    }
  }
}

/// Writes an import within a transaction.
struct ImportWriter {
  private let plan: ImportPlan
  private let database: Connection
  private let lateWindow: Int64
  private(set) var outcome = ImportOutcome()

  init(_ plan: ImportPlan, lateWindow: Int64, in database: Connection) {
    self.plan = plan
    self.lateWindow = lateWindow
    self.database = database
    outcome.appended.tooOld = plan.refused
  }

  /// Runs of one group with the same times make blocks together.
  mutating func write() throws(SQLiteError) {
    var writer = BlockWriter(chunkSamples: plan.chunkSamples)
    var byGroup: [UInt32: [ImportPlan.Run]] = [:]
    for run in plan.runs { byGroup[run.group, default: []].append(run) }
    for (group, runs) in byGroup.sorted(by: { $0.key < $1.key }) {
      var cohorts: [[Int64]: Cohort] = [:]
      for run in try newRuns(of: group, runs) {
        outcome.appended.appended += run.history.values.count
        let times = run.history.unixMilliseconds
        cohorts[times, default: Cohort(series: [], times: times, columns: [])]
          .add(run.series, run.history.values)
      }
      for cohort in cohorts.values.sorted(by: { $0.times[0] < $1.times[0] }) {
        try writer.write(cohort.sorted(), of: group, in: database)
        note(cohort, of: group)
      }
      let known = plan.groups[group]?.sealedThrough ?? .min
      let end = outcome.ends[group]?.reduce(known) { max($0, $1.end) } ?? known
      if end != .min { try writer.saveGroup(group, closedThrough: end, in: database) }
      let first = runs.reduce(Int64.max) { min($0, $1.history.unixMilliseconds[0]) }
      try forgetRollups(of: group, from: RollupSpan.day(of: first))
    }
    try BlockTable.add(writer.outcome, to: database)
    outcome.change = writer.outcome
  }

  /// Has the roll-ups of days that got samples made anew.
  private mutating func forgetRollups(
    of group: UInt32,
    from day: Int64
  ) throws(SQLiteError) {
    outcome.firstDays[group] = day
    let statement = try database.prepare(
      "UPDATE groups SET rolled_ms = min(rolled_ms, ?) WHERE id = ?"
    )
    try statement.bind(max(day, 0), at: 1)
    try statement.bind(Int64(group), at: 2)
    try statement.run()
  }

  private mutating func note(_ cohort: Cohort, of group: UInt32) {
    guard let end = cohort.times.last else { return }
    let start = cohort.times.insertionPosition(of: end - lateWindow)
    let tail = SealedTail(series: cohort.series, times: Array(cohort.times[start...]))
    outcome.ends[group, default: []].append(tail)
  }

  /// The runs without samples that blocks have.
  private mutating func newRuns(
    of group: UInt32,
    _ runs: [ImportPlan.Run]
  ) throws(SQLiteError) -> [ImportPlan.Run] {
    let first = runs.reduce(Int64.max) { min($0, $1.history.unixMilliseconds[0]) }
    let last = runs.reduce(Int64(0)) { max($0, $1.history.unixMilliseconds.last ?? 0) }
    guard let facts = plan.groups[group], facts.sealedThrough >= first else { return runs }
    var known: [UInt32: Set<Int64>] = [:]
    let wanted = Set(runs.map(\.series))
    let rows = try BlockTable.rows(of: group, in: first...last, spanMax: facts.spanMax, database)
    for row in rows {
      // A damaged block has no times that could be told.
      guard let block = try BlockTable.soundBlock(row.id, database) else { continue }
      for series in block.series where wanted.contains(series) {
        known[series, default: []].formUnion(block.times)
      }
    }
    return runs.compactMap { run in
      guard let times = known[run.series] else { return run }
      var kept = HistoryRun(labels: run.history.labels)
      for (time, value) in zip(run.history.unixMilliseconds, run.history.values) {
        if times.contains(time) {
          outcome.appended.duplicates += 1
        } else {
          kept.unixMilliseconds.append(time)
          kept.values.append(value)
        }
      }
      return kept.values.isEmpty
        ? nil : ImportPlan.Run(series: run.series, group: group, history: kept)
    }
  }
}

extension Cohort {
  /// The cohort with its series rising, as a block wants them.
  fileprivate func sorted() -> Cohort {
    guard zip(series, series.dropFirst()).contains(where: { $0 > $1 }) else { return self }
    let order = series.indices.sorted { series[$0] < series[$1] }
    return Cohort(
      series: order.map { series[$0] },
      times: times,
      columns: order.map { columns[$0] }
    )
  }
}
