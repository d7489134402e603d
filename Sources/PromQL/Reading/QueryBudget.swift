// SPDX-License-Identifier: MIT
import MetricModel
import Synchronization

/// What a query may still use, counted by all threads that work on it.
final class QueryBudget: Sendable {
  private let samplesMax: Int
  private let pause: QueryPause?
  private let deadline: QueryDeadline
  private let samplesUsed = Atomic(0)
  private let hasPaused = Mutex(false)

  init(_ samplesMax: Int, _ pause: QueryPause?, _ deadline: QueryDeadline) {
    self.samplesMax = samplesMax
    self.pause = pause
    self.deadline = deadline
  }

  func take(_ samples: Int) throws(QueryError) {
    let used = samplesUsed.add(samples, ordering: .relaxed).newValue
    guard used <= samplesMax else { throw .tooManySamples(limit: samplesMax) }
    if let pause, used > pause.samples { try wait(pause) }
  }

  /// All threads of the query wait together.
  private func wait(_ pause: QueryPause) throws(QueryError) {
    let isFirst = hasPaused.withLock { hasPaused in
      defer { hasPaused = true }
      if !hasPaused { pause.wait() }
      return !hasPaused
    }
    if isFirst { try checkDeadline() }
  }

  func checkDeadline() throws(QueryError) {
    if deadline.isPast() { throw .timedOut(limit: deadline.limit) }
  }
}

/// Counts what one thread uses of a query's budget.
struct WorkMeter {
  private let budget: QueryBudget
  private var workSinceCheck = 0
  /// Damage that was met, in words.
  private(set) var damage: [String] = []

  /// Less than a millisecond's worth.
  private static let workBetweenChecks = 20_000

  init(_ budget: QueryBudget) { self.budget = budget }

  /// Counts samples read or made against the limit, and looks at the deadline now and then.
  mutating func charge(_ samples: Int) throws(QueryError) {
    try budget.take(samples)
    try work(samples)
  }

  /// Counts values looked at, so that the deadline is looked at now and then.
  mutating func work(_ values: Int) throws(QueryError) {
    workSinceCheck += values + 1
    guard workSinceCheck > Self.workBetweenChecks else { return }
    workSinceCheck = 0
    try budget.checkDeadline()
  }

  /// Reads the next run of a series; false when there are no more.
  mutating func next(
    _ cursor: inout any SeriesCursor,
    _ run: inout SampleRun
  ) throws(QueryError) -> Bool {
    do throws(StoreError) {
      guard try cursor.next(into: &run) else {
        if let found = cursor.damage { damage.append(found) }
        return false
      }
    } catch {
      throw .store(error)
    }
    try charge(run.count)
    return true
  }

  /// Reads the next run of a series to the end of `columns`; false when there are no more.
  mutating func next(
    _ cursor: inout any SeriesCursor,
    _ columns: inout SampleColumns
  ) throws(QueryError) -> Bool {
    let before = columns.count
    do throws(StoreError) {
      guard try cursor.next(appendingTo: &columns) else {
        if let found = cursor.damage { damage.append(found) }
        return false
      }
    } catch {
      throw .store(error)
    }
    try charge(columns.count - before)
    return true
  }
}
