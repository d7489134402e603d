// SPDX-License-Identifier: MIT
import MetricModel
import Testing

@testable import Simulator

/// What the nodes answer while things go wrong.
@Suite struct ProxmoxFaceTests {
  private var questions: Questions

  init() throws {
    questions = try Questions()
  }

  // MARK: Age

  @Test mutating func `a dead node passes through well, offline with frozen figures, and unknown`()
    throws
  {
    questions.world.begin(.nodeDown("CoolerHostname3"), at: tuesday.plus(60))
    func states(_ second: Int) throws -> [String?] {
      let instant = tuesday.plus(second)
      return [
        try questions.data("/cluster/status", at: instant).row("name", "CoolerHostname3")["online"]?
          .string,
        try questions.resource("node/CoolerHostname3", at: instant)["status"]?.string,
        try questions.resource("lxc/105", at: instant)["status"]?.string,
        try questions.resource("storage/CoolerHostname3/local", at: instant)["status"]?.string,
      ]
    }
    #expect(try states(59) == ["1", "online", "running", "available"])
    #expect(try states(61) == ["1", "online", "running", "available"])
    #expect(try states(62) == ["0", "offline", "running", "available"])
    #expect(try states(340) == ["0", "offline", "running", "available"])
    #expect(try states(361) == ["0", "offline", "unknown", "unknown"])
    let frozen = try questions.resource("lxc/105", at: tuesday.plus(70))
    #expect(try questions.resource("lxc/105", at: tuesday.plus(340)) == frozen)
    let node = try questions.resource("node/CoolerHostname3", at: tuesday.plus(70))
    #expect(node["maxmem"] != nil && node["mem"] == nil && node["uptime"] == nil)
    let old = try questions.resource("lxc/105", at: tuesday.plus(361))
    #expect(old["name"] == nil && old["cpu"] == nil && old["tags"]?.string == "db;prod")
    #expect(try questions.resource("lxc/100", at: tuesday.plus(361))["status"]?.string == "running")
  }

  @Test mutating func `figures of a node that boots are missing until its first sample`() throws {
    questions.world.begin(.nodeDown("CoolerHostname3"), at: tuesday)
    questions.world.end(.nodeDown("CoolerHostname3"), at: tuesday.plus(400))
    let early = try questions.resource("node/CoolerHostname3", at: tuesday.plus(405))
    #expect(early["status"]?.string == "unknown")
    let late = try questions.resource("node/CoolerHostname3", at: tuesday.plus(421))
    #expect(late["status"]?.string == "online")
    #expect(try #require(late["uptime"]?.int) <= 21)
    // Its own table was empty at the boot as well.
    let own = try questions.resource(
      "lxc/100",
      of: "CoolerHostname3",
      at: tuesday.plus(400)
    )
    #expect(own["status"]?.string == "unknown")
  }

