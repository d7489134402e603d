// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Net
import Polling
import TestSupport
import Testing

@testable import Collectors

@Suite(.timeLimit(.minutes(1))) struct PM2CollectorTests {
  private static let address = "192.0.2.6"

  /// One member whose host stands in, and the collector that asks it.
  private struct Host {
    let hosts: FactsHosts
    let http = HTTPClient(userAgent: "test")
    let declared: DeclaredTargets

    init(_ keys: String) async throws {
      hosts = try await FactsHosts()
      declared = DeclaredTargets(
        PM2Collector.self,
        """
        \(hosts.settings)
        architecture:
          tiers:
            - name: app
              members: [{name: webapp1, address: \(address), node: n1}]
              pm2: \(keys)
        """,
        http: http
      )
      try #require(declared.faults == [])
      try hosts.answer(address, "unit", Self.unit("enabled"))
    }

    static func unit(_ state: String) -> String {
      "LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=\(state)\n"
    }

    func end() async { await http.close() }
  }

  private static func list(_ processes: [String]) -> String {
    "daemon 17 7.0.3\n[\(processes.joined(separator: ","))]\n"
  }

  private static func process(
    _ name: String,
    _ id: Int,
    _ status: String = "online",
    mode: String = "fork_mode"
  ) -> String {
    """
    {"name":"\(name)","pm_id":\(id),"pid":9,"monit":{"memory":1048576,"cpu":5},"build_id":"b1",\
    "pm2_env":{"status":"\(status)","restart_time":2,"exec_mode":"\(mode)","env":{"K":"CANARY-1"}}}
    """
  }

  @Test func `a member whose declared processes run is up, with its figures`() async throws {
    let host = try await Host("{user: app, processes: [{name: webapp, instances: 2, mode: fork}]}")
    try host.hosts.answer(
      Self.address,
      "pm2",
      Self.list([Self.process("webapp", 0), Self.process("webapp", 1)])
    )
    let found = try await host.declared.poll()
    #expect(found.failure == nil && found.isUp)
    #expect(found.value("hvsmon_pm2_up") == 1)
    #expect(found.value("hvsmon_pm2_daemon_info", ["version": "7.0.3"]) == 1)
    #expect(found.value("hvsmon_pm2_instances_declared", ["process": "webapp"]) == 2)
    #expect(found.value("hvsmon_pm2_instances_online", ["process": "webapp"]) == 2)
    let labels = ["process": "webapp", "id": "1"]
    #expect(found.value("hvsmon_pm2_process_memory_bytes", labels) == 1_048_576)
    #expect(found.value("hvsmon_pm2_process_cpu_ratio", labels) == 0.05)
    #expect(found.value("hvsmon_pm2_unit_enabled", ["unit": "pm2-app.service"]) == 1)
    #expect(!found.samples.contains { $0.definition.name == "hvsmon_deviation" })
    #expect(!found.samples.contains { "\($0.labels)".contains("CANARY") })
    #expect(host.hosts.questions(Self.address) == [["pm2", "unit:pm2-app.service"]])
    // What seldom changes is remembered.
    let again = try await host.declared.poll()
    #expect(again.value("hvsmon_pm2_unit_enabled", ["unit": "pm2-app.service"]) == 1)
    #expect(host.hosts.questions(Self.address).last == ["pm2"])
    await host.end()
  }

  @Test func `a declared process that is missing or not online fails, and the host answers`()
    async throws
  {
    let host = try await Host("{processes: [{name: webapp}, {name: worker}]}")
    try host.hosts.answer(
      Self.address,
      "pm2",
      Self.list([
        Self.process("webapp", 0, "errored"), Self.process("webapp", 1, mode: "cluster_mode"),
        Self.process("other", 2, "stopped"),
      ])
    )
    try host.hosts.answer(Self.address, "unit", Host.unit("disabled"))
    let found = try await host.declared.poll()
    #expect(found.isUp)
    #expect(
      found.failure
        == .unreachable(kind: "process", reason: "no instance is online of worker")
    )
    #expect(found.value("hvsmon_pm2_up") == 0 && found.value("hvsmon_pm2_daemon_up") == 1)
    #expect(found.value("hvsmon_pm2_instances_online", ["process": "worker"]) == 0)
    #expect(found.value("hvsmon_pm2_instances_online", ["process": "webapp"]) == 1)
    let states = ["process": "webapp", "id": "0", "state": "errored"]
    #expect(found.value("hvsmon_pm2_process_state", states) == 1)
    #expect(found.value("hvsmon_pm2_unit_enabled", ["unit": "pm2-hvsmon.service"]) == 0)
    let deviation = found.samples.filter { $0.definition.name == "hvsmon_deviation" }.map(\.labels)
    #expect(
      deviation == [
        [
          "component": "member", "name": "webapp1", "aspect": "PM2 webapp instances",
          "expected": "1", "found": "2",
        ]
      ]
    )
    await host.end()
  }

  @Test func `a mode other than declared is a deviation`() async throws {
    let host = try await Host("{processes: [{name: webapp, mode: fork}]}")
    let list = Self.list([Self.process("webapp", 0, mode: "cluster_mode")])
    try host.hosts.answer(Self.address, "pm2", list)
    let found = try await host.declared.poll()
    #expect(found.failure == nil)
    let deviation = try #require(found.samples.first { $0.definition.name == "hvsmon_deviation" })
    #expect(deviation.labels["expected"] == "fork" && deviation.labels["found"] == "cluster")
    await host.end()
  }

  @Test func `no daemon is told as such, also when asking had started one`() async throws {
    let host = try await Host("{processes: [{name: webapp}]}")
    try host.hosts.answer(Self.address, "pm2", "", status: 69)
    for text in [nil, "[PM2] Spawning PM2 daemon with pm2_home=/x\n[]\n"] {
      if let text { try host.hosts.answer(Self.address, "pm2", text) }
      let found = try await host.declared.poll()
      #expect(found.failure?.kind == "daemon" && found.isUp)
      #expect(found.value("hvsmon_pm2_daemon_up") == 0 && found.value("hvsmon_pm2_up") == 0)
      #expect(found.value("hvsmon_pm2_instances_online", ["process": "webapp"]) == 0)
    }
    await host.end()
  }

  @Test func `a host that cannot be asked, or an account that may not see PM2, fails the poll`()
    async throws
  {
    let host = try await Host("{processes: [{name: webapp}]}")
    try host.hosts.answer(Self.address, "pm2", "CANARY-SECRET", status: 126)
    var failure = await #expect(throws: CollectionError.self) { try await host.declared.poll() }
    #expect(failure?.kind == "not_permitted")
    try host.hosts.answer(Self.address, "pm2", "CANARY-SECRET")
    failure = await #expect(throws: CollectionError.self) { try await host.declared.poll() }
    #expect(failure?.kind == "malformed")
    #expect(!"\(String(describing: failure))".contains("CANARY"))
    try host.hosts.remove(Self.address)
    _ = await #expect(throws: CollectionError.self) { try await host.declared.poll() }
    failure = await #expect(throws: CollectionError.self) { try await host.declared.poll() }
    #expect(failure?.kind == "refused")
    await host.end()
  }

  @Test func `faulty keys and a missing section for ssh are told with their place`() {
    let http = HTTPClient(userAgent: "test")
    func faults(_ keys: String, ssh: String = "") -> [String] {
      DeclaredTargets(
        PM2Collector.self,
        """
        \(ssh)
        architecture:
          tiers: [{name: app, members: [{name: a, address: 192.0.2.1}], pm2: \(keys)}]
        """,
        http: http
      ).faults
    }
    let place = "architecture.tiers[0].pm2"
    #expect(
      faults("{processes: []}").contains {
        $0.contains("\(place): is asked by ssh: the settings need a section `ssh`")
      }
    )
    let ssh = "ssh: {user: u, identity_file: /k, known_hosts_file: /h}"
    #expect(faults("{user: app}", ssh: ssh) == [])
    #expect(faults("{user: a b}", ssh: ssh).count == 1)
    #expect(faults("{user: app}", ssh: "ssh: {user: u}").allSatisfy { $0.contains("ssh.") })
    let found = faults(
      "{processes: [{name: w, instances: 0}, {name: w}, {mode: forked}, {name: x, mod: fork}]}",
      ssh: ssh
    )
    for text in ["instances: must be", "declared already", "name: is required", "mode: must be"] {
      #expect(found.contains { $0.contains(text) }, "\(text) in \(found)")
    }
    #expect(found.contains { $0.contains("did you mean \"mode\"?") }, "\(found)")
  }
}
