// SPDX-License-Identifier: MIT
import Architecture
import Logging
import MetricModel
import Polling
import Snapshot
import Synchronization
import TestSupport
import Testing
import Topology

@testable import Daemon

@Suite struct TopologyKeeperTests {
  /// A clock that stands still until it is moved.
  private final class StillClock: PollClock {
    private let passed = Mutex(Duration.zero)
    var now: Timestamp { Timestamp(unixSeconds: 1_700_000_000) + uptime }
    var uptime: Duration { passed.withLock { $0 } }
    func move(by span: Duration) { passed.withLock { $0 += span } }
    func sleep(until instant: Timestamp) async {}
  }

  private let clock = StillClock()
  private let store = RecordingStore()

  private func keeper(_ heard: @escaping @Sendable (IngestEvent) -> Void) -> TopologyKeeper {
    let latest = LatestSamples()
    let ingest = Ingest(
      catalog: MetricCatalog(TopologyMetrics.all),
      cluster: "test",
      store: store,
      latest: latest,
      logger: Logger(area: "test", threshold: .error, sink: MemorySink()),
      observer: heard
    )
    let member = DeclaredMember(name: "a", address: "127.0.0.1")
    let cluster = DeclaredCluster(
      name: "test",
      tiers: [DeclaredTier(name: "web", needs: .members(1), members: [member])],
      entries: []
    )
    return TopologyKeeper(declared: cluster, latest: latest, ingest: ingest, clock: clock)
  }

  private var tierSamples: Int {
    store.series.first {
      $0.labels.metricName == "hvsmon_tier_members" && $0.labels["state"] == "declared"
    }?.samples.count ?? 0
  }

  @Test func `a cluster in which nothing changes is looked at every fifteen seconds`() {
    let events = Mutex<[Bool]>([])
    let box = Box(events)
    let keeper = keeper { event in box.events.withLock { $0.append(event.isUrgent) } }
    #expect(keeper.isOld)
    keeper.refresh()
    #expect(!keeper.isOld)
    clock.move(by: .milliseconds(14_999))
    #expect(!keeper.isOld)
    clock.move(by: .milliseconds(1))
    #expect(keeper.isOld)
    keeper.refresh()
    #expect(tierSamples == 2)
    // Only the first look told the rules something new.
    #expect(box.events.withLock { $0 } == [true, false])
  }

  @Test func `what is down at the first look is told as such, and once`() {
    let members = ["a", "b"].map { DeclaredMember(name: $0, address: "127.0.0.1") }
    let tier = DeclaredTier(name: "web", needs: .members(1), members: members)
    let declared = DeclaredCluster(name: "test", tiers: [tier], entries: [])
    func look(_ up: [Double], after previous: ClusterAssessment?) -> ClusterAssessment {
      let observed = ClusterObservation { metric in
        guard metric == "probe_success" else { return [] }
        return zip(members, up).map { member, value in
          (LabelSet(["tier": "web", "instance": member.name]), value)
        }
      }
      return ClusterAssessment(
        declared: declared,
        observed: observed,
        previous: previous,
        now: clock.now
      )
    }
    let changes = RecentChanges()
    var before = look([], after: nil)
    for up: [Double] in [[1, 0], [1, 0], [1, 1], [0, 1]] {
      let after = look(up, after: before)
      changes.note(before, after)
      before = after
    }
    let told = changes.rows.reversed().map { "\($0.level) \($0.object ?? "") \($0.words)" }
    #expect(told.count == 3)
    #expect(told.first?.hasPrefix("critical b is down since before hvsmon looked") == true)
    #expect(told.dropFirst().first == "ok b works again")
    #expect(told.last?.hasPrefix("critical a failed") == true)
  }

  private final class Box: Sendable {
    let events: Mutex<[Bool]>
    init(_ events: consuming Mutex<[Bool]>) { self.events = events }
  }
}
