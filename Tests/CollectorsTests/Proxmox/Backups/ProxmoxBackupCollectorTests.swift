// SPDX-License-Identifier: MIT
import Architecture
import Configuration
import MetricModel
import Net
import Polling
import Synchronization
import TestSupport
import Testing

@testable import Collectors

@Suite(.enabled(if: BackupFixtures.folder != nil))
struct ProxmoxBackupCollectorTests {
  /// A cluster on loopback that answers from files, and its collector.
  private final class Stage: Sendable {
    struct State {
      var scenario = "none"
      var refused: [String] = []
      /// Answered in place of the base file.
      var resources: [UInt8]?
      var asked: [String] = []
    }

    let state = Mutex(State())
    let http = HTTPClient(userAgent: "test")
    let collector: ProxmoxBackupCollector
    private let folder: TemporaryFolder
    private let server: HTTPServer

    init() throws {
      folder = try TemporaryFolder()
      let certificate = try TestCertificate(
        in: folder,
        from: "20250101000000Z",
        to: "20991231235959Z"
      )
      let box = Box()
      let route = HTTPRoute(.prefix("/api2/json/")) { request in
        guard let stage = box.stage.withLock({ $0 }) else { return ServerResponse(status: 503) }
        return stage.answer(request)
      }
      server = try HTTPServer.start(
        HTTPServerSettings(port: 0, tls: certificate.identity),
        routes: [route]
      )
      let settings = ProxmoxSettings(
        endpoints: [
          ProxmoxSettings.Endpoint(
            node: BackupFixtures.nodes[0],
            origin: "https://127.0.0.1:\(server.port)",
            trust: .caFile(path: certificate.path)
          )
        ],
        tokenID: "hvsmon@pve!monitor",
        tokenSecret: Secret("secret"),
        poll: PollSettings()
      )
      collector = ProxmoxBackupCollector(
        client: ProxmoxClient(settings, http: http),
        backups: [try BackupFixtures.declared()],
        zone: try BackupFixtures.zone()
      )
      self.box = box
      box.stage.withLock { $0 = self }
    }

    private final class Box: Sendable {
      let stage = Mutex<Stage?>(nil)
    }

    private let box: Box

    func poll(
      after seconds: Int = 0,
      newsArrived: @escaping @Sendable () -> Void = {}
    ) async throws(CollectionError) -> Collection {
      let time = BackupFixtures.now + .seconds(seconds)
      return try await poll(at: time, newsArrived: newsArrived)
    }

    func poll(
      at time: Timestamp,
      newsArrived: @escaping @Sendable () -> Void = {}
    ) async throws(CollectionError) -> Collection {
      let poll = Poll(time: time, timeout: .seconds(20), newsArrived: newsArrived)
      return try await collector.collect(poll)
    }

    /// The base resources without what `drops` names.
    func drop(_ drops: (JSONTree) -> Bool) throws {
      let rows = try BackupFixtures.data("base/cluster-resources.json").items
      let text = rows.filter { !drops($0) }.map(Self.text).joined(separator: ",")
      state.withLock { $0.resources = Array("{\"data\":[\(text)]}".utf8) }
    }

    private static func text(_ row: JSONTree) -> String {
      let members = row.members.compactMap { member in
        member.value.string.map { "\"\(member.name)\":\"\($0)\"" }
      }
      return "{\(members.joined(separator: ","))}"
    }

    func stop() async {
      box.stage.withLock { $0 = nil }
      await server.stop(grace: .zero)
      await http.close()
    }

    private func answer(_ request: ServerRequest) -> ServerResponse {
      let path = String(request.path.dropFirst("/api2/json".count))
      let (scenario, refused, resources) = state.withLock { state in
        state.asked.append("\(request.method) \(path)")
        return (state.scenario, state.refused, state.resources)
      }
      if refused.contains(where: path.contains) { return ServerResponse(status: 403) }
      if path == "/cluster/resources", let resources { return .json(resources) }
      for file in Self.files(path, scenario) {
        if let bytes = BackupFixtures.bytes(file) { return .json(bytes) }
      }
      return ServerResponse(status: 501)
    }

    private static func files(_ path: String, _ scenario: String) -> [String] {
      let over = "scenarios/\(scenario)"
      let parts = path.split(separator: "/")
      if path == "/cluster/resources" { return ["base/cluster-resources.json"] }
      if path == "/cluster/backup" {
        return ["\(over)/cluster-backup.json", "base/cluster-backup.json"]
      }
      guard parts.count > 2, parts[0] == "nodes" else { return [] }
      let node = parts[1]
      switch parts[parts.count - 1] {
      case "tasks":
        return [
          "\(over)/nodes-\(node)-tasks-vzdump.json", "base/nodes/\(node)/tasks-vzdump.json",
        ]
      case "log":
        return ["\(over)/nodes-\(node)-task-log.json", "base/nodes/\(node)/task-log.vzdump.json"]
      case "prunebackups":
        return [
          "\(over)/storage-nas-backup-prunebackups.json",
          "base/nodes/CoolerHostname/storage-nas-backup-prunebackups.json",
        ]
      case "time": return ["base/nodes/\(node)/time.json"]
      default: return []
      }
    }
  }

