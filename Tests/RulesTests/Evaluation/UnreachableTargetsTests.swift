// SPDX-License-Identifier: MIT
import MetricModel
import Rules
import Testing

@Suite struct UnreachableTargetsTests {
  let targets = UnreachableTargets([
    LabelSet(metric: "up", ["cluster": "c", "job": "nginx", "instance": "lb1"]),
    LabelSet(["job": "proxmox", "instance": "pve", "node": "n2"]),
    LabelSet(["job": "nameless"]),
  ])

  @Test(arguments: [
    (["instance": "lb1", "job": "nginx", "cluster": "c", "zone": "z"], true),
    (["instance": "lb1", "job": "nginx"], true), (["instance": "lb1"], true),
    (["instance": "lb1", "job": "probe"], false),
    (["instance": "lb1", "job": "nginx", "cluster": "d"], false),
    (["instance": "lb2", "job": "nginx"], false), (["job": "nginx"], false),
    (["job": "nameless"], false), ([:], false),
    (["instance": "pve", "node": "n2", "job": "proxmox"], true),
    (["instance": "pve", "node": "n1", "job": "proxmox"], false),
    (["instance": "pve", "job": "proxmox"], true),
  ])
  func `a sample belongs to a target that agrees in every label they share`(
    labels: [String: String],
    expected: Bool
  ) {
    #expect(targets.contains(LabelSet(labels)) == expected)
  }

  @Test(arguments: [
    (["instance": "pve", "node": "n2", "id": "lxc/1"], true),
    (["instance": "pve", "node": "n1", "id": "lxc/1"], false),
    // It does not say where it is: it may be on a node that was asked.
    (["instance": "pve", "id": "lxc/1"], false), (["node": "n2"], false),
    (["instance": "pve", "job": "other", "node": "n2"], false),
  ])
  func `a sample belongs to a part of a target when it says so`(
    labels: [String: String],
    expected: Bool
  ) {
    let common = ["job": "proxmox"]
    let part = LabelSet(["job": "proxmox", "instance": "pve", "node": "n2"])
    let targets = UnreachableTargets([LabelSet](), parts: [part])
    let labels = LabelSet(common.merging(labels) { $1 })
    #expect(targets.contains(labels) == expected)
  }

  @Test(arguments: [
    (["instance": "pve", "id": "lxc/1", "job": "proxmox"], true),
    (["instance": "pve", "id": "lxc/1"], true),
    (["instance": "pve", "id": "lxc/2"], false),
    (["instance": "pve", "id": "lxc/1", "state": "stopped"], false), (["id": "lxc/1"], false),
  ])
  func `a sample belongs to a withheld series that has all its labels`(
    labels: [String: String],
    expected: Bool
  ) {
    let series = LabelSet(metric: "pve_up", ["job": "proxmox", "instance": "pve", "id": "lxc/1"])
    let targets = UnreachableTargets([LabelSet](), series: [series])
    #expect(targets.contains(LabelSet(metric: "pve_up", labels)) == expected)
  }

  @Test func `without targets nothing is unreachable`() {
    #expect(!UnreachableTargets([LabelSet]()).contains(LabelSet(["instance": "a"])))
  }
}
