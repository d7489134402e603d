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
    var kept: (snapshot: ClusterSnapshot, json: [UInt8]?, at: Timestamp)?
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

  /// The snapshot as JSON.
  func json(at now: Timestamp) async -> [UInt8] {
    let snapshot = await snapshot(at: now)
    if let json = state.withLock({ $0.kept?.snapshot.time == snapshot.time ? $0.kept?.json : nil })
    {
      return json
    }
    let json = snapshot.json
    state.withLock { state in
      if state.kept?.snapshot.time == snapshot.time { state.kept?.json = json }
    }
    return json
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
    state.withLock { $0.kept = (snapshot, nil, now) }
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