  @Test mutating func `hung statistics make an online node unknown after five minutes`() throws {
    questions.world.begin(.statisticsHung("CoolerHostname2"), at: tuesday)
    let instant = tuesday.plus(310)
    #expect(
      try questions.resource("node/CoolerHostname2", at: instant)["status"]?.string == "unknown"
    )
    let status = try questions.data("/cluster/status", at: instant)
    #expect(try status.row("name", "CoolerHostname2")["online"]?.int == 1)
    let guests = try questions.data("/nodes/CoolerHostname2/lxc", at: instant).items
    #expect(guests.count == 3 && guests.allSatisfy { $0["status"]?.string == "running" })
  }

  @Test mutating func `a stopped guest shows at once in its list and later in the broadcast`()
    throws
  {
    questions.world.begin(.guestStopped(106), at: tuesday)
    let path = "/nodes/CoolerHostname/lxc/106"
    let status = try questions.data("\(path)/status/current", at: tuesday)
    #expect(status["status"]?.string == "stopped")
    #expect(status["pid"] == nil && status["uptime"]?.int == 0)
    let list = try questions.data("/nodes/CoolerHostname/lxc", at: tuesday)
    #expect(try list.row("name", "webapp1")["status"]?.string == "stopped")
    #expect(try questions.resource("lxc/106", at: tuesday)["status"]?.string == "running")
    #expect(try questions.resource("lxc/106", at: tuesday.plus(10))["status"]?.string == "stopped")
    let answer = questions.answer("\(path)/interfaces", at: tuesday)
    #expect(answer.body.map { String(decoding: $0.bytes, as: UTF8.self) } == #"{"data":null}"#)
    let tasks = try questions.data("/nodes/CoolerHostname/tasks", at: tuesday.plus(10))
    #expect(try tasks.row("type", "vzshutdown")["id"]?.string == "106")
  }

  // MARK: Forwarding

  @Test mutating func `questions about a dead or hung neighbour fail with an empty body`() {
    questions.world.begin(.nodeDown("CoolerHostname2"), at: tuesday)
    questions.world.begin(.nodeHung("CoolerHostname3"), at: tuesday)
    let dead = questions.answer("/nodes/CoolerHostname2/status", at: tuesday.plus(1))
    #expect(dead.status == 595 && dead.body == nil && dead.delay == .seconds(3))
    let hung = questions.answer("/nodes/CoolerHostname3/lxc", at: tuesday.plus(1))
    #expect(hung.status == 596 && hung.body == nil && hung.delay == .seconds(30))
    let unknown = questions.answer("/nodes/CoolerHostname9/status", at: tuesday)
    #expect(unknown.status == 500 && unknown.body != nil)
    #expect(questions.answer("/cluster/resources", at: tuesday.plus(1)).status == 200)
  }

  @Test mutating func `a guest that moved is found on its new node only`() throws {
    questions.world.begin(.guestMoved(108, to: "CoolerHostname2"), at: tuesday)
    let instant = tuesday.plus(20)
    let gone = questions.answer("/nodes/CoolerHostname3/lxc/108/config", at: instant)
    #expect(gone.status == 500)
    #expect(
      gone.body.map { String(decoding: $0.bytes, as: UTF8.self) }?.contains("does not exist")
        == true
    )
    let config = try questions.data("/nodes/CoolerHostname2/lxc/108/config", at: instant)
    #expect(config["hostname"]?.string == "webapp3")
    let row = try questions.resource("lxc/108", at: instant)
    #expect(row["node"]?.string == "CoolerHostname2")
    #expect(try #require(row["uptime"]?.int) < 20)
  }

  @Test func `what no release knows is not implemented, and writing is not`() {
    #expect(questions.answer("/cluster/nonsense", at: tuesday).status == 501)
    #expect(questions.answer("/nodes/CoolerHostname/nonsense", at: tuesday).status == 501)
    #expect(questions.answer("/", at: tuesday).status == 501)
    #expect(questions.answer("/version", method: "POST", at: tuesday).status == 501)
    #expect(questions.answer("/cluster/resources", ["type": "foo"], at: tuesday).status == 400)
    #expect(questions.answer("/cluster/ceph/status", at: tuesday).status == 500)
  }

  // MARK: Rights

  @Test mutating func `a wrong token is refused late and with nothing`() {
    let wrong = questions.answer("/version", authorization: "PVEAPIToken=a@pve!b=c", at: tuesday)
    #expect(wrong.status == 401 && wrong.body == nil && wrong.delay == .seconds(3))
    questions.world.begin(.tokenRefused, at: tuesday)
    #expect(questions.answer("/version", at: tuesday).status == 401)
  }

  @Test mutating func `missing rights shorten lists and refuse single things`() throws {
    for privilege in Privilege.allCases {
      questions.world.begin(.privilegeMissing(privilege), at: tuesday)
    }
    #expect(try questions.data("/access/permissions", at: tuesday) == .object([]))
    let rows = try questions.data("/cluster/resources", at: tuesday).items
    #expect(rows.count == 3 && rows.allSatisfy { $0["type"]?.string == "node" })
    #expect(rows.allSatisfy { $0["status"]?.string == "online" && $0["maxcpu"] == nil })
    for path in ["lxc", "storage", "tasks"] {
      #expect(try questions.data("/nodes/CoolerHostname/\(path)", at: tuesday).items == [])
    }
    #expect(try questions.data("/cluster/tasks", at: tuesday).items == [])
    for path in [
      "/cluster/status", "/cluster/backup", "/cluster/ha/status/current",
      "/nodes/CoolerHostname/status", "/nodes/CoolerHostname/lxc/100/config",
      "/nodes/CoolerHostname/storage/backup/prunebackups",
    ] {
      let answer = questions.answer(path, at: tuesday)
      #expect(answer.status == 403 && answer.body != nil, "\(path)")
    }
  }

  @Test mutating func `rights on guests only show guests and nothing of the nodes`() throws {
    questions.world.begin(.rightsOnGuestsOnly, at: tuesday)
    let permissions = try questions.data("/access/permissions", at: tuesday)
    #expect(permissions.members.map(\.name) == ["/vms"])
    let rows = try questions.data("/cluster/resources", at: tuesday).items
    #expect(Set(rows.compactMap { $0["type"]?.string }) == ["lxc", "node"])
    #expect(questions.answer("/cluster/status", at: tuesday).status == 403)
  }

  @Test func `a read-only token sees archives through the preview of pruning only`() throws {
    let base = "/nodes/CoolerHostname/storage/backup"
    #expect(try questions.data("\(base)/content", ["content": "backup"], at: tuesday).items == [])
    let kept = try questions.data(
      "\(base)/prunebackups",
      ["prune-backups": "keep-all=1"],
      at: tuesday
    )
    #expect(kept.items.count == 45)
    #expect(questions.answer("\(base)/prunebackups", at: tuesday).status == 500)
    #expect(questions.answer("/nodes/CoolerHostname/apt/update", at: tuesday).status == 403)
  }

  // MARK: The rest

  @Test mutating func `a slow API makes every answer late`() {
    questions.world.begin(.apiSlow(.seconds(2)), at: tuesday)
    #expect(questions.answer("/version", at: tuesday).delay == .seconds(2))
    #expect(questions.answer("/version", authorization: "", at: tuesday).delay == .seconds(5))
    questions.world.end(.apiSlow(.seconds(2)), at: tuesday.plus(1))
    #expect(questions.answer("/version", at: tuesday.plus(1)).delay == .zero)
  }

  @Test mutating func `a storage that is away shows at once in the list and later elsewhere`()
    throws
  {
    questions.world.begin(
      .storageOffline(node: "CoolerHostname2", storage: "backup"),
      at: tuesday
    )
    let answer = questions.answer("/nodes/CoolerHostname2/storage", at: tuesday.plus(1))
    #expect(answer.delay > .zero)
    let list = try questions.data("/nodes/CoolerHostname2/storage", at: tuesday.plus(1))
    let row = try list.row("storage", "backup")
    #expect(row["active"]?.int == 0 && row["total"]?.int == 0 && row["used_fraction"] == nil)
    let id = "storage/CoolerHostname2/backup"
    #expect(try questions.resource(id, at: tuesday.plus(20))["status"]?.string == "available")
    #expect(try questions.resource(id, at: tuesday.plus(320))["status"]?.string == "unknown")
    let elsewhere = "storage/CoolerHostname/backup"
    #expect(
      try questions.resource(elsewhere, at: tuesday.plus(320))["status"]?.string == "available"
    )
  }

  @Test mutating func `a failed service and a held address show where they are asked for`() throws {
    questions.world.begin(
      .serviceFailed(node: "CoolerHostname", service: "pvescheduler"),
      at: tuesday
    )
    let services = try questions.data("/nodes/CoolerHostname/services", at: tuesday)
    #expect(try services.row("service", "pvescheduler")["active-state"]?.string == "failed")
    #expect(try services.row("service", "pveproxy")["active-state"]?.string == "active")
    func holds(_ node: String, _ vmID: Int) throws -> Bool {
      let interfaces = try questions.data("/nodes/\(node)/lxc/\(vmID)/interfaces", at: tuesday)
      return try interfaces.row("name", "eth0")["ip-addresses"]?.items
        .contains { $0["ip-address"]?.string == "127.0.30.200" } == true
    }
    #expect(try holds("CoolerHostname", 100))
    #expect(try !holds("CoolerHostname2", 101))
    questions.world.begin(.addressHeldTwice, at: tuesday)
    #expect(try holds("CoolerHostname2", 101))
  }

  @Test func `HA and replication tell of a dead node`() throws {
    var questions = try Questions(plan: .sized(nodes: 4, guests: 30))
    let plan = questions.world.plan
    let copied = try #require(plan.replications.first)
    questions.world.begin(.replicationFails(copied.vmID), at: tuesday.plus(-1_800))
    let home = try #require(plan.guest(copied.vmID)).home
    let states = try questions.data("/nodes/\(home)/replication", at: tuesday)
    let state = try states.row("guest", String(copied.vmID))
    #expect(state["fail_count"]?.int == 3 && state["error"] != nil)
    questions.world.begin(.nodeDown("CoolerHostname4"), at: tuesday)
    let instant = tuesday.plus(70)
    let rows = try questions.data("/cluster/ha/status/current", at: instant)
    let manager = try rows.row("id", "lrm:CoolerHostname4")
    #expect(manager["timestamp"]?.int == tuesday.wholeSeconds - 4)
    let status = try questions.data("/cluster/ha/status/manager_status", at: instant)
    let nodes = status["manager_status"]?["node_status"]
    #expect(nodes?["CoolerHostname4"]?.string == "fence")
    #expect(nodes?["CoolerHostname"]?.string == "online")
  }

  @Test func `32 nodes with 1,000 guests are answered for quickly and whole`() throws {
    let questions = try Questions(plan: .sized(nodes: 32, guests: 1_000))
    let clock = ContinuousClock()
    let began = clock.now
    let answer = questions.answer("/cluster/resources", at: tuesday)
    let bytes = try #require(answer.body).bytes
    let took = clock.now - began
    print("resources of 32 nodes and 1,000 guests: \(bytes.count) bytes in \(took)")
    #expect(took < .seconds(2))
    #expect(bytes.count < 1 << 20)
    let rows = try #require(try JSONReader.read(bytes)["data"]).items
    #expect(rows.count == 1_000 + 32 + 32 * 3 + 32)
    let guests = try questions.data("/nodes/CoolerHostname5/lxc", at: tuesday).items
    let machines = try questions.data("/nodes/CoolerHostname5/qemu", at: tuesday).items
    #expect(guests.count + machines.count >= 30)
    let preview = try questions.data(
      "/nodes/CoolerHostname/storage/backup/prunebackups",
      ["prune-backups": "keep-last=5"],
      at: tuesday
    )
    #expect(preview.items.count == 5_000)
  }
}