  private let webapp3 = ["backup": "nightly", "id": "lxc/108", "name": "webapp3"]

  @Test func `a healthy cluster gives every guest's archives and no alarm`() async throws {
    let stage = try Stage()
    let found = try await stage.poll()
    #expect(found.failure == nil)
    #expect(found.value("hvsmon_collector_partial") == nil)
    let guest = ["id": "lxc/100", "name": "nginx1"]
    #expect(found.value("hvsmon_backup_newest_timestamp_seconds", guest) == 1_795_474_802)
    let archives = ["id": "lxc/100", "name": "nginx1", "storage": "nas-backup"]
    #expect(found.value("hvsmon_backup_archives", archives) == 5)
    #expect(found.value("hvsmon_backup_run_missed", webapp3) == 0)
    #expect(found.value("hvsmon_backup_overdue_runs", webapp3) == 0)
    for (metric, value) in [
      ("missed_guests", 0.0), ("failed_guests", 0), ("deviations", 0),
      ("due_timestamp_seconds", 1_795_474_800), ("next_run_timestamp_seconds", 1_795_561_200),
    ] {
      #expect(found.value("hvsmon_backup_\(metric)", ["backup": "nightly"]) == value, "\(metric)")
    }
    #expect(found.samples.count { $0.definition.name == "hvsmon_backup_guest_uncovered" } == 9)
    #expect(found.value("hvsmon_backup_duration_seconds", guest) == 23)
    for sample in found.samples {
      #expect(sample.labels.keys.allSatisfy { sample.definition.labelNames?.contains($0) == true })
    }
    // It only reads, and the listing is a preview.
    let asked = stage.state.withLock { $0.asked }
    #expect(asked.allSatisfy { $0.hasPrefix("GET ") })
    await stage.stop()
  }

  @Test func `logs are read once and archives are listed again only when due`() async throws {
    let stage = try Stage()
    _ = try await stage.poll()
    stage.state.withLock { $0.asked = [] }
    _ = try await stage.poll(after: 300)
    #expect(stage.state.withLock { $0.asked.count { $0.hasSuffix("/log") } } == 0)
    #expect(stage.state.withLock { $0.asked.count { $0.hasSuffix("/prunebackups") } } == 0)
    _ = try await stage.poll(after: 900)
    #expect(stage.state.withLock { $0.asked.count { $0.hasSuffix("/prunebackups") } } == 1)
    await stage.stop()
  }

  @Test func `a missed run shows on its guests and on its backup`() async throws {
    let stage = try Stage()
    stage.state.withLock { $0.scenario = "backup-missed-node3" }
    let found = try await stage.poll()
    #expect(found.value("hvsmon_backup_run_missed", webapp3) == 1)
    #expect(found.value("hvsmon_backup_missed_guests", ["backup": "nightly"]) == 3)
    // While the node's tasks cannot be read, the verdict holds.
    stage.state.withLock { $0.refused = ["CoolerHostname3/tasks"] }
    let blind = try await stage.poll(after: 300)
    #expect(blind.value("hvsmon_backup_missed_guests", ["backup": "nightly"]) == 3)
    let partial = ["part": "backup_tasks", "node": "CoolerHostname3", "reason": "forbidden"]
    #expect(blind.value("hvsmon_collector_partial", partial) == 1)
    await stage.stop()
  }

  @Test func `a run with warnings made its backups`() async throws {
    let stage = try Stage()
    stage.state.withLock { $0.scenario = "backup-warnings" }
    let found = try await stage.poll()
    for (id, name) in [("lxc/100", "nginx1"), ("lxc/103", "mongo1"), ("lxc/106", "webapp1")] {
      let guest = ["backup": "nightly", "id": id, "name": name]
      #expect(found.value("hvsmon_backup_run_failed", guest) == 0)
      #expect(found.value("hvsmon_backup_run_missed", guest) == 0)
    }
    #expect(found.value("hvsmon_backup_failed_guests", ["backup": "nightly"]) == 0)
    let labels = ["id": "lxc/103", "name": "mongo1"]
    #expect(found.value("hvsmon_backup_duration_seconds", labels) == 170)
    await stage.stop()
  }

  @Test func `a failed run shows with its reason`() async throws {
    let stage = try Stage()
    stage.state.withLock { $0.scenario = "backup-failed" }
    let found = try await stage.poll()
    let guest = ["backup": "nightly", "id": "lxc/104", "name": "mongo2"]
    #expect(found.value("hvsmon_backup_run_failed", guest) == 1)
    let reason = ["reason": "command 'zstd --threads=1' failed: exit code 1"]
    let labels = guest.merging(reason) { $1 }
    #expect(found.value("hvsmon_backup_run_failure_info", labels) == 1)
    #expect(found.value("hvsmon_backup_failed_guests", ["backup": "nightly"]) == 1)
    await stage.stop()
  }

