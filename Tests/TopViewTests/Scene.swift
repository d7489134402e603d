// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

@testable import TopView

/// The reference cluster four minutes after one of its nodes died.
enum Scene {
  static let now = Timestamp(unixSeconds: 1_796_005_680)

  static func ago(_ seconds: Double) -> Timestamp {
    Timestamp(unixSeconds: now.unixSeconds - seconds)
  }

  static var snapshot: ClusterSnapshot {
    var snapshot = ClusterSnapshot()
    snapshot.cluster = "hvs"
    snapshot.time = now
    snapshot.version = "0.1.0"
    snapshot.isReady = true
    var verdict = VerdictPart()
    verdict.level = .warning
    verdict.words = "Site works, no spare left: database 2/3"
    verdict.situation = "The floating IP is on nginx1. Node pve2 is down."
    snapshot.verdict = verdict
    var freshness = FreshnessPart()
    freshness.ageSeconds = 2
    freshness.targets = 27
    freshness.failing = 4
    freshness.intervalSeconds = 10
    snapshot.freshness = freshness
    var counts = AlertCounts()
    counts.warning = 1
    counts.held = 2
    snapshot.alertCounts = counts
    var quorum = QuorumRow()
    quorum.condition = Condition(.ok, .working)
    (quorum.votesPresent, quorum.votesNeeded, quorum.votesSpare) = (2, 2, 0)
    snapshot.quorum = quorum
    snapshot.tiers = [
      tier("load-balancer", needed: 1, members: ["nginx1", "nginx2", "nginx3"]),
      tier("app", needed: 1, members: ["webapp1", "webapp2", "webapp3"]),
      tier("database", needed: 2, members: ["mongo1", "mongo2", "mongo3"], set: "rs0"),
    ]
    var entry = EntryRow()
    entry.name = "site"
    entry.condition = Condition(.ok, .working)
    (entry.httpStatus, entry.durationSeconds) = (200, 0.012)
    snapshot.entries = [entry]
    var address = FloatingAddressRow()
    (address.tier, address.verdict, address.holders) = ("load-balancer", "one", ["nginx1"])
    address.condition = Condition(.ok, .working)
    snapshot.floatingAddresses = [address]
    snapshot.nodes = (1...3).map(node)
    snapshot.guests = zip(100..., names).map(guest)
    snapshot.loadBalancers = (1...3).map(balancer)
    snapshot.apps = (1...3).map(app)
    snapshot.databases = (1...3).map(database)
    snapshot.backups = zip(100..., names).map(backup)
    snapshot.alerts = alerts
    snapshot.changes = changes
    snapshot.trendStepSeconds = 15
    return snapshot
  }

  static func sight(
    _ snapshot: ClusterSnapshot? = Scene.snapshot,
    rows: Int = 24,
    columns: Int = 80,
    later seconds: Double = 0,
    link: Link = Link(place: "http://127.0.0.1:9820"),
    look: Look = Look()
  ) -> Sight {
    Sight(
      snapshot: snapshot,
      now: Timestamp(unixSeconds: now.unixSeconds + seconds),
      link: link,
      rows: rows,
      columns: columns,
      look: look
    )
  }

  /// The frame after keys were pressed.
  static func frame(_ sight: Sight, _ keys: Key...) -> Frame {
    var state = ViewState()
    state.settle(sight)
    for key in keys { _ = state.handle(key, sight) }
    state.settle(sight)
    return TopScreen.frame(state, sight)
  }

  private static let names = [
    "nginx1", "nginx2", "nginx3", "mongo1", "mongo2", "mongo3", "webapp1", "webapp2", "webapp3",
  ]

  private static func tier(
    _ name: String,
    needed: Int,
    members: [String],
    set: String? = nil
  ) -> TierRow {
    var row = TierRow()
    row.name = name
    row.condition = Condition(.warning, .working)
    (row.declared, row.working, row.failed, row.needed) = (3, 2, 1, needed)
    row.failuresTolerated = 2 - needed
    row.members = members
    row.replicaSet = set
    row.primary = set == nil ? nil : "mongo1"
    row.primaries = set == nil ? nil : 1
    if name == "app" { row.dependsOn = ["database"] }
    return row
  }

  private static func condition(_ number: Int, on node: String?) -> Condition {
    guard number == 2 else { return Condition(.ok, .working, since: ago(86_400), ageSeconds: 2) }
    guard let node else { return Condition(.critical, .failed, since: ago(240), ageSeconds: 2) }
    return Condition(.held, .failed, since: ago(240), note: "its node \(node) is down")
  }

  private static let trend: [Double?] = [
    nil, nil, 0.1, 0.12, 0.2, 0.35, 0.3, 0.2, 0.15, 0.1, 0.12, 0.5, 0.7, 0.4, 0.2, 0.15, 0.1, 0.1,
    0.12, 0.16,
  ]

  static func node(_ number: Int) -> NodeRow {
    var row = NodeRow()
    row.name = "pve\(number)"
    row.condition = condition(number, on: nil)
    row.memorySizeBytes = 33_560_281_088
    row.cpus = 8
    row.guests = 3
    guard number != 2 else {
      row.evidence = "no answer from its API for 4 min, corosync lost it 4 min ago"
      return row
    }
    row.cpuRatio = 0.156
    row.memoryUsedBytes = 15_205_026_718
    (row.diskUsedBytes, row.diskSizeBytes) = (10_980_265_827, 100_861_726_720)
    row.load = 0.53
    row.uptimeSeconds = 1_823_440
    row.cpuTrend = trend
    row.memoryTrend = .init(repeating: 0.45, count: 20)
    row.lossWords = "The loss of node pve\(number) takes nginx\(number). The site would not work."
    return row
  }

