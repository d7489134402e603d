// SPDX-License-Identifier: MIT
package import Logging
package import MetricModel
import Synchronization

/// The one front door for samples.
///
/// It checks definitions and limits, adds the target's labels, `up` and `scrape_*`, writes
/// staleness markers for what ended, and hands all of it to the store and to ``LatestSamples``.
package final class Ingest: PollRecording {
  /// The most samples one poll may bring; the rest is refused and counted.
  package static let samplesPerPollMax = 20_000
  /// The longest label value in bytes; a sample with a longer one is refused and counted.
  package static let labelBytesMax = 1_024

  /// What identifies a series within its source.
  private struct SeriesKey: Hashable {
    let metric: String
    let labels: [String: String]
  }

  private struct LiveSeries {
    let reference: SeriesReference?
    let slot: LatestSamples.Slot
    var round: UInt64
  }

  private struct Source {
    var live: [SeriesKey: LiveSeries] = [:]
    var round: UInt64 = 0
    var isUp: Bool?
    var isTarget = false
    var labels = LabelSet.empty
  }

  private struct State {
    var sources: [String: Source] = [:]
    var statistics = IngestStatistics()
    var warned: Set<String> = []
  }

  private let catalog: MetricCatalog
  private let clusterLabel: LabelSet
  private let store: any SampleAppending
  private let latest: LatestSamples
  private let logger: Logger
  private let observer: @Sendable (IngestEvent) -> Void
  private let state = Mutex(State())

  /// Opens the door.
  ///
  /// - Parameters:
  ///   - catalog: The metrics that may pass.
  ///   - cluster: The value of the label `cluster`.
  ///   - store: Keeps samples.
  ///   - latest: Shows the newest values.
  ///   - logger: Told of refusals, once for each metric.
  ///   - observer: Called after samples have arrived, on the caller's thread; must return at once.
  package init(
    catalog: MetricCatalog,
    cluster: String,
    store: any SampleAppending,
    latest: LatestSamples,
    logger: Logger,
    observer: @escaping @Sendable (IngestEvent) -> Void
  ) {
    self.catalog = catalog
    clusterLabel = LabelSet(["cluster": cluster])
    self.store = store
    self.latest = latest
    self.logger = logger
    self.observer = observer
  }

  /// What was taken and refused so far.
  package var statistics: IngestStatistics { state.withLock { $0.statistics } }

  /// The labels of the targets that cannot be asked now, or were not asked yet.
  package var unreachableTargets: [LabelSet] {
    state.withLock { state in
      state.sources.values.filter { $0.isTarget && $0.isUp != true }.map(\.labels)
    }
  }

  /// Names targets that are going to be polled; until then they count as unreachable.
  package func expect(_ targets: [Target]) {
    state.withLock { state in
      for target in targets {
        state.sources[target.key, default: Source()].labels = clusterLabel.merging(target.labels)
        state.sources[target.key]?.isTarget = true
      }
    }
  }

  /// Every target that is expected was polled at least once.
  package var hasPolledAllTargets: Bool {
    state.withLock { state in
      !state.sources.values.contains { $0.isTarget && $0.isUp == nil }
    }
  }

  package func record(_ record: PollRecord) {
    var samples = record.ownSamples
    let isUp: Bool
    switch record.outcome {
    case .success(let collection):
      isUp = collection.isUp
      samples += collection.samples.prefix(Self.samplesPerPollMax)
      if collection.samples.count > Self.samplesPerPollMax {
        refuse("too_many_samples", collection.samples.count - Self.samplesPerPollMax)
      }
    case .failure: isUp = false
    }
    let targetLabels = clusterLabel.merging(record.target.labels)
    let wentUpOrDown = state.withLock { state in
      let before = state.sources[record.target.key]?.isUp
      state.sources[record.target.key, default: Source()].isUp = isUp
      return before != isUp
    }
    let accepted = samples.filter(isAcceptable)
    take(accepted, source: record.target.key, labels: targetLabels, at: record.time) { event in
      event || wentUpOrDown || record.outcome.failure != nil
    }
  }

  package func forget(targets keys: [String], at time: Timestamp) {
    for key in keys {
      take([], source: key, labels: .empty, at: time) { _ in true }
      state.withLock { $0.sources[key] = nil }
    }
  }

  /// Takes what rules produced; a staleness marker ends its series, others stay.
  ///
  /// The samples carry all their labels already: nothing is added.
  ///
  /// - Parameters:
  ///   - values: Each label set once, metric name included.
  ///   - time: The time of the values.
  package func record(ruleValues values: [(labels: LabelSet, value: Double)], at time: Timestamp) {
    var batch = AppendBatch(timestamp: time)
    var names: Set<String> = []
    var isUrgent = false
    state.withLock { state in
      var source = state.sources.removeValue(forKey: Self.ruleSource) ?? Source()
      for (labels, value) in values {
        guard let name = labels.metricName else { continue }
        names.insert(name)
        let pairs = labels.withoutMetricName.map { ($0.name, $0.value) }
        let key = SeriesKey(metric: name, labels: Dictionary(uniqueKeysWithValues: pairs))
        let known = source.live[key]
        isUrgent = isUrgent || known == nil || value.isStalenessMarker
        var reference: SeriesReference?
        if value.isStalenessMarker {
          source.live[key] = nil
          if let known { latest.remove([known.slot]) }
          // A series from before a restart is not live, and its end must be written all the same.
          reference = known?.reference ?? self.reference(for: labels, &state.statistics)
        } else {
          let definition = catalog[name] ?? Self.ruleDefinition(name)
          let sample = CollectedSample(definition, value, key.labels)
          let series = live(sample, in: &source, labels: .empty, &state.statistics)
          latest.set([(series.slot, value)])
          reference = series.reference
        }
        guard let reference else { continue }
        batch.references.append(reference)
        batch.values.append(value)
      }
      state.sources[Self.ruleSource] = source
    }
    append(batch)
    guard !names.isEmpty else { return }
    observer(IngestEvent(time: time, metricNames: names, isUrgent: isUrgent))
  }

  /// The key of the source of everything that rules make.
  private static let ruleSource = "rules"

  private static func ruleDefinition(_ name: String) -> MetricDefinition {
    MetricDefinition(name, .unknown, labels: nil, help: "Made by a rule.")
  }

  /// The definition allows the sample; a refusal is counted, and logged once for each metric.
  private func isAcceptable(_ sample: CollectedSample) -> Bool {
    let name = sample.definition.name
    guard catalog[name] == sample.definition else {
      refuse("undefined_metric", 1, metric: name)
      return false
    }
    if let known = sample.definition.labelNames, !known.isSuperset(of: sample.labels.keys) {
      refuse("undefined_label", 1, metric: name)
      return false
    }
    guard sample.labels.values.allSatisfy({ $0.utf8.count <= Self.labelBytesMax }) else {
      refuse("long_label", 1, metric: name)
      return false
    }
    return true
  }

  private func refuse(_ reason: String, _ count: Int, metric: String? = nil) {
    let isNew = state.withLock { state in
      state.statistics.refused[reason, default: 0] += count
      guard let metric, state.warned.count < 1_000 else { return false }
      return state.warned.insert("\(reason) \(metric)").inserted
    }
    guard isNew, let metric else { return }
    logger.warning("sample refused", LogField("reason", reason), LogField("metric", metric))
  }

  /// Appends one round of a source and ends its series that are not in it.
  private func take(
    _ samples: [CollectedSample],
    source: String,
    labels: LabelSet,
    at time: Timestamp,
    isUrgent: (_ seriesCameOrWent: Bool) -> Bool
  ) {
    var batch = AppendBatch(timestamp: time)
    var names: Set<String> = []
    let ended = state.withLock { state in
      var round = state.sources.removeValue(forKey: source) ?? Source()
      round.round += 1
      var updates: [(slot: LatestSamples.Slot, value: Double)] = []
      for sample in samples {
        names.insert(sample.definition.name)
        let series = live(sample, in: &round, labels: labels, &state.statistics)
        updates.append((series.slot, sample.value))
        guard let reference = series.reference else { continue }
        batch.references.append(reference)
        batch.values.append(sample.value)
      }
      let ended = round.live.filter { $0.value.round != round.round }
      for (key, series) in ended {
        names.insert(key.metric)
        round.live[key] = nil
        guard let reference = series.reference else { continue }
        batch.references.append(reference)
        batch.values.append(.stalenessMarker)
      }
      state.sources[source] = round
      latest.set(updates)
      latest.remove(ended.values.map(\.slot))
      return !ended.isEmpty
    }
    append(batch)
    guard !names.isEmpty else { return }
    observer(IngestEvent(time: time, metricNames: names, isUrgent: isUrgent(ended)))
  }

  /// The live series of a sample, made when it is new.
  private func live(
    _ sample: CollectedSample,
    in source: inout Source,
    labels: LabelSet,
    _ statistics: inout IngestStatistics
  ) -> LiveSeries {
    let key = SeriesKey(metric: sample.definition.name, labels: sample.labels)
    if var known = source.live[key] {
      known.round = source.round
      source.live[key] = known
      return known
    }
    let own = LabelSet(metric: sample.definition.name, sample.labels)
    let full = own.merging(labels)
    let made = LiveSeries(
      reference: reference(for: full, &statistics),
      slot: latest.add(sample.definition, full, sample.value),
      round: source.round
    )
    source.live[key] = made
    return made
  }

  /// The store's reference of a series, nil when the store takes no more series.
  private func reference(
    for labels: LabelSet,
    _ statistics: inout IngestStatistics
  ) -> SeriesReference? {
    do throws(StoreError) {
      return try store.reference(for: labels)
    } catch {
      statistics.refused["store_limit", default: 0] += 1
      return nil
    }
  }

  private func append(_ batch: AppendBatch) {
    guard !batch.references.isEmpty else { return }
    do throws(StoreError) {
      let outcome = try store.append(batch)
      state.withLock { state in
        state.statistics.appended += outcome.appended
        if outcome.duplicates > 0 {
          state.statistics.refused["duplicate", default: 0] += outcome.duplicates
        }
        if outcome.tooOld > 0 {
          state.statistics.refused["too_old", default: 0] += outcome.tooOld
        }
      }
    } catch {
      refuse("store_failure", batch.references.count)
    }
  }
}

extension PollRecord {
  /// The samples every poll has, whatever came of it.
  fileprivate var ownSamples: [CollectedSample] {
    let found: (isUp: Bool, count: Int) =
      switch outcome {
      case .success(let collection): (collection.isUp, collection.samples.count)
      case .failure: (false, 0)
      }
    var samples = [
      CollectedSample(IngestMetrics.up, found.isUp ? 1 : 0),
      CollectedSample(IngestMetrics.duration, duration.inSeconds),
      CollectedSample(IngestMetrics.samples, Double(found.count)),
      CollectedSample(IngestMetrics.polls, Double(counts.polls)),
      CollectedSample(IngestMetrics.connectionsClosed, Double(counts.connectionsClosed)),
    ]
    for (reason, count) in counts.failures {
      samples.append(CollectedSample(IngestMetrics.failures, Double(count), ["reason": reason]))
    }
    return samples
  }
}
