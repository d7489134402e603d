// SPDX-License-Identifier: MIT
import Architecture

extension ClusterAssessment {
  /// What the loss of a component would mean, in a few short sentences; at most about 400
  /// characters.
  package func lossWords(of component: Component) -> String {
    guard standings[component] != nil || !graph.places(on: component).isEmpty else {
      return "There is no \(words(for: component))."
    }
    var phrase = Phrase()
    if state(of: component) == .failed, component != .cluster {
      phrase.add("\(words(for: component)) has failed already.".capitalizedFirst)
      addSituation(to: &phrase)
      return phrase.text
    }
    let loss = loss(of: [component])
    phrase.add(takenSentence(component, loss))
    if !loss.entriesLost.isEmpty {
      phrase.add("\(Self.entries(loss.entriesLost)) would not work.".capitalizedFirst)
    }
    if !loss.tiersLost.isEmpty {
      let verb = loss.tiersLost.count == 1 ? "stops" : "stop"
      phrase.add("\(Phrase.list(loss.tiersLost)) \(verb).")
    }
    if loss.quorum?.state == .failed, quorum?.state != .failed {
      phrase.add("The cluster loses its quorum.")
    }
    for role in movedRoles(loss) { phrase.add(role.sentence, reserve: 120) }
    phrase.add(doubtSentence(component, loss))
    phrase.add(leftSentence(loss))
    return phrase.text
  }

  /// How a component is called in a sentence.
  func words(for component: Component) -> String {
    switch component {
    case .monitor: return "hvsmon"
    case .cluster: return "the quorum"
    case .node(let name): return "node \(Phrase.name(name))"
    case .storage(let node, let name):
      return "storage \(Phrase.name(name)) on \(Phrase.name(node))"
    case .guest(let number):
      guard let name = observed.guests[number]?.name else { return "guest \(number)" }
      return "guest \(Phrase.name(name)) (\(number))"
    case .member(let name): return "member \(Phrase.name(name))"
    case .tier(let name): return "tier \(Phrase.name(name))"
    case .entry(let name): return "entry \(Phrase.name(name))"
    case .backup(let name): return "backup \(Phrase.name(name))"
    }
  }

  private func takenSentence(_ component: Component, _ loss: Loss) -> String {
    let name = words(for: component)
    var others = loss.members
    // A guest mostly bears the name of its only member.
    switch component {
    case .member(let own): others.removeAll { $0 == own }
    case .guest(let number): others.removeAll { $0 == observed.guests[number]?.name }
    case .monitor, .cluster, .node, .storage, .tier, .entry, .backup: break
    }
    if !others.isEmpty { return "The loss of \(name) takes \(Phrase.list(others, atMost: 4))." }
    return loss.members.isEmpty && component != .cluster
      ? "The loss of \(name) takes no working member." : "If \(name) is lost:"
  }

  private func doubtSentence(_ component: Component, _ loss: Loss) -> String? {
    let unknown = zip(tiers, loss.tiers)
      .filter { $0.state != .unknown && $1.state == .unknown }.map(\.1.name)
    if !unknown.isEmpty {
      let verb = unknown.count == 1 ? "works" : "work"
      return "Whether \(Phrase.list(unknown)) \(verb) then is unknown."
    }
    var isAboutQuorum = quorum?.state != .unknown
    if case .node = component { isAboutQuorum = true }
    if isAboutQuorum, loss.quorum?.state == .unknown {
      return "Whether the cluster keeps its quorum is unknown."
    }
    return nil
  }

  /// What goes on, and what could still be lost then.
  private func leftSentence(_ loss: Loss) -> String? {
    guard loss.tiersLost.isEmpty, loss.entriesLost.isEmpty, loss.survives == .working else {
      return nil
    }
    let brittle = loss.tiers.filter { $0.failuresTolerated == 0 }.map(\.name)
    var margins: [String] = []
    if !brittle.isEmpty {
      let verb = brittle.count == 1 ? "bears" : "bear"
      margins.append("\(Phrase.list(brittle)) \(verb) no further loss")
    } else if let least = loss.failuresTolerated {
      margins.append("each tier still bears the loss of at least \(Phrase.count(least, "member"))")
    }
    if let spare = loss.quorum?.votesSpare, spare == 0, quorum?.votesSpare != 0 {
      margins.append("the quorum has no spare vote")
    }
    guard !margins.isEmpty else { return "Everything goes on." }
    return "Everything goes on; then \(margins.joined(separator: " and "))."
  }
}
