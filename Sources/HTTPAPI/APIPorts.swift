// SPDX-License-Identifier: MIT
package import MetricModel
package import Net
package import PromQL
package import Rules

/// What the endpoints ask, grouped by what they ask about.
package struct APIPorts: Sendable {
  /// What became of a remote write request.
  package enum WriteAnswer: Sendable {
    /// All samples are safe on disk, or were there already.
    case taken
    /// Some samples can never be taken; the others are safe on disk.
    case takenInPart(reason: String)
    /// It is no request.
    case malformed(reason: String)
    /// The samples are not safe; the same request may be sent again.
    case unwritable(reason: String)
  }

  let store: StorePorts
  let latest: LatestPorts
  let rules: RulePorts
  let targets: @Sendable () -> [TargetReport]
  let process: ProcessPorts
  let cluster: ClusterPorts
  let alerts: AlertPorts
  let remoteWrite: (@Sendable ([UInt8]) async -> WriteAnswer)?
  let peers: @Sendable (_ body: [UInt8], _ authorization: String?) async -> PeerAnswer

  /// Names the ports.
  ///
  /// - Parameters:
  ///   - store: The stored samples, and queries over them.
  ///   - latest: The newest value of every live series.
  ///   - rules: The rules and their alerts.
  ///   - targets: What is polled.
  ///   - process: The daemon itself.
  ///   - cluster: The cluster as it was judged.
  ///   - alerts: Alerts, silences and what else people say of them.
  ///   - remoteWrite: Takes a decompressed remote write request in; nil when that is off.
  ///   - peers: Answers another instance on the same cluster, whose token it judges itself; nil
  ///     where there is none.
  package init(
    store: StorePorts,
    latest: LatestPorts,
    rules: RulePorts,
    targets: @escaping @Sendable () -> [TargetReport],
    process: ProcessPorts,
    cluster: ClusterPorts,
    alerts: AlertPorts,
    remoteWrite: (@Sendable ([UInt8]) async -> WriteAnswer)? = nil,
    peers: (@Sendable (_ body: [UInt8], _ authorization: String?) async -> PeerAnswer)? = nil
  ) {
    self.store = store
    self.latest = latest
    self.rules = rules
    self.targets = targets
    self.process = process
    self.cluster = cluster
    self.alerts = alerts
    self.remoteWrite = remoteWrite
    self.peers = peers ?? { _, _ in .refused(404, "nobody answers other instances here") }
  }
}

/// The stored samples, and what evaluates queries over them.
package struct StorePorts: Sendable {
  let reading: any SeriesReading
  let engine: QueryEngine
  let clock: any TimeSource
  let deadline: @Sendable (Duration) -> QueryDeadline
  let unreadAnswers: UnreadAnswers
  let giveBackMemory: @Sendable () -> Void

  /// Names the ports.
  ///
  /// - Parameters:
  ///   - reading: The stored samples.
  ///   - engine: Evaluates queries.
  ///   - clock: The present time, for queries that name none.
  ///   - deadline: Makes the deadline of a query that begins now and may take so long.
  ///   - unreadAnswers: What the server counts long answers with.
  ///   - giveBackMemory: Gives back to the system what a large query no longer holds.
  package init(
    reading: any SeriesReading,
    engine: QueryEngine,
    clock: any TimeSource,
    deadline: @escaping @Sendable (Duration) -> QueryDeadline,
    unreadAnswers: UnreadAnswers,
    giveBackMemory: @escaping @Sendable () -> Void
  ) {
    self.reading = reading
    self.engine = engine
    self.clock = clock
    self.deadline = deadline
    self.unreadAnswers = unreadAnswers
    self.giveBackMemory = giveBackMemory
  }
}

/// The newest value of every live series, in memory.
package struct LatestPorts: Sendable {
  /// A metric and its live series; those come in no order, their labels hold the metric's name.
  package typealias Family = (
    definition: MetricDefinition, series: [(labels: LabelSet, sample: Sample)]
  )

  let exposition: @Sendable (ExpositionFormat) -> [UInt8]
  let names: @Sendable () -> [String]
  let family: @Sendable (String) -> Family?
  let descriptions: @Sendable () -> [MetricDescription]
  let externalLabels: LabelSet

  /// Names the ports.
  ///
  /// - Parameters:
  ///   - exposition: All of it as a page.
  ///   - names: The metrics that have live series, sorted.
  ///   - family: The live series of one metric; nil when there are none.
  ///   - descriptions: What is known of metrics, live or not; a name stands as often as its sources
  ///     differ.
  ///   - externalLabels: What tells this monitor's series from those of others.
  package init(
    exposition: @escaping @Sendable (ExpositionFormat) -> [UInt8],
    names: @escaping @Sendable () -> [String],
    family: @escaping @Sendable (String) -> Family?,
    descriptions: @escaping @Sendable () -> [MetricDescription],
    externalLabels: LabelSet
  ) {
    self.exposition = exposition
    self.names = names
    self.family = family
    self.descriptions = descriptions
    self.externalLabels = externalLabels
  }
}

/// The rules and their alerts.
package struct RulePorts: Sendable {
  let groups: @Sendable () -> [RuleGroupEvaluator]
  let intervalStandard: Duration

  /// Names the ports.
  ///
  /// - Parameters:
  ///   - groups: Every group as its last evaluation left it.
  ///   - intervalStandard: The distance of evaluations of a group that names none.
  package init(
    groups: @escaping @Sendable () -> [RuleGroupEvaluator],
    intervalStandard: Duration
  ) {
    self.groups = groups
    self.intervalStandard = intervalStandard
  }
}

/// The cluster as it was judged, as JSON.
package struct ClusterPorts: Sendable {
  /// What became of the question whether something may be stopped.
  package enum StopAnswer: Sendable {
    /// Nothing has been looked at yet.
    case notYet
    /// Nothing is called so.
    case noSuchComponent
    /// Several are; the list tells them apart.
    case ambiguous([String])
    /// The verdict as JSON.
    case verdict([UInt8])
  }

  let topology: @Sendable () -> [UInt8]?
  let stopVerdict: @Sendable (String) -> StopAnswer
  let snapshot: @Sendable (_ since: String?) async -> [UInt8]

  /// Names the ports.
  ///
  /// - Parameters:
  ///   - topology: The cluster as it was judged last; nil before the first time.
  ///   - stopVerdict: Whether what is called so may be stopped.
  ///   - snapshot: How the cluster stands, as the JSON of a snapshot; with a mark what changed since
  ///     the one of that mark.
  package init(
    topology: @escaping @Sendable () -> [UInt8]?,
    stopVerdict: @escaping @Sendable (String) -> StopAnswer,
    snapshot: @escaping @Sendable (_ since: String?) async -> [UInt8]
  ) {
    self.topology = topology
    self.stopVerdict = stopVerdict
    self.snapshot = snapshot
  }
}
