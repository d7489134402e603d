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
  package static let samplesPerPollMax = 50_000
  /// The longest label value in bytes; a sample with a longer one is refused and counted.
  package static let labelBytesMax = 1_024

  /// What identifies a series within its source.
  struct SeriesKey: Hashable {
    let metric: String
    let labels: [String: String]
  }

  struct LiveSeries {
    var reference: SeriesReference?
    let slot: LatestSamples.Slot
    var round: UInt64
    var value: Double
    /// It is new, or its value is another one than in the round before.
    var hasChanged = true
  }

  struct Source {
    var live: [SeriesKey: LiveSeries] = [:]
    /// The labels of the source that all live series carry.
    var liveLabels = LabelSet.empty
    var round: UInt64 = 0
    var isUp: Bool?
    /// The last poll found a working target; a probe can be answered by one that is broken.
    var isWorking: Bool?
    var isTarget = false
    var labels = LabelSet.empty
    /// When the newest settled poll began.
    var lastSettled: Timestamp?
    var withheld = WithheldSeries<SeriesKey>()
    var scraped = ScrapedRounds()
  }

  /// What is known of a poll besides its samples.
  struct PollFacts {
    let began: Timestamp
    let isAnswered: Bool
    /// Its target names its series itself.
    let isScrape: Bool
    /// What it named; nil when it gave no answer.
    let scraped: ScrapedSamples?
  }

  struct State {
    var sources: [String: Source] = [:]
    var statistics = IngestStatistics()
    var warned: Set<String> = []
  }

  let catalog: MetricCatalog
  let clusterLabel: LabelSet
  let store: any SampleAppending
  let latest: LatestSamples
  private let logger: Logger
  let observer: @Sendable (IngestEvent) -> Void
  private let doubtObserver: @Sendable (Target, Timestamp) -> Void
  let state = Mutex(State())

  /// Opens the door.
  ///
  /// - Parameters:
  ///   - catalog: The metrics that may pass.
  ///   - cluster: The value of the label `cluster`.
  ///   - store: Keeps samples.
  ///   - latest: Shows the newest values.
  ///   - logger: Told of refusals, once for each metric.
  ///   - observer: Called after samples have arrived, on the caller's thread; must return at once.
  ///   - doubtObserver: Called when a working target failed a first time and is asked again, with
  ///     the time; as the observer is.
  package init(
    catalog: MetricCatalog,
    cluster: String,
    store: any SampleAppending,
    latest: LatestSamples,
    logger: Logger,
    observer: @escaping @Sendable (IngestEvent) -> Void,
    doubtObserver: @escaping @Sendable (Target, Timestamp) -> Void = { _, _ in }
  ) {
    self.catalog = catalog
    clusterLabel = LabelSet(["cluster": cluster])
    self.store = store
    self.latest = latest
    self.logger = logger
    self.observer = observer
    self.doubtObserver = doubtObserver
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

  /// When the newest poll of a target began whose outcome was taken; nil before the first, and of
  /// an unknown target.
  ///
  /// A poll that answers a question of ``PollScheduler/ask(_:)`` began no earlier than it was put.
  package func lastSettled(_ key: String) -> Timestamp? {
    state.withLock { $0.sources[key]?.lastSettled }
  }

  package func doubt(_ target: Target, at time: Timestamp) {
    doubtObserver(target, time)
  }

  package func record(_ record: PollRecord) {
    var samples = record.ownSamples
    let isUp: Bool
    var scraped: ScrapedSamples?
    switch record.outcome {
    case .success(let collection):
      isUp = collection.isUp
      scraped = collection.scraped
      samples += collection.samples.prefix(Self.samplesPerPollMax)
      if collection.samples.count > Self.samplesPerPollMax {
        refuse("too_many_samples", collection.samples.count - Self.samplesPerPollMax)
      }
    case .failure: isUp = false
    }
    let isWorking = record.outcome.failure == nil
    let hasTurned = state.withLock { state in
      var source = state.sources.removeValue(forKey: record.target.key) ?? Source()
      let hasTurned = source.isUp != isUp || source.isWorking != isWorking
      source.isUp = isUp
      source.isWorking = isWorking
      state.sources[record.target.key] = source
      return hasTurned
    }
    let labels = clusterLabel.merging(record.target.labels)
    let accepted = samples.filter(isAcceptable)
    let source = record.target.key
    let isAnswered = if case .success = record.outcome { true } else { false }
    let poll = PollFacts(
      began: record.began,
      isAnswered: isAnswered,
      isScrape: type(of: record.target.collector).isScraper,
      scraped: scraped
    )
    take(accepted, source: source, labels: labels, at: record.time, poll: poll) {
      $0 || hasTurned || record.isAsked
    }
  }

  package func forget(targets keys: [String], at time: Timestamp) {
    for key in keys {
      take([], source: key, labels: .empty, at: time) { _ in true }
      state.withLock { $0.sources[key] = nil }
    }
  }

  /// The definition allows the sample; a refusal is counted, and logged once for each metric.
  func isAcceptable(_ sample: CollectedSample) -> Bool {
    let name = sample.definition.name
    guard catalog[name] == sample.definition else {
      refuse("undefined_metric", 1, metric: name)
      return false
    }
    if let known = sample.definition.labelNames, !known.isSuperset(of: sample.labels.keys) {
      refuse("undefined_label", 1, metric: name)
      return false
    }
    guard !sample.value.isStalenessMarker else {
      refuse("staleness_marker", 1, metric: name)
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
  func take(
    _ samples: [CollectedSample],
    source: String,
    labels: LabelSet,
    at time: Timestamp,
    poll: PollFacts? = nil,
    isUrgent: (_ seriesEnded: Bool) -> Bool
  ) {
    var batch = AppendBatch(timestamp: time)
    var scrape = ScrapedOutcome()
    var names: Set<String> = []
    var changed: Set<String> = []
    let seriesEnded = state.withLock { state in
      var round = state.sources.removeValue(forKey: source) ?? Source()
      round.round += 1
      scrape = takeScrape(poll?.scraped, in: &round, labels, at: time, &state.statistics)
      names = scrape.names
      changed = scrape.changed
      var ended: [(key: SeriesKey, series: LiveSeries)] = []
      if round.liveLabels != labels {
        // Other labels make other series.
        ended = round.live.map { ($0.key, $0.value) }
        round.live = [:]
        round.liveLabels = labels
      }
      var updates: [(slot: LatestSamples.Slot, value: Double)] = []
      for sample in samples + scrape.ownSamples(of: poll) {
        guard let series = live(sample, in: &round, &state.statistics) else { continue }
        names.insert(sample.definition.name)
        if series.hasChanged { changed.insert(sample.definition.name) }
        updates.append((series.slot, sample.value))
        guard let reference = series.reference else { continue }
        batch.references.append(reference)
        batch.values.append(sample.value)
      }
      ended += round.takeMissing()
      for (key, series) in ended {
        names.insert(key.metric)
        changed.insert(key.metric)
        guard let reference = series.reference else { continue }
        batch.references.append(reference)
        batch.values.append(.stalenessMarker)
      }
      if let poll { round.withhold(samples, ended.map(\.key), isAnswered: poll.isAnswered) }
      state.sources[source] = round
      latest.set(updates, at: time)
      latest.remove(ended.map(\.series.slot))
      return !ended.isEmpty
    }
    for earlier in scrape.timed.inOrder { append(earlier) }
    batch.references += scrape.references
    batch.values += scrape.values
    append(batch)
    // Whoever reads that a poll is settled finds its samples, and whoever hears of the samples that
    // it is.
    if let poll { state.withLock { $0.sources[source]?.lastSettled = poll.began } }
    guard !names.isEmpty else { return }
    observer(
      IngestEvent(
        time: time,
        metricNames: names,
        changedNames: changed,
        isUrgent: isUrgent(seriesEnded)
      )
    )
  }

  /// The live series of a sample, made when it is new; nil when it had a sample in this round.
  func live(
    _ sample: CollectedSample,
    in source: inout Source,
    _ statistics: inout IngestStatistics
  ) -> LiveSeries? {
    let own = sample.labels.clearing(source.liveLabels)
    let key = SeriesKey(metric: sample.definition.name, labels: own)
    var series: LiveSeries
    if let known = source.live[key] {
      guard known.round != source.round else {
        statistics.refused["duplicate", default: 0] += 1
        return nil
      }
      series = known
      series.round = source.round
      series.hasChanged = known.value.bitPattern != sample.value.bitPattern
      series.value = sample.value
    } else {
      let full = LabelSet(metric: key.metric, own).merging(source.liveLabels)
      let slot = latest.add(sample.definition, full, sample.value)
      series = LiveSeries(reference: nil, slot: slot, round: source.round, value: sample.value)
    }
    if series.reference == nil {
      // The store may have room for a series it refused before.
      let full = LabelSet(metric: key.metric, own).merging(source.liveLabels)
      series.reference = reference(for: full, &statistics)
    }
    source.live[key] = series
    return series
  }

  /// The store's reference of a series, nil when the store does not take it.
  func reference(
    for labels: LabelSet,
    _ statistics: inout IngestStatistics
  ) -> SeriesReference? {
    do throws(StoreError) {
      return try store.reference(for: labels)
    } catch .limitExceeded {
      statistics.refused["store_limit", default: 0] += 1
    } catch {
      statistics.refused["store_failure", default: 0] += 1
    }
    return nil
  }

  func append(_ batch: AppendBatch) {
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

extension Ingest.Source {
  /// Takes out the series that had no sample in this round.
  fileprivate mutating func takeMissing() -> [(key: Ingest.SeriesKey, series: Ingest.LiveSeries)] {
    let missing = live.filter { $0.value.round != round }
    for key in missing.keys { live[key] = nil }
    return missing.map { (key: $0.key, series: $0.value) }
  }
}

extension PollRecord {
  /// The samples every poll has, whatever came of it.
  fileprivate var ownSamples: [CollectedSample] {
    let found: (isUp: Bool, count: Int) =
      switch outcome {
      case .success(let collection):
        (collection.isUp, collection.scraped?.scraped ?? collection.samples.count)
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
