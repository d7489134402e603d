// SPDX-License-Identifier: MIT
import Architecture

extension ClusterAssessment {
  /// The present situation in a few short sentences, the worst first; at most about 400 characters.
  package func situationWords() -> String {
    var phrase = Phrase()
    addSituation(to: &phrase)
    return phrase.text.isEmpty ? "Nothing is declared that could fail." : phrase.text
  }

  func addSituation(to phrase: inout Phrase) {
    if observed.isCutOff { phrase.add("hvsmon reaches nothing: it may be cut off itself.") }
    phrase.add(entriesAndRolesSentence)
    phrase.add(quorumSentence)
    phrase.add(nodesSentence)
    addTiers(to: &phrase)
    phrase.add(marginSentence)
    phrase.add(unknownNodesSentence)
    phrase.add(nodeMarginSentence)
  }

  /// Who leads what, told in one breath with what users reach.
  private var entriesAndRolesSentence: String? {
    let parts = [entriesWords].compactMap(\.self) + roleWords
    return parts.isEmpty ? nil : parts.joined(separator: "; ").capitalizedFirst + "."
  }

  private var entriesWords: String? {
    let names = declared.entries.map(\.name)
    let failed = names.filter { state(of: .entry($0)) == .failed }
    let unknown = names.filter { state(of: .entry($0)) == .unknown }
    let working = names.count - failed.count - unknown.count
    guard !names.isEmpty else { return nil }
    var parts: [String] = []
    if !failed.isEmpty {
      parts.append("\(Self.entries(failed)) \(failed.count == 1 ? "does" : "do") not work")
    }
    if !unknown.isEmpty {
      let verb = unknown.count == 1 ? "works" : "work"
      parts.append("whether \(Self.entries(unknown)) \(verb) is unknown")
    }
    if working > 0 {
      if parts.isEmpty, names.count > 1 {
        parts.append("all \(names.count) entries work")
      } else if parts.isEmpty {
        parts.append("\(Self.entries(names)) works")
      } else {
        parts.append("\(working) other \(working == 1 ? "entry works" : "entries work")")
      }
    }
    return parts.joined(separator: "; ")
  }

  /// A name that is a plain word gets an article.
  static func entries(_ names: [String]) -> String {
    guard let name = names.first, names.count == 1 else { return Phrase.list(names) }
    let isWord = name.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    return isWord ? "the \(Phrase.name(name))" : Phrase.name(name)
  }

  private var quorumSentence: String? {
    switch quorum?.state {
    case .failed?:
      guard let present = quorum?.votesPresent, let needed = quorum?.votesNeeded else {
        return "The cluster has no quorum."
      }
      return "The cluster has no quorum: \(present) of \(needed) needed votes."
    case .unknown?: return "Whether the cluster has quorum is unknown."
    case .working?, nil: return nil
    }
  }

  private var nodesSentence: String? {
    let down = offlineNodes
    guard !down.isEmpty else {
      let isWhole = tiers.isEmpty && graph.nodes.allSatisfy { state(of: .node($0)) == .working }
      guard isWhole, !graph.nodes.isEmpty else { return nil }
      return graph.nodes.count == 1
        ? "Node \(Phrase.list(graph.nodes)) works." : "All \(graph.nodes.count) nodes work."
    }
    return "\(down.count == 1 ? "Node" : "Nodes") \(Phrase.list(down)) "
      + "\(down.count == 1 ? "is" : "are") down."
  }

  private var unknownNodesSentence: String? {
    let unknown = graph.nodes.filter { state(of: .node($0)) == .unknown }
    guard !unknown.isEmpty else { return nil }
    return "Whether \(unknown.count == 1 ? "node" : "nodes") \(Phrase.list(unknown)) "
      + "\(unknown.count == 1 ? "works" : "work") is unknown."
  }

  private func addTiers(to phrase: inout Phrase) {
    guard !tiers.isEmpty else { return }
    let whole = tiers.filter { $0.state == .working }
    if whole.count == tiers.count {
      phrase.add(
        whole.count == 1
          ? "Tier \(Phrase.name(whole[0].name)) is whole." : "All \(whole.count) tiers are whole."
      )
      return
    }
    // Room for what is said of the tiers that are not named, and of the next loss.
    let reserve = 90
    let bad =
      tiers.filter { $0.state == .failed && $0.cause == nil }
      + tiers.filter { $0.state == .failed && $0.cause != nil }
      + tiers.filter { $0.state == .unknown }
    var unnamed = 0
    for tier in bad where !phrase.add(badSentence(tier), reserve: reserve) { unnamed += 1 }
    if unnamed > 0 {
      phrase.add("\(Phrase.count(unnamed, "more tier")) failed or unknown.", reserve: 45)
    }
    addDegraded(to: &phrase, reserve: reserve)
    if !whole.isEmpty {
      phrase.add(
        "\(whole.count) more \(whole.count == 1 ? "tier is" : "tiers are") whole.",
        reserve: 50
      )
    }
  }