  @Test func `parts that may not be read are named, and nothing of them reads as healthy`()
    async throws
  {
    let stage = try Stage()
    stage.state.withLock { $0.refused = ["/cluster/backup", "/tasks", "/prunebackups", "/time"] }
    let found = try await stage.poll()
    let parts = found.samples.filter { $0.definition.name == "hvsmon_collector_partial" }
    #expect(Set(parts.compactMap { $0.labels["part"] }).count == 4)
    let names = Set(found.samples.map(\.definition.name))
    for metric in [
      "run_missed", "run_failed", "missed_guests", "failed_guests", "overdue_runs", "deviations",
      "guest_uncovered", "archives", "newest_timestamp_seconds",
    ] {
      #expect(!names.contains("hvsmon_backup_\(metric)"), "\(metric)")
    }
    await stage.stop()
  }

  @Test func `an empty list of tasks says nothing when jobs may not be seen`() async throws {
    let stage = try Stage()
    stage.state.withLock { state in
      state.scenario = "backup-missed-node3"
      state.refused = ["/cluster/backup"]
    }
    let found = try await stage.poll()
    #expect(found.value("hvsmon_backup_run_missed", webapp3) == nil)
    #expect(found.value("hvsmon_backup_missed_guests", ["backup": "nightly"]) == nil)
    await stage.stop()
  }

  @Test func `the target is polled when a run counts as missed, not at the slot after that`()
    async throws
  {
    let stage = try Stage()
    stage.state.withLock { $0.scenario = "backup-missed-node3" }
    let (news, arrival) = AsyncStream<Void>.makeStream()
    // Half a second before the allowance of ten minutes is over.
    let deadline = BackupFixtures.due + .seconds(600)
    let early = deadline - .milliseconds(500)
    _ = try await stage.poll(at: early - .seconds(3_000)) { Issue.record("it was replaced") }
    _ = try await stage.poll(at: early) { arrival.yield() }
    for await _ in news { break }
    let found = try await stage.poll(at: deadline)
    #expect(found.value("hvsmon_backup_missed_guests", ["backup": "nightly"]) == 3)
    await stage.stop()
  }

  @Test func `archives on a storage that is configured no more count for nothing`() async throws {
    let stage = try Stage()
    let archives = ["id": "lxc/100", "name": "nginx1", "storage": "nas-backup"]
    _ = try await stage.poll()
    // Out of reach at one node, and then everywhere: they are still there.
    try stage.drop { $0["id"]?.string == "storage/CoolerHostname/nas-backup" }
    let near = try await stage.poll(after: 300)
    #expect(near.value("hvsmon_backup_archives", archives) == 5)
    try stage.drop { $0["storage"]?.string == "nas-backup" }
    let gone = try await stage.poll(after: 600)
    #expect(gone.value("hvsmon_backup_archives", archives) == nil)
    await stage.stop()
  }

  @Test func `that no guest was missed is not said while a declared one is not seen`() async throws
  {
    let stage = try Stage()
    try stage.drop { $0["id"]?.string == "lxc/104" }
    let found = try await stage.poll()
    #expect(found.value("hvsmon_backup_run_missed", webapp3) == 0)
    #expect(found.value("hvsmon_backup_missed_guests", ["backup": "nightly"]) == nil)
    #expect(found.value("hvsmon_backup_failed_guests", ["backup": "nightly"]) == nil)
    await stage.stop()
  }

  @Test func `a cluster that refuses everything is a failed poll`() async throws {
    let stage = try Stage()
    stage.state.withLock { $0.refused = ["/"] }
    await #expect(throws: CollectionError.self) { try await stage.poll() }
    await stage.stop()
  }

  @Test func `the section proxmox makes one target, polled every five minutes unless told`() async {
    let http = HTTPClient(userAgent: "test")
    func targets(_ extra: String) -> DeclaredTargets {
      DeclaredTargets(
        ProxmoxBackupCollector.self,
        """
        architecture:
          nodes: [{name: n1, address: 127.0.0.1}]
          backups: [{guests: [100], schedule: daily}]
        proxmox: {token_id: "a@pve!b", token_secret: c\(extra)}
        """,
        http: http
      )
    }
    let standard = targets("")
    #expect(standard.faults == [] && standard.targets.count == 1)
    #expect(standard.targets.first?.poll.interval == .seconds(300))
    let own = targets(", backups: {interval: 10m}")
    #expect(own.faults == [] && own.targets.first?.poll.interval == .seconds(600))
    let none = DeclaredTargets(ProxmoxBackupCollector.self, "cluster: {name: x}", http: http)
    #expect(none.targets.isEmpty && none.faults == [])
    await http.close()
  }
}
