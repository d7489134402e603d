// SPDX-License-Identifier: MIT
import Daemon
import Exposition
import MetricModel
import Polling

/// One import: reads a file slice by slice and hands its samples to a store.
struct ImportRun {
  /// Faults that are printed; the others are counted.
  private static let faultsPrintedMax = 20
  /// 1973-03-03: a time in seconds that is taken for milliseconds lies before it.
  private static let earliest: Int64 = 100_000_000_000
  /// How far ahead another machine's clock may be.
  private static let ahead = Duration.seconds(3_600)

  private enum End: Error {
    /// The file has a line that refuses it.
    case refused(ExpositionFault)
    /// It cannot go on; one sentence.
    case failed(String)
  }

  private let source: ImportSource
  private let wish: ImportWish
  private let format: ExpositionFormat
  private let now = SystemClock().now
  private var progress = ImportProgress()
  private var outcome = AppendOutcome()
  private var faults = 0
  private var oldest: Int64?

  init(source: ImportSource, wish: ImportWish, format: ExpositionFormat) {
    self.source = source
    self.wish = wish
    self.format = format
  }

  /// Carries it out and prints what became of it.
  ///
  /// - Returns: The exit status.
  mutating func carryOut() async -> Int32 {
    do throws(End) {
      if wish.refusesFaults {
        try await read("checked", into: nil)
        try rewind()
      }
      let destination = try await openDestination()
      do throws(End) {
        try await read("imported", into: destination.history)
      } catch {
        // The first failure is the one that is told.
        try? await destination.close()
        throw error
      }
      try await close(destination)
      report(destination)
      return faults == 0 ? 0 : 1
    } catch {
      progress.clear()
      return complain(error)
    }
  }

  /// Prints why the import ended early.
  ///
  /// - Returns: The exit status.
  private func complain(_ end: End) -> Int32 {
    switch end {
    case .refused(let fault):
      Terminal.complain("\(wish.file): \(fault). Nothing was imported.\(formatHint)")
      return 1
    case .failed(let reason):
      let taken = outcome.appended
      Terminal.complain(
        taken == 0
          ? reason : "\(reason) \(taken) samples are in the store; an import again leaves them out."
      )
      return 2
    }
  }

  /// Reads the source to its end; without a store only its lines are checked.
  private mutating func read(
    _ verb: String,
    into history: (any HistoryImporting)?
  ) async throws(End) {
    var rules = ExpositionRules(format)
    rules.faultHandling = wish.refusesFaults ? .refuse : .skip
    rules.times = Self.earliest...(now + Self.ahead).unixMilliseconds
    var gatherer = HistoryGatherer(rules)
    var samples = 0
    while try readSlice(into: &gatherer) {
      if gatherer.isFull {
        samples += gatherer.waitingSamples
        try await hand(&gatherer, to: history)
      }
      tell(gatherer.takeFaults())
      progress.show(samples + gatherer.waitingSamples, verb, of: source)
    }
    do throws(ExpositionFault) {
      try gatherer.finish()
    } catch {
      throw .refused(error)
    }
    tell(gatherer.takeFaults())
    try await hand(&gatherer, to: history)
    outcome.duplicates += history == nil ? 0 : gatherer.duplicates
    progress.clear()
  }

  /// False at the end of the source.
  private func readSlice(into gatherer: inout HistoryGatherer) throws(End) -> Bool {
    let result: Result<Bool, ImportSource.Failure>
    do throws(ExpositionFault) {
      result = try source.withNext { bytes throws(ExpositionFault) in try gatherer.read(bytes) }
    } catch {
      throw .refused(error)
    }
    switch result {
    case .success(let isMore): return isMore
    case .failure(let failure):
      throw .failed("\(wish.file) cannot be read on: \(failure.reason).")
    }
  }

  private mutating func hand(
    _ gatherer: inout HistoryGatherer,
    to history: (any HistoryImporting)?
  ) async throws(End) {
    let runs = gatherer.takeRuns()
    guard let history, !runs.isEmpty else { return }
    for run in runs { oldest = min(oldest ?? .max, run.unixMilliseconds.first ?? .max) }
    do throws(StoreError) {
      let taken = try await history.importHistory(runs)
      outcome.appended += taken.appended
      outcome.duplicates += taken.duplicates
      outcome.tooOld += taken.tooOld
    } catch {
      throw .failed("the store takes no more: \(error).")
    }
  }

  private func rewind() throws(End) {
    do throws(ImportSource.Failure) {
      try source.rewind()
    } catch {
      throw .failed("\(wish.file) cannot be read again: \(error.reason).")
    }
  }

  private func openDestination() async throws(End) -> HistoryDestination {
    do throws(StartFailure) {
      return try await HistoryDestination.open(wish.place, loader: Program.loader)
    } catch {
      throw .failed(error.description)
    }
  }

  private func close(_ destination: HistoryDestination) async throws(End) {
    do throws(StoreError) {
      try await destination.close()
    } catch {
      throw .failed("the store could not be closed: \(error).")
    }
  }

  // What is printed.

  private mutating func tell(_ found: [ExpositionFault]) {
    for fault in found {
      faults += 1
      guard faults <= Self.faultsPrintedMax else { continue }
      progress.clear()
      Terminal.complain("\(wish.file): \(fault); left out")
    }
  }

  private func report(_ destination: HistoryDestination) {
    if faults > Self.faultsPrintedMax {
      Terminal.complain("\(faults - Self.faultsPrintedMax) more lines were left out")
    }
    if faults > 0, !formatHint.isEmpty { Terminal.complain("note:\(formatHint)") }
    var parts = ["\(outcome.appended) samples imported into \(destination.path)"]
    if outcome.duplicates > 0 { parts.append("\(outcome.duplicates) were there already") }
    if outcome.tooOld > 0 { parts.append("\(outcome.tooOld) were too old") }
    if faults > 0 { parts.append("\(faults) lines left out") }
    Terminal.print(parts.joined(separator: ", "))
    guard let retention = destination.retention, let oldest,
      Timestamp(unixMilliseconds: oldest) < now - retention
    else { return }
    Terminal.complain(
      "note: what is older than storage.retention (\(Int(retention.inSeconds) / 86_400) days) is "
        + "removed again; set a longer one and import anew to keep it"
    )
  }

  /// Says which format was taken when nobody named it.
  private var formatHint: String {
    guard wish.format == nil else { return "" }
    return switch format {
    case .text: " It was read as text, as it does not end in # EOF; --format names another."
    case .openMetrics: " It was read as OpenMetrics, as it ends in # EOF; --format names another."
    }
  }
}
