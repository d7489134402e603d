// SPDX-License-Identifier: MIT
package import MetricModel
import Synchronization

/// A store in memory that keeps what is appended, and refuses on demand.
package final class RecordingStore: SampleAppending, HistoryImporting {
  private struct State {
    var labels: [LabelSet] = []
    var references: [LabelSet: SeriesReference] = [:]
    var samples: [[Sample]] = []
    var seriesMax = Int.max
    var failure: StoreError?
  }

  private let state = Mutex(State())

  /// Makes an empty store.
  package init() {}

  /// The most series the store takes; the series it has stay.
  package var seriesMax: Int {
    get { state.withLock { $0.seriesMax } }
    set { state.withLock { $0.seriesMax = newValue } }
  }

  /// What every call throws while it is set.
  package var failure: StoreError? {
    get { state.withLock { $0.failure } }
    set { state.withLock { $0.failure = newValue } }
  }

  /// Everything taken so far, series in label-set order.
  package var series: [Series] {
    state.withLock { state in
      zip(state.labels, state.samples)
        .map { Series(labels: $0, samples: $1) }
        .sorted { $0.labels < $1.labels }
    }
  }

  /// The samples of the one series with the metric name and these labels; empty when there is none.
  package func samples(_ metric: String, _ labels: [String: String] = [:]) -> [Sample] {
    let wanted = LabelSet(metric: metric, labels)
    return series.first { $0.labels == wanted }?.samples ?? []
  }

  /// The label sets of all series of a metric.
  package func labelSets(_ metric: String) -> [LabelSet] {
    series.map(\.labels).filter { $0.metricName == metric }
  }

  package func reference(for labels: LabelSet) throws(StoreError) -> SeriesReference {
    let found = state.withLock { state -> Result<SeriesReference, StoreError> in
      if let failure = state.failure { return .failure(failure) }
      if let known = state.references[labels] { return .success(known) }
      guard state.labels.count < state.seriesMax else {
        return .failure(.limitExceeded(limit: "series: \(state.seriesMax)"))
      }
      let reference = SeriesReference(rawValue: UInt32(state.labels.count))
      state.labels.append(labels)
      state.samples.append([])
      state.references[labels] = reference
      return .success(reference)
    }
    return try found.get()
  }

  package func append(_ batch: AppendBatch) throws(StoreError) -> AppendOutcome {
    let outcome = state.withLock { state -> Result<AppendOutcome, StoreError> in
      if let failure = state.failure { return .failure(failure) }
      var outcome = AppendOutcome()
      for (reference, value) in zip(batch.references, batch.values) {
        let index = Int(reference.rawValue)
        let last = state.samples[index].last?.timestamp
        if last == batch.timestamp {
          outcome.duplicates += 1
        } else if let last, last > batch.timestamp {
          outcome.tooOld += 1
        } else {
          state.samples[index].append(Sample(batch.timestamp, value))
          outcome.appended += 1
        }
      }
      return .success(outcome)
    }
    return try outcome.get()
  }

  package func flush() async throws(StoreError) {
    if let failure { throw failure }
  }

  package func importHistory(_ runs: [HistoryRun]) async throws(StoreError) -> AppendOutcome {
    var outcome = AppendOutcome()
    for run in runs {
      let index = Int(try reference(for: run.labels).rawValue)
      state.withLock { state in
        var times = Set(state.samples[index].map(\.timestamp))
        for (time, value) in zip(run.unixMilliseconds, run.values) {
          let sample = Sample(Timestamp(unixMilliseconds: time), value)
          if times.insert(sample.timestamp).inserted {
            state.samples[index].append(sample)
            outcome.appended += 1
          } else {
            outcome.duplicates += 1
          }
        }
        state.samples[index].sort { $0.timestamp < $1.timestamp }
      }
    }
    return outcome
  }
}
