// SPDX-License-Identifier: MIT
import MetricModel
import Polling

/// How many votes there are, are needed and can be lost; pure.
struct QuorumVotes: Equatable {
  let expected: Int
  let present: Int

  var needed: Int { expected / 2 + 1 }
  var spare: Int { present - needed }

  /// Counts the votes by node, as corosync is configured, over who is online.
  ///
  /// Nil when a node's membership is unknown: the count would be a guess.
  init?(votes: [String: Int], view: ClusterView, device: QuorumDevice?) {
    guard !votes.isEmpty, !view.members.isEmpty,
      view.members.allSatisfy({ $0.isOnline != nil })
    else { return nil }
    let online = Set(view.members.filter { $0.isOnline == true }.map(\.name))
    let nodes = votes.values.reduce(0, +)
    let extra = device.map { $0.votes(besides: nodes) } ?? 0
    expected = nodes + extra
    present =
      votes.filter { online.contains($0.key) }.values.reduce(0, +)
      + (device?.isConnected == true ? extra : 0)
  }

  /// The samples of all four counts.
  var samples: [CollectedSample] {
    [
      CollectedSample(ClusterMetrics.votesExpected, Double(expected)),
      CollectedSample(ClusterMetrics.votesNeeded, Double(needed)),
      CollectedSample(ClusterMetrics.votesPresent, Double(present)),
      CollectedSample(ClusterMetrics.votesSpare, Double(spare)),
    ]
  }

  /// The votes by node of `/cluster/config/nodes`; a node that names none has one.
  static func votes(_ data: JSONTree) -> [String: Int] {
    var votes: [String: Int] = [:]
    for row in data.items {
      guard let name = row["name"]?.string ?? row["node"]?.string else { continue }
      let count = row["quorum_votes"]?.int.flatMap { Int(exactly: $0) } ?? 1
      votes[name] = min(max(count, 0), 1_000)
    }
    return votes
  }
}

/// A vote outside of the nodes, from `/cluster/config/qdevice`.
struct QuorumDevice: Equatable {
  let isConnected: Bool
  let algorithm: String?

  init(state: String?, algorithm: String?) {
    isConnected = state == "Connected"
    self.algorithm = algorithm
  }

  /// Reads an answer; nil when there is no device.
  init?(_ data: JSONTree) {
    guard !data.members.isEmpty else { return nil }
    self.init(state: data["State"]?.string, algorithm: data["Algorithm"]?.string)
  }

  /// `ffsplit` casts one vote, `lms` one less than the nodes have (corosync-qdevice(8)).
  func votes(besides nodes: Int) -> Int {
    algorithm?.hasPrefix("Last") == true ? max(nodes - 1, 0) : 1
  }
}