  private func addDegraded(to phrase: inout Phrase, reserve: Int) {
    let degraded = tiers.enumerated().filter { $0.element.state == .degraded }
      .sorted {
        ($0.element.failuresTolerated, $0.offset) < ($1.element.failuresTolerated, $1.offset)
      }
      .map(\.element)
    guard !degraded.isEmpty else { return }
    for named in stride(from: min(degraded.count, 6), through: 0, by: -1) {
      var parts: [String] = []
      for (index, tier) in degraded.prefix(named).enumerated() {
        let noun = index == 0 ? " members" : ""
        let verb = index == 0 ? " has" : ""
        var part = "\(Phrase.name(tier.name))\(verb) \(tier.working) of \(tier.declared)\(noun)"
        if tier.unknown > 0 {
          part += " (needs \(tier.needed), \(tier.unknown) unknown)"
        } else if tier.failuresTolerated == 0 {
          part += " (needs \(tier.needed))"
        }
        parts.append(part)
      }
      let rest = degraded.count - named
      if rest > 0 { parts.append("\(rest) more \(rest == 1 ? "tier is" : "tiers are") degraded") }
      if phrase.add(parts.joined(separator: ", ") + ".", reserve: reserve) { return }
    }
  }

  private func badSentence(_ tier: TierStanding) -> String {
    let name = Phrase.name(tier.name)
    let cause = tier.cause.map(Phrase.name)
    let count =
      "\(tier.working) of \(tier.declared) members \(tier.working == 1 ? "works" : "work")"
    let unknown = tier.unknown > 0 ? ", \(tier.unknown) unknown" : ""
    if let fault = tier.primaryFault {
      let verb = tier.state == .failed ? "\(name) is down" : "Whether \(name) works is unknown"
      return "\(verb): \(fault)."
    }
    switch (tier.state, cause) {
    case (.failed, let cause?): return "\(name) is down: it depends on \(cause)."
    case (.failed, nil): return "\(name) is down: \(count)\(unknown), \(tier.needed) needed."
    case (_, let cause?): return "Whether \(name) works is unknown: it depends on \(cause)."
    default: return "Whether \(name) works is unknown: \(count)\(unknown), \(tier.needed) needed."
    }
  }

  /// What one more lost member does.
  private var marginSentence: String? {
    let alive = tiers.filter { $0.state == .working || $0.state == .degraded }
    let brittle = alive.filter { $0.failuresTolerated == 0 }.map(\.name)
    if brittle.count == 1, let name = brittle.first {
      let isReplicated = alive.contains { $0.name == name && $0.replicaSet != nil }
      let what = isReplicated ? "writes" : "the tier"
      return "One more \(Phrase.name(name)) member lost stops \(what)."
    }
    if !brittle.isEmpty {
      return "One more member lost in \(Phrase.list(brittle, "or")) stops that tier."
    }
    guard alive.count == tiers.count, let least = alive.map(\.failuresTolerated).min() else {
      return nil
    }
    return tiers.count == 1
      ? "It bears the loss of \(Phrase.count(least, "member"))."
      : "Each tier bears the loss of at least \(Phrase.count(least, "member"))."
  }

  /// What the loss of one more node does.
  private var nodeMarginSentence: String? {
    let losses = nodeLosses
    guard losses.count > 1, !tiers.contains(where: { $0.state == .failed }),
      quorum?.state != .failed
    else { return nil }
    let fatal = losses.filter { $0.loss.survives == .failed }.map(\.node)
    if losses.allSatisfy({ $0.loss.survives == .working }) { return "Any one node may be lost." }
    if fatal.isEmpty { return "Whether a node may be lost is unknown." }
    let isAny = fatal.count == losses.count
    let which = isAny ? "any further node" : Phrase.list(fatal, "or")
    let stopped = losses.filter { $0.loss.survives == .failed }
    if stopped.allSatisfy({ $0.loss.tiersLost.isEmpty && $0.loss.quorum?.state == .failed }) {
      return "The loss of \(which) ends the quorum."
    }
    return "The loss of \(which) is an outage."
  }
}
