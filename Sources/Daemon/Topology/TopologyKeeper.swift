// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Polling
import Synchronization
import Topology

/// Keeps what is known of the cluster up to date with the newest samples, and records what follows
/// from it as series.
final class TopologyKeeper: Sendable {
  /// What the assessment reads that changes with nearly every poll without meaning anything new: it
  /// is looked at when something else calls for it.
  private static let figures: Set<String> = [
    "pve_memory_usage_bytes", "hvsmon_pve_node_memory_available_bytes",
    "pve_replication_last_sync_timestamp_seconds",
    "pve_replication_next_sync_timestamp_seconds",
  ]
  /// A new look waits until this many times the duration of the last one have passed: a large
  /// cluster, in which something always changes, does not keep a core busy.
  private static let restFactor = 20

  /// At this pace at least the cluster is looked at, although no state has changed: figures do, and
  /// a series without samples for five minutes is none to a query.
  static let interval = Duration.seconds(15)

  private struct State {
    var declared: DeclaredCluster
    var assessment: ClusterAssessment
    var values: [SampleKey: Double] = [:]
    /// Uptime before which nothing is looked at.
    var restsUntil = Duration.zero
    /// Uptime at which the next look is due although nothing calls for it.
    var isOldAt = Duration.zero
  }

  private struct SampleKey: Hashable {
    let metric: String
    let labels: [String: String]
  }

  /// What changed from one look to the next.
  let changes = RecentChanges()
  private let latest: LatestSamples
  private let ingest: Ingest
  private let clock: any PollClock
  private let state: Mutex<State>

  init(
    declared: DeclaredCluster,
    latest: LatestSamples,
    ingest: Ingest,
    clock: any PollClock
  ) {
    self.latest = latest
    self.ingest = ingest
    self.clock = clock
    let assessment = ClusterAssessment(
      declared: declared,
      observed: ClusterObservation(),
      previous: nil,
      now: clock.now
    )
    state = Mutex(State(declared: declared, assessment: assessment))
  }

  /// The cluster as it was when it was looked at last.
  var assessment: ClusterAssessment { state.withLock { $0.assessment } }

  /// Goes on with another declaration; it is looked at when ``refresh()`` is called next.
  func adopt(_ declared: DeclaredCluster) {
    state.withLock { $0.declared = declared }
  }

  /// A change of these metrics may change the assessment.
  static func isConcerned(by names: Set<String>) -> Bool {
    !names.isDisjoint(with: stateMetricNames)
  }

  /// When the next look is due at the earliest, on the clock's uptime.
  var restsUntil: Duration { state.withLock { $0.restsUntil } }

  /// The last look was long ago.
  var isOld: Bool { clock.uptime >= state.withLock { $0.isOldAt } }

  /// Looks at the newest samples and records what follows from them; called by one task at a time.
  func refresh() {
    let start = clock.uptime
    let now = clock.now
    let found = latest.samples(named: ClusterObservation.metricNames)
    let observed = ClusterObservation { found[$0] ?? [] }
    let (declared, previous, known) = state.withLock { ($0.declared, $0.assessment, $0.values) }
    let assessment = ClusterAssessment(
      declared: declared,
      observed: observed,
      previous: previous,
      now: now
    )
    changes.note(previous, assessment)
    let samples = assessment.samples
    let values = Dictionary(
      samples.map { (SampleKey(metric: $0.definition.name, labels: $0.labels), $0.value) }
    ) { first, _ in first }
    state.withLock { state in
      state.assessment = assessment
      state.values = values
      let end = clock.uptime
      state.restsUntil = end + (end - start) * Self.restFactor
      state.isOldAt = start + Self.interval
    }
    ingest.record(derived: samples, source: "topology", at: now, isUrgent: values != known)
  }

  private static let stateMetricNames = ClusterObservation.metricNames.subtracting(figures)
}
