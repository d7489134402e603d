// SPDX-License-Identifier: MIT
import MetricModel

extension ClusterAssessment {
  /// Why a component is thought to have failed, or what is odd about it, such as "no answer from
  /// its API for 9 s, corosync lost it 4 s ago"; empty when there is nothing to say.
  package func evidence(of component: Component) -> String {
    switch component {
    case .node(let name): nodeEvidence(name)
    case .monitor:
      observed.isMonitorIsolated == true ? "neither the gateway nor a witness answers hvsmon" : ""
    case .storage, .backup: ""
    case .cluster: clusterEvidence
    case .tier(let name): tierEvidence(name)
    case .guest, .member, .entry: standings[component]?.note ?? ""
    }
  }

  private func nodeEvidence(_ name: String) -> String {
    var parts: [String] = []
    if let silence = onsets[name]?.silence {
      let span = now - silence.time
      let isTold = silence.isSeen && span >= .seconds(1)
      parts.append("no answer from its API\(isTold ? " for \(span.words)" : "")")
    }
    if let loss = onsets[name]?.lostByCluster {
      let span = now - loss.time
      let ago = span < .seconds(1) ? "just now" : "\(span.words) ago"
      parts.append(loss.isSeen ? "corosync lost it \(ago)" : "corosync has lost it")
    }
    if observed.nodes[name]?.haState == "maintenance" { parts.append("in HA maintenance") }
    if parts.isEmpty || state(of: .node(name)) == .unknown, let note = standings[.node(name)]?.note
    {
      parts.append(note)
    }
    return parts.joined(separator: ", ")
  }

  private var clusterEvidence: String {
    guard let quorum, quorum.state == .failed else { return "" }
    guard let present = quorum.votesPresent, let needed = quorum.votesNeeded else {
      return "no quorum"
    }
    return "no quorum: \(present) of \(needed) needed votes"
  }

  private func tierEvidence(_ name: String) -> String {
    guard let tier = tiers.first(where: { $0.name == name }) else { return "" }
    var text = "\(tier.working) of \(tier.declared) members work, \(tier.needed) needed"
    if tier.unknown > 0 { text += ", \(tier.unknown) unknown" }
    if let cause = tier.cause { text += ", depends on \(cause)" }
    if let note = tier.primaryNote { text += ", \(note)" }
    return tier.state == .working ? "" : text
  }
}

extension Duration {
  /// The span in one unit as people say it, such as `4 s`, `3 min`, `2 h`, `5 d`.
  var words: String {
    let seconds = max(components.seconds, 0)
    switch seconds {
    case ..<120: return "\(seconds) s"
    case ..<7_200: return "\(seconds / 60) min"
    case ..<172_800: return "\(seconds / 3_600) h"
    default: return "\(seconds / 86_400) d"
    }
  }
}
