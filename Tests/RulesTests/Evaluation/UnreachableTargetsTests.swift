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

  @Test func `without targets nothing is unreachable`() {
    #expect(!UnreachableTargets([LabelSet]()).contains(LabelSet(["instance": "a"])))
  }
}
