// SPDX-License-Identifier: MIT
import Configuration
import HTTPAPI
import MetricModel
import Notifying
import Polling
import Rules
import Snapshot
import Synchronization
import Topology

/// Makes the snapshot that views show; nothing is computed while nobody asks, and many who ask
/// at the same time cost as much as one.
final class SnapshotSource: Sendable {
  /// A snapshot younger than this is handed out again.
  private static let restMin = Duration.milliseconds(400)
  /// A target without an outcome for so many of its intervals is late.
  private static let lateIntervals = 3

  private struct State {
    var targets: [Target] = []
    var kept: (snapshot: ClusterSnapshot, at: Timestamp)?
    /// Another run has other marks.
    var ledger = SnapshotLedger(origin: String(UInt64.random(in: 0...UInt64.max), radix: 36))
  }

  private let topology: TopologyKeeper
  private let ingest: Ingest
  private let latest: LatestSamples
  private let notifications: NotificationRunner
  private let silences: SilenceKeeper
  private let trends: TrendReader
  private let startedAt: Timestamp
  private let state = Mutex(State())

  init(_ parts: Monitor.Parts, startedAt: Timestamp) {
    topology = parts.topology.keeper
    ingest = parts.ingest
    latest = parts.latest
    notifications = parts.notifications
    silences = parts.silences
    trends = TrendReader(parts.store)
    self.startedAt = startedAt
  }

  /// These are the targets from now on.
  func adopt(_ targets: [Target]) {
    state.withLock { $0.targets = targets }
  }

  /// The snapshot as JSON: whole, or what changed since the one of a mark.
  func json(at now: Timestamp, since mark: String? = nil) async -> [UInt8] {
    let ledger = ledger(with: await snapshot(at: now))
    return mark.map { ledger.json(since: $0) } ?? ledger.json
  }

  /// The ledger that holds a snapshot, or a newer one that another asked for meanwhile.
  private func ledger(with snapshot: ClusterSnapshot) -> SnapshotLedger {
    let known = state.withLock { $0.ledger }
    if known.number > 0, known.time == snapshot.time { return known }
    var next = known
    next.enter(snapshot)
    return state.withLock { [next] state in
      // Of two that were made at the same time one counts: a mark is of one snapshot.
      if state.ledger.number == known.number { state.ledger = next }
      return state.ledger
    }
  }

  /// How the cluster stands about once a second, until nobody listens.
  func snapshots(on clock: any PollClock) -> AsyncStream<ClusterSnapshot> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: ClusterSnapshot.self,
      bufferingPolicy: .bufferingNewest(1)
    )
    // Ended by whoever lets go of the stream.
    let task = Task {
      while !Task.isCancelled {
        continuation.yield(await snapshot(at: clock.now))
        await clock.sleep(until: clock.now + .seconds(1))
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }

  /// How the cluster stands now, or stood a moment ago.
  func snapshot(at now: Timestamp) async -> ClusterSnapshot {
    let kept = state.withLock { $0.kept }
    if let kept, now >= kept.at, now - kept.at < Self.restMin { return kept.snapshot }
    let snapshot = await newSnapshot(at: now)
    state.withLock { $0.kept = (snapshot, now) }
    return snapshot
  }

  private func newSnapshot(at now: Timestamp) async -> ClusterSnapshot {
    let targets = state.withLock { $0.targets }
    let settled = targets.map { ingest.lastSettled($0.key) }
    var askedAt: [Component: Timestamp] = [:]
    for (target, time) in zip(targets, settled) {
      guard let subject = target.subject, let time else { continue }
      askedAt[subject] = max(askedAt[subject] ?? time, time)
    }
    let reports = await notifications.reports()
    let known = await silences.silences
    let byID = Dictionary(known.map { ($0.id, $0) }) { first, _ in first }
    var notes: [LabelSet: AlertNote] = [:]
    for report in reports { notes[report.alert.labels] = AlertNote(report, silences: byID) }
    var snapshot = SnapshotBuilder(
      assessment: topology.assessment.told(at: now),
      figures: LatestFigures(latest),
      trends: trends.trends(at: now),
      alerts: reports.map(\.alert),
      standings: await notifications.standings,
      notes: notes,
      askedAt: askedAt,
      now: now
    ).snapshot()
    snapshot.version = Monitor.version
    snapshot.startedAt = startedAt
    snapshot.isReady = ingest.hasPolledAllTargets
    snapshot.changes = topology.changes.rows
    snapshot.freshness = freshness(targets, settled, at: now)
    return snapshot
  }

  private func freshness(
    _ targets: [Target],
    _ settled: [Timestamp?],
    at now: Timestamp
  ) -> FreshnessPart {
    var part = FreshnessPart()
    part.ageSeconds = settled.compactMap(\.self).max().map { max(.zero, now - $0).inSeconds }
    part.targets = targets.count
    part.failing = ingest.unreachableTargets.count
    part.intervalSeconds = targets.map(\.poll.interval).min()?.inSeconds
    part.late = zip(targets, settled).compactMap { target, time in
      guard let time else { return nil }
      let late = target.poll.interval * Self.lateIntervals + target.poll.timeout
      return now - time > late ? target.key : nil
    }
    return part
  }
}
