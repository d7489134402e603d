// SPDX-License-Identifier: MIT
import Exposition
package import MetricModel
import Synchronization

/// Takes remote write requests in through ``Ingest``, and answers when their samples are safe.
package final class RemoteWriteDoor: Sendable {
  /// What became of a request.
  package enum Outcome: Equatable, Sendable {
    /// All samples are safe on disk, or were there already.
    case taken
    /// Some samples cannot be taken, now or later; the others are safe on disk.
    case takenInPart(reason: String)
    /// The bytes are no request; nothing was taken.
    case malformed(reason: String)
    /// The samples are not safe; the same request may be sent again.
    case unwritable(reason: String)
  }

  /// How far ahead of this machine's clock a sample may be; one from far ahead would make all that
  /// follow too old.
  package static let aheadMax = Duration.seconds(600)

  private struct State {
    var reader = WriteRequestReader()
    var batch = WriteBatch()
    /// The store's reference by the reader's number; nil when the store had no room.
    var references: [SeriesReference?] = []
    /// The labels of those that have none.
    var unplaced: [Int: LabelSet] = [:]
    /// The number of the batch in which a reference was last, by reference.
    var marks: [UInt32] = []
    var mark: UInt32 = 0

    /// Numbers series anew.
    mutating func forget() {
      reader.forgetSeries()
      references = []
      unplaced = [:]
    }
  }

  private let ingest: Ingest
  private let clock: any TimeSource
  private let state = Mutex(State())

  /// Opens the entry.
  ///
  /// - Parameters:
  ///   - ingest: The front door.
  ///   - clock: Tells what lies in the future.
  package init(ingest: Ingest, clock: any TimeSource) {
    self.ingest = ingest
    self.clock = clock
  }

  /// Takes a request: a `prometheus.WriteRequest` after decompression.
  ///
  /// Requests are taken one at a time; those that wait for the disk share its writes.
  package func take(_ request: [UInt8]) async -> Outcome {
    let outcome = state.withLock { take(request, &$0) }
    switch outcome {
    case .malformed, .unwritable: return outcome
    case .taken, .takenInPart: break
    }
    do throws(StoreError) {
      try await ingest.flush()
    } catch {
      return .unwritable(reason: "the samples cannot be written to disk: \(error)")
    }
    return outcome
  }

  /// What is left out of one request.
  private struct Losses {
    var tooOld = 0
    var tooNew = 0
    var unplaced = 0

    func reason(besides batch: WriteBatch) -> String? {
      var reasons: [String] = []
      if tooOld > 0 { reasons.append("\(tooOld) samples are older than the store takes") }
      if tooNew > 0 { reasons.append("\(tooNew) samples lie in the future") }
      if unplaced > 0 {
        reasons.append("\(unplaced) samples are of series for which the store has no room")
      }
      if batch.refusedSamples > 0 {
        reasons.append(
          "\(batch.refusedSamples) samples have labels that are not taken: "
            + (batch.refusal ?? "")
        )
      }
      if batch.histograms > 0 {
        reasons.append("\(batch.histograms) native histograms are not taken")
      }
      return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
    }
  }

  private func take(_ request: [UInt8], _ state: inout State) -> Outcome {
    state.batch.removeAll()
    do throws(WriteRequestFault) {
      try state.reader.read(request.span, into: &state.batch)
    } catch {
      state.forget()
      return .malformed(reason: error.description)
    }
    var losses = Losses()
    do throws(StoreError) {
      for labels in state.batch.newSeries {
        let number = state.references.count
        state.references.append(nil)
        state.unplaced[number] = labels
      }
      for var batch in try batches(&state, &losses) {
        drop(duplicatesOf: &batch, &state)
        losses.tooOld += try ingest.take(written: batch).tooOld
      }
    } catch {
      state.forget()
      return .unwritable(reason: "the store takes no samples: \(error)")
    }
    count(losses, state.batch)
    let reason = losses.reason(besides: state.batch)
    if state.reader.seriesCount >= WriteRequestReader.seriesMax { state.forget() }
    return reason.map { .takenInPart(reason: $0) } ?? .taken
  }

  /// Counts what is left out; what is too old is counted where that shows.
  private func count(_ losses: Losses, _ batch: WriteBatch) {
    ingest.refuseWritten("too_new", losses.tooNew)
    ingest.refuseWritten("store_limit", losses.unplaced)
    ingest.refuseWritten("bad_labels", batch.refusedSamples)
    ingest.refuseWritten("histogram", batch.histograms)
  }

  /// The samples of a request by their times, the oldest first.
  private func batches(
    _ state: inout State,
    _ losses: inout Losses
  ) throws(StoreError) -> [AppendBatch] {
    let latest = (clock.now + Self.aheadMax).unixMilliseconds
    let earliest = Timestamp.distantPast.unixMilliseconds
    var batches: [AppendBatch] = []
    var places: [Int64: Int] = [:]
    var (time, place) = (Int64.min, 0)
    for sample in state.batch.samples {
      guard sample.unixMilliseconds <= latest, sample.unixMilliseconds >= earliest else {
        if sample.unixMilliseconds > latest {
          losses.tooNew += 1
        } else {
          losses.tooOld += 1
          ingest.refuseWritten("too_old", 1)
        }
        continue
      }
      guard let reference = try reference(sample.series, &state) else {
        losses.unplaced += 1
        continue
      }
      if sample.unixMilliseconds != time {
        time = sample.unixMilliseconds
        if let known = places[time] {
          place = known
        } else {
          place = batches.count
          places[time] = place
          batches.append(AppendBatch(timestamp: Timestamp(unixMilliseconds: time)))
          if place == 0 {
            // Most requests are of one time.
            batches[0].references.reserveCapacity(state.batch.samples.count)
            batches[0].values.reserveCapacity(state.batch.samples.count)
          }
        }
      }
      batches[place].references.append(reference)
      batches[place].values.append(sample.value)
    }
    if batches.count > 1 { batches.sort { $0.timestamp < $1.timestamp } }
    return batches
  }

  @inline(__always)
  private func reference(
    _ number: Int,
    _ state: inout State
  ) throws(StoreError) -> SeriesReference? {
    if let known = state.references[number] { return known }
    return try place(number, &state)
  }

  /// Asks the store for room for a series that has none yet.
  private func place(
    _ number: Int,
    _ state: inout State
  ) throws(StoreError) -> SeriesReference? {
    guard let labels = state.unplaced[number] else { return nil }
    do throws(StoreError) {
      let reference = try ingest.reference(forWritten: labels)
      state.references[number] = reference
      state.unplaced[number] = nil
      return reference
    } catch .limitExceeded {
      return nil
    }
  }

  /// A batch has each series once: of two samples of one series at one time the first stays.
  private func drop(duplicatesOf batch: inout AppendBatch, _ state: inout State) {
    state.mark &+= 1
    if state.mark == 0 {
      state.marks = []
      state.mark = 1
    }
    var kept = 0
    for index in batch.references.indices {
      let reference = batch.references[index]
      let number = Int(reference.rawValue)
      if number >= state.marks.count {
        let room = max(number + 1, state.marks.count * 2)
        state.marks += Array(repeating: 0, count: room - state.marks.count)
      }
      guard state.marks[number] != state.mark else { continue }
      state.marks[number] = state.mark
      if kept != index {
        batch.references[kept] = reference
        batch.values[kept] = batch.values[index]
      }
      kept += 1
    }
    let dropped = batch.references.count - kept
    guard dropped > 0 else { return }
    batch.references.removeLast(dropped)
    batch.values.removeLast(dropped)
    ingest.refuseWritten("duplicate", dropped)
  }
}
