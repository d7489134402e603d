// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Rules
import Testing

/// The shipped rules about nodes and guests: what a fault is called, and what is on purpose.
@Suite struct ClusterRulesTests {
  private final class Bench {
    private let bench: RuleBench
    private var live: [LabelSet: Double] = [:]
    private var seconds = 0
    private(set) var names: Set<String> = []
    private(set) var firing: [Alert] = []

    init() throws {
      let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      let text = try Data(contentsOf: root.appending(path: "alerts.yml"))
      bench = try RuleBench(String(decoding: text, as: UTF8.self))
    }

    func set(_ metric: String, _ labels: [String: String], _ value: Double) {
      live[LabelSet(metric: metric, labels.merging(["cluster": "c"]) { $1 })] = value
    }

    func run(for span: Int) {
      for _ in 0..<span / 15 {
        seconds += 15
        for (labels, value) in live { bench.series.add(labels, value, at: at(seconds)) }
        firing = bench.evaluator.groups.indices.flatMap {
          bench.evaluate(at(seconds), group: $0).firing
        }
        names = Set(firing.compactMap { $0.labels["alertname"] })
      }
    }
  }

  private let guest = ["id": "lxc/101", "name": "web2", "node": "n2", "member": "web2"]
  private let member = ["tier": "web", "instance": "web2", "node": "n2"]
  private let id = ["id": "lxc/101"]

  private func bench(guestUp: Double, memberWorks: Double) throws -> Bench {
    let bench = try Bench()
    bench.set("hvsmon_guest_up", guest, guestUp)
    bench.set("hvsmon_member_working", member, memberWorks)
    for state in ["backup", "migrate", "snapshot"] {
      bench.set("pve_lock_state", id.merging(["state": state]) { $1 }, 0)
    }
    bench.set("pve_ha_state", ["id": "node/n2", "state": "maintenance"], 0)
    return bench
  }

  @Test func `a guest that is stopped is down, and busy while it is locked`() throws {
    let bench = try bench(guestUp: 0, memberWorks: 0)
    bench.run(for: 30)
    #expect(bench.names == ["GuestDown"])
    bench.set("pve_lock_state", id.merging(["state": "backup"]) { $1 }, 1)
    bench.run(for: 15)
    #expect(bench.names == ["GuestBusy"])
    #expect(bench.firing.first?.labels["fault"] == "down")
  }

  @Test func `the lock that the node itself tells counts before the cluster knows it`() throws {
    let bench = try bench(guestUp: 0, memberWorks: 0)
    bench.set("hvsmon_pve_guest_live_lock", ["id": "lxc/101", "state": "backup"], 1)
    bench.run(for: 15)
    #expect(bench.names == ["GuestBusy"])
  }

  @Test func `a member that fails while its guest is copied makes the guest busy`() throws {
    for works in [0.0, 1] {
      let bench = try bench(guestUp: 1, memberWorks: works)
      bench.set("pve_lock_state", id.merging(["state": "snapshot"]) { $1 }, 1)
      bench.run(for: 15)
      #expect(bench.names == (works == 1 ? [] : ["GuestBusy"]))
    }
  }

  @Test func `guests of a node in maintenance are busy, whatever stops there`() throws {
    let bench = try bench(guestUp: 0, memberWorks: 0)
    bench.set("pve_ha_state", ["id": "node/n2", "state": "maintenance"], 1)
    bench.run(for: 15)
    #expect(bench.names == ["GuestBusy"])
    let other = try self.bench(guestUp: 0, memberWorks: 0)
    other.set("pve_ha_state", ["id": "node/n1", "state": "maintenance"], 1)
    other.run(for: 15)
    #expect(other.names == ["GuestDown"])
  }

  @Test func `a member that fails in a guest that is not locked leaves the guest alone`() throws {
    let bench = try bench(guestUp: 1, memberWorks: 0)
    bench.run(for: 30)
    #expect(bench.names == [])
  }

  @Test func `one silent node is told, and all of them as the cluster that cannot be asked`() throws
  {
    let bench = try Bench()
    for node in ["n1", "n2"] {
      bench.set("up", ["job": "pve_node", "instance": node, "node": node], node == "n1" ? 0 : 1)
      bench.set("hvsmon_node_up", ["node": node], 1)
    }
    bench.set("up", ["job": "pve", "instance": "proxmox"], 1)
    bench.run(for: 180)
    #expect(bench.firing.map { $0.labels["node"] } == ["n1"])
    #expect(bench.names == ["NodeSilent"])
    bench.set("up", ["job": "pve_node", "instance": "n2", "node": "n2"], 0)
    bench.set("up", ["job": "pve", "instance": "proxmox"], 0)
    bench.run(for: 300)
    #expect(bench.names == ["ProxmoxUnreachable"])
  }
}
