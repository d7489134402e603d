// SPDX-License-Identifier: MIT
import ChunkCodec
import Glibc
package import MetricModel
import SQLite
import Synchronization

/// The sample store: newest samples in memory, all of them in one SQLite file.
package final class SampleStore: SampleAppending, Sendable {
  let state: Mutex<HeadState>
  let time: any TimeSource
  let readers: ReaderPool
  let cache: BlockCache
  let damage = DamageList()
  private let path: String
  private let writer: DatabaseQueue
  private let flushes = Mutex(FlushRequests())
  private let lock: StoreLock
  private let written: Mutex<WriterState>

  /// What only the writer's thread uses.
  private struct WriterState {
    var log = HeadLogWriter()
    var symbols: SymbolTable
  }

  /// A flush of fewer samples leaves time to empty the database's log, which then holds more bytes
  /// than the second number.
  private static let quietFlush = (samples: 2_000, logBytes: 256 << 10)

  /// Who waits for the next flush.
  private struct FlushRequests {
    var waiters: [CheckedContinuation<Result<Void, StoreError>, Never>] = []
    var isScheduled = false
  }

  private init(
    path: String,
    time: any TimeSource,
    writer: DatabaseQueue,
    lock: StoreLock,
    loaded: LoadedStore
  ) {
    self.path = path
    self.time = time
    self.writer = writer
    self.lock = lock
    state = Mutex(loaded.state)
    written = Mutex(WriterState(symbols: loaded.symbols))
    readers = ReaderPool(path: path)
    cache = BlockCache(bytesMax: loaded.state.settings.cacheBytesMax)
  }

  /// Opens the store in a file, making it when it is missing; blocks until all is read.
  ///
  /// A store that was not closed is opened like any other: everything flushed is there.
  ///
  /// - Parameters:
  ///   - path: The database file; a lock file and SQLite's log files are put beside it.
  ///   - settings: How the store behaves.
  ///   - time: The clock by which samples age.
  /// - Returns: The store, ready.
  /// - Throws: ``StoreOpenError``, whose description says what to do.
  package static func open(
    path: String,
    settings: StoreSettings = StoreSettings(),
    time: any TimeSource
  ) throws(StoreOpenError) -> SampleStore {
    let lock = try StoreLock(path: path)
    var options = OpenOptions()
    options.busyTimeout = settings.busyTimeout
    options.allowsIncrementalVacuum = true
    options.logBytesMax = 1 << 20
    do throws(SQLiteError) {
      let writer = try DatabaseQueue(path: path, options: options, schema: BlockTable.schema)
      let loaded = try writer.runBlocking { connection throws(SQLiteError) in
        let end = time.now + settings.checkLimit
        _ = try connection.quickCheck { time.now >= end }
        return try LoadedStore(from: connection, settings)
      }
      return SampleStore(path: path, time: time, writer: writer, lock: lock, loaded: loaded)
    } catch {
      throw StoreOpenError(error, path: path)
    }
  }

  package func reference(for labels: LabelSet) throws(StoreError) -> SeriesReference {
    try state.withLock { state throws(StoreError) in
      if state.isClosed { throw .closed }
      return SeriesReference(rawValue: try state.number(for: labels))
    }
  }

  package func append(_ batch: AppendBatch) throws(StoreError) -> AppendOutcome {
    let now = time.now.unixMilliseconds
    return try state.withLock { state throws(StoreError) in
      if state.isClosed { throw .closed }
      state.look(atClock: now)
      return try state.append(batch)
    }
  }

  package func flush() async throws(StoreError) {
    if state.withLock({ $0.isClosed }) { throw .closed }
    try await flushNow()
  }

  /// Flushes a last time and lets go of the file; later calls throw ``StoreError/closed``.
  ///
  /// - Throws: ``StoreError/database(reason:)`` when the last flush failed; the store is closed all
  ///   the same, and what was not flushed is lost.
  package func close() async throws(StoreError) {
    let wasClosed = state.withLock { state in
      defer { state.isClosed = true }
      return state.isClosed
    }
    if wasClosed { return }
    let outcome: Result<Void, StoreError>
    do throws(StoreError) {
      outcome = .success(try await flushNow())
    } catch {
      outcome = .failure(error)
    }
    readers.close()
    await writer.close()
    lock.release()
    try outcome.get()
  }

  /// What the store is doing.
  package var statistics: StoreStatistics { state.withLock { $0.statistics } }

  /// The blocks that could not be read since the store was opened, and why; at most a hundred.
  package var damagedBlocks: [String] { damage.list }

  /// Sets a hard ceiling for the database file, at which flushes fail as on a full disk.
  ///
  /// - Parameter bytes: The ceiling.
  /// - Throws: ``StoreError/closed`` after ``close()``.
  package func limitFile(toBytes bytes: Int) async throws(StoreError) {
    do throws(SQLiteError) {
      try await writer.run { connection throws(SQLiteError) in
        try connection.limitFile(toBytes: bytes)
      }
    } catch {
      throw StoreError(error)
    }
  }

  // Flushing.

  /// Waits for a flush that begins after this call; all who wait share it.
  private func flushNow() async throws(StoreError) {
    let result = await withCheckedContinuation { continuation in
      let mustSchedule = flushes.withLock { requests in
        requests.waiters.append(continuation)
        defer { requests.isScheduled = true }
        return !requests.isScheduled
      }
      if mustSchedule { scheduleFlush() }
    }
    try result.get()
  }

  private func scheduleFlush() {
    writer.submit { [self] connection throws(SQLiteError) in
      // Who asks from here on may have samples that this flush does not see.
      let waiters = takeWaiters()
      let result = writeRound(connection)
      for waiter in waiters { waiter.resume(returning: result) }
    } completion: { [self] outcome in
      guard case .failure(let error) = outcome else { return }
      for waiter in takeWaiters() { waiter.resume(returning: .failure(StoreError(error))) }
    }
  }

  private func takeWaiters() -> [CheckedContinuation<Result<Void, StoreError>, Never>] {
    flushes.withLock { requests in
      let waiters = requests.waiters
      requests = FlushRequests()
      return waiters
    }
  }

  /// One transaction and one step of retention, on the writer's thread.
  private func writeRound(_ connection: Connection) -> Result<Void, StoreError> {
    let plan = state.withLock { $0.beginFlush() }
    let start = time.now
    do throws(SQLiteError) {
      if !plan.isEmpty {
        let change = try write(plan, to: connection)
        let seconds = (time.now - start).inSeconds
        cache.forget(change.replaced)
        state.withLock { state in
          state.finishFlush(plan, change)
          state.counters.flushes += 1
          state.counters.lastFlushSeconds = seconds
          state.counters.chunks += change.blocks
          state.counters.chunkSamples += change.samples
        }
      }
    } catch {
      state.withLock { state in
        state.failFlush(plan)
        state.counters.flushFailures += 1
      }
      return .failure(StoreError(error))
    }
    tidy(connection, isQuiet: plan.entries.count < Self.quietFlush.samples)
    return .success(())
  }

  private func write(
    _ plan: FlushPlan,
    to connection: Connection
  ) throws(SQLiteError) -> SealingOutcome {
    try written.withLock { written throws(SQLiteError) in
      let symbolsSaved = written.symbols.saved
      do throws(SQLiteError) {
        let log = plan.entries.count > 0 ? written.log.encode(plan.entries) : nil
        let change = try connection.transaction { () throws(SQLiteError) in
          try BlockTable.write(plan, log: log, symbols: &written.symbols, to: connection)
        }
        for run in plan.sealings { written.log.restart(group: run.group) }
        return change
      } catch {
        written.log.restartAll()
        written.symbols.forgetSaved(beyond: symbolsSaved)
        throw error
      }
    }
  }

  /// Writes an import in one transaction.
  func write(_ plan: ImportPlan) async throws(StoreError) -> AppendOutcome {
    let window = state.withLock { $0.lateWindow }
    do throws(SQLiteError) {
      return try await writer.run { [self] connection throws(SQLiteError) in
        let outcome = try written.withLock { written throws(SQLiteError) in
          let symbolsSaved = written.symbols.saved
          do throws(SQLiteError) {
            return try connection.transaction { () throws(SQLiteError) in
              try BlockTable.saveSeries(plan.series, symbols: &written.symbols, in: connection)
              var writer = ImportWriter(plan, lateWindow: window, in: connection)
              try writer.write()
              return writer.outcome
            }
          } catch {
            written.symbols.forgetSaved(beyond: symbolsSaved)
            throw error
          }
        }
        cache.forgetAll()
        state.withLock { state in
          state.finishImport(plan, outcome)
          state.counters.appended += outcome.appended.appended
          state.counters.duplicates += outcome.appended.duplicates
          state.counters.tooOld += outcome.appended.tooOld
          state.counters.chunks += outcome.change.blocks
          state.counters.chunkSamples += outcome.change.samples
        }
        return outcome.appended
      }
    } catch {
      throw StoreError(error)
    }
  }

  /// Retention and figures: what fails here loses nothing, is counted, and is tried again.
  private func tidy(_ connection: Connection, isQuiet: Bool) {
    do throws(SQLiteError) {
      try expireSome(connection)
      try rollSome(connection)
      if isQuiet, logBytes > Self.quietFlush.logBytes { try connection.checkpoint(.truncate) }
      let bytes = try connection.fileBytes + logBytes
      state.withLock { $0.counters.fileBytes = bytes }
    } catch {
      state.withLock { $0.counters.retentionFailures += 1 }
    }
  }

  private var logBytes: Int {
    var facts = stat()
    return stat(path + "-wal", &facts) == 0 ? Int(facts.st_size) : 0
  }
}