  private static func guest(_ number: Int, _ name: String) -> GuestRow {
    var row = GuestRow()
    let index = Int(String(name.suffix(1))) ?? 0
    row.id = "lxc/\(number)"
    row.name = name
    row.member = name
    row.node = "pve\(index)"
    row.tier = name.hasPrefix("nginx") ? "load-balancer" : name.hasPrefix("m") ? "database" : "app"
    row.condition = condition(index, on: "pve2")
    row.foundState = index == 2 ? "unknown" : "running"
    guard index != 2 else { return row }
    (row.cpuRatio, row.cpus) = (0.03 * Double(index), 2)
    (row.memoryUsedBytes, row.memorySizeBytes) = (119_881_716, 1_073_741_824)
    (row.diskUsedBytes, row.diskSizeBytes) = (2_136_998_091, 8_589_934_592)
    row.uptimeSeconds = 1_823_438
    row.cpuTrend = trend
    row.memoryTrend = .init(repeating: 0.11, count: 20)
    return row
  }

  private static func balancer(_ number: Int) -> BalancerRow {
    var row = BalancerRow()
    row.name = "nginx\(number)"
    row.condition = condition(number, on: "pve2")
    (row.tier, row.node, row.guest) = ("load-balancer", "pve\(number)", "lxc/\(99 + number)")
    row.hasFloatingAddress = number == 1
    row.declaredPriority = 102 - number
    row.certificateExpiry = ago(-30 * 86_400)
    guard number != 2 else { return row }
    row.vrrpState = number == 1 ? "MASTER" : "BACKUP"
    row.priority = 102 - number
    row.connections = 3
    row.requestsPerSecond = 1.25
    row.requestTrend = trend
    return row
  }

  private static func app(_ number: Int) -> AppRow {
    var row = AppRow()
    row.name = "webapp\(number)"
    row.condition = condition(number, on: "pve2")
    (row.tier, row.node, row.guest) = ("app", "pve\(number)", "lxc/\(105 + number)")
    row.httpStatus = number == 2 ? 0 : 200
    guard number != 2 else { return row }
    row.durationSeconds = 0.048
    var process = ProcessRow()
    (process.name, process.id, process.level, process.state) = ("webapp", "0", .ok, "online")
    (process.restarts, process.cpuRatio, process.memoryBytes) = (0, 0.089, 119_461_924)
    process.startedAt = ago(900_000)
    process.build = "q7Hn3vXcPzL0w2s"
    row.processes = [process]
    row.durationTrend = trend
    return row
  }

  private static func database(_ number: Int) -> DatabaseRow {
    var row = DatabaseRow()
    row.name = "mongo\(number)"
    row.condition = condition(number, on: "pve2")
    (row.tier, row.node, row.guest) = ("database", "pve\(number)", "lxc/\(102 + number)")
    guard number != 2 else { return row }
    row.role = number == 1 ? "PRIMARY" : "SECONDARY"
    (row.lagSeconds, row.oplogWindowSeconds, row.connections) = (0, 453_233, 20)
    (row.operationsPerSecond, row.cacheRatio, row.uptimeSeconds) = (312.5, 0.42, 1_823_441)
    row.version = "7.0.14"
    return row
  }

  private static func backup(_ number: Int, _ name: String) -> BackupRow {
    var row = BackupRow()
    (row.id, row.name, row.level) = ("lxc/\(number)", name, .ok)
    row.newestAt = ago(12_480)
    (row.sizeBytes, row.archives, row.archivesDeclared) = (386_924_544, 5, 5)
    (row.durationSeconds, row.storage, row.nextAt) = (29, "backup", ago(-73_920))
    if name == "mongo3" {
      (row.level, row.isFailed, row.note) = (.critical, true, "the last run failed")
    }
    return row
  }

  private static var alerts: [AlertRow] {
    var node = AlertRow()
    (node.name, node.level, node.severity, node.object) = (
      "NodeDown", .warning, "warning", "node pve2"
    )
    (node.since, node.standing, node.holdsBack) = (ago(238), "own", 2)
    node.summary = "pve2 is down."
    node.labels = ["alertname=NodeDown", "node=pve2"]
    let held = ["nginx2", "mongo2"].map { name in
      var row = AlertRow()
      (row.name, row.level, row.severity) = ("GuestDown", .held, "warning")
      (row.object, row.since, row.standing) = ("guest \(name)", ago(238), "held")
      row.cause = "NodeDown node pve2"
      row.summary = "\(name) does not run."
      row.labels = ["alertname=GuestDown", "name=\(name)"]
      return row
    }
    return [node] + held
  }

  private static var changes: [ChangeRow] {
    [
      change(238, .warning, "pve2", "NodeDown fires: pve2 is down."),
      change(240, .held, "guest nginx2", "failed: its node pve2 is down"),
      change(240, .critical, "node pve2", "failed"),
    ]
  }

  private static func change(
    _ seconds: Double,
    _ level: Level,
    _ object: String,
    _ words: String
  ) -> ChangeRow {
    var row = ChangeRow()
    (row.time, row.level, row.object, row.words) = (ago(seconds), level, object, words)
    return row
  }
}
