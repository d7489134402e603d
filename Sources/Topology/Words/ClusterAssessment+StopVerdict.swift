// SPDX-License-Identifier: MIT
import Architecture
import MetricModel

extension ClusterAssessment {
  private typealias Reason = StopVerdict.Reason

  /// How late a replication may be before its copy counts as old; its state is asked every 5 min.
  private static let replicationAllowance = Duration.seconds(900)

  /// Tasks that a stop would break (Proxmox VE, task types).
  private static let fragileTasks = [
    "vzdump", "vzrestore", "qmrestore", "vzmigrate", "qmigrate", "vzclone", "qmclone",
    "move_volume",
    "qmmove", "imgcopy", "vzsnapshot", "qmsnapshot",
  ]

  /// Whether a component may be stopped now, and why.
  ///
  /// Nothing is counted on to be restarted elsewhere. A component that does not exist gives a doubt.
  package func verdict(stopping component: Component) -> StopVerdict {
    guard standings[component] != nil else {
      return StopVerdict(
        component: component,
        reasons: [Reason(weight: .doubt, text: "there is no \(words(for: component))")]
      )
    }
    switch component {
    case .monitor, .cluster, .storage, .entry, .backup:
      let text = "\(words(for: component)) is nothing that can be stopped"
      return StopVerdict(component: component, reasons: [Reason(weight: .doubt, text: text)])
    case .node, .guest, .member, .tier: break
    }
    if state(of: component) == .failed, !isTier(component) {
      let text = "\(words(for: component)) does not work already"
      return StopVerdict(
        component: component,
        reasons: [Reason(weight: .remark, text: text)] + workReasons(component)
      )
    }
    var reasons: [Reason] = []
    if state(of: component) == .unknown {
      let text = "the state of \(words(for: component)) is unknown"
      reasons.append(Reason(weight: .doubt, text: text))
    } else if let note = standings[component]?.note {
      reasons.append(Reason(weight: .remark, text: "\(words(for: component)): \(note)"))
    }
    let loss = loss(of: [component])
    reasons += tierReasons(loss) + entryReasons(loss) + quorumReasons(component, loss)
    reasons += movedRoles(loss).map { Reason(weight: .remark, text: $0.remark) }
    reasons +=
      workReasons(component) + unaskedReasons(component) + managedReasons(component)
      + blindReasons(loss)
    return StopVerdict(component: component, reasons: reasons)
  }

  /// The components of that name: a node, a member's guest, a guest by number, id or name, a member
  /// without guest.
  ///
  /// - Parameter name: Such as `pve1`, `nginx1`, `103`, `lxc/103`.
  /// - Returns: None when nothing is called so; several when it is ambiguous, in order.
  package func components(named name: String) -> [Component] {
    if standings[.node(name)] != nil { return [.node(name)] }
    if let place = graph.placeByMember[name] {
      return [graph.places[place].member.guest.map(Component.guest) ?? .member(name)]
    }
    var number = Int(name)
    if case .guest(_, let guest)? = ResourceID(name) { number = guest }
    if let number { return standings[.guest(number)] == nil ? [] : [.guest(number)] }
    return graph.guests.filter { observed.guests[$0]?.name == name }.map(Component.guest)
  }

  private func isTier(_ component: Component) -> Bool {
    if case .tier = component { true } else { false }
  }

  private func tierReasons(_ loss: Loss) -> [Reason] {
    zip(tiers, loss.tiers).compactMap { now, then in
      let count =
        "\(then.working) of \(then.declared) members left, \(then.needed) needed"
        + (then.unknown > 0 ? ", \(then.unknown) unknown" : "")
      let why = then.cause.map { "it depends on \($0)" } ?? then.primaryFault ?? count
      switch then.state {
      case .failed:
        let verb = now.state == .failed ? "is down already" : "would stop"
        return Reason(weight: .objection, text: "\(then.name) \(verb): \(why)")
      case .unknown:
        return Reason(weight: .doubt, text: "whether \(then.name) would work is unknown: \(why)")
      case .working, .degraded:
        if then.working < now.working {
          let missing = missingMembers(of: now.name)
          let already = missing.isEmpty ? "" : "; \(Phrase.list(missing)) not working already"
          return Reason(weight: .remark, text: "\(then.name) goes on: \(count)\(already)")
        }
        guard now.state == .degraded else { return nil }
        return Reason(weight: .remark, text: "\(now.name) is degraded already: \(count)")
      }
    }
  }

  /// Members that must carry the tier then, of which only the guest is seen to run.
  private func blindReasons(_ loss: Loss) -> [Reason] {
    zip(tiers, loss.tiers).compactMap { now, then in
      guard then.working < now.working, let index = graph.tierByName[now.name] else { return nil }
      let blind = graph.placesByTier[index].map { graph.places[$0].member.name }.filter { name in
        !loss.members.contains(name)
          && standings[.member(name)]?.note == ComponentVerdicts.notChecked
      }
      guard !blind.isEmpty else { return nil }
      let verb = blind.count == 1 ? "is" : "are"
      let text = "\(Phrase.list(blind)) of \(now.name) \(verb) not checked, only seen to run"
      return Reason(weight: .remark, text: text)
    }
  }

  private func entryReasons(_ loss: Loss) -> [Reason] {
    let lost = loss.entriesLost.map {
      Reason(weight: .objection, text: "\(Self.entries([$0])) would not work")
    }
    return lost
      + declared.entries.compactMap { entry in
        let name = Self.entries([entry.name])
        switch state(of: .entry(entry.name)) {
        case .failed: return Reason(weight: .objection, text: "\(name) does not work already")
        case .unknown:
          guard !loss.entriesLost.contains(entry.name) else { return nil }
          return Reason(weight: .doubt, text: "whether \(name) works is unknown")
        case .working: return nil
        }
      }
  }

  private func quorumReasons(_ component: Component, _ loss: Loss) -> [Reason] {
    guard case .node = component, let after = loss.quorum else { return [] }
    let votes = after.votesPresent.flatMap { present in
      after.votesNeeded.map { "\(present) of \($0) needed votes left" }
    }
    switch after.state {
    case .failed:
      let verb = quorum?.state == .failed ? "has no quorum already" : "would lose its quorum"
      let text = votes.map { "the cluster \(verb): \($0)" } ?? "the cluster \(verb)"
      return [Reason(weight: .objection, text: text)]
    case .unknown:
      return [Reason(weight: .doubt, text: "whether the cluster would keep its quorum is unknown")]
    case .working:
      return [Reason(weight: .remark, text: "the quorum stays: \(votes ?? "votes unknown")")]
    }
  }

  /// Backups, migrations and replications that a stop would break or that make it a risk.
  private func workReasons(_ component: Component) -> [Reason] {
    let guests = guests(of: component)
    var reasons: [Reason] = []
    if case .node(let name) = component {
      let running = observed.nodes[name]?.runningTasks ?? [:]
      for task in Self.fragileTasks where running[task, default: 0] > 0 {
        let what = task == "vzdump" ? "a backup (vzdump)" : "a task \(task)"
        reasons.append(Reason(weight: .objection, text: "\(what) runs on \(name)"))
      }
    }
    for number in guests {
      guard let lock = observed.guests[number]?.lock else { continue }
      let text = "\(words(for: .guest(number))) is locked: \(lock)"
      reasons.append(Reason(weight: .objection, text: text))
    }
    for (id, job) in observed.replications.sorted(by: { $0.key < $1.key }) {
      guard let guest = job.guest, guests.contains(guest), let trouble = trouble(of: job) else {
        continue
      }
      let target = job.target.map { " to \($0)" } ?? ""
      let text = "replication \(id) of \(words(for: .guest(guest)))\(target) \(trouble)"
      reasons.append(Reason(weight: .objection, text: text))
    }
    return reasons
  }

  /// What would be broken by a stop and could not be asked for.
  private func unaskedReasons(_ component: Component) -> [Reason] {
    var reasons: [Reason] = []
    func doubt(_ text: String) { reasons.append(Reason(weight: .doubt, text: text)) }
    switch component {
    case .node(let name):
      // Without the right to see the cluster the list of tasks is shortened in silence.
      if !observed.unansweredParts.isDisjoint(with: ["tasks", "cluster"]) {
        doubt("which tasks run on \(name) is unknown, backups among them")
      }
      if observed.nodes[name]?.unansweredParts.contains("replication") == true {
        doubt("how far replication from \(name) is, is unknown")
      }
    case .guest(let number):
      if let name = graph.nodeByGuest[number],
        observed.nodes[name]?.unansweredParts.contains("replication") == true
      {
        doubt("how far replication of \(words(for: component)) is, is unknown")
      }
    case .monitor, .cluster, .storage, .member, .tier, .entry, .backup: break
    }
    return reasons
  }

  private func trouble(of job: FoundReplication) -> String? {
    if let failed = job.failedSyncs, failed > 0 {
      return "failed \(failed == 1 ? "once" : "\(failed) times")"
    }
    if job.lastSyncUnixSeconds == 0 { return "has never been done" }
    guard let next = job.nextSyncUnixSeconds, next > 0 else { return nil }
    let late = now - Timestamp(unixSeconds: next)
    return late > Self.replicationAllowance ? "is \(late.words) late" : nil
  }

  private func managedReasons(_ component: Component) -> [Reason] {
    let managed = guests(of: component).filter { observed.guests[$0]?.isManaged == true }
    guard !managed.isEmpty else { return [] }
    guard case .node(let node) = component else {
      let text = "it is under HA: stop it through HA, or HA starts it again"
      return [Reason(weight: .remark, text: text)]
    }
    let names = managed.map { observed.guests[$0]?.name ?? String($0) }
    var reasons = [Reason(weight: .remark, text: "HA would move \(Phrase.list(names, atMost: 5))")]
    if let capacity = capacities.first(where: { $0.node == node }), capacity.assignedFits == false {
      let text = "the guests of \(node) do not all fit on the other nodes"
      reasons.append(Reason(weight: .remark, text: text))
    }
    return reasons
  }

  /// The guests that a stop takes along.
  private func guests(of component: Component) -> [Int] {
    switch component {
    case .node(let name): graph.guestsByNode[name] ?? []
    case .guest(let number): [number]
    case .monitor, .cluster, .storage, .member, .tier, .entry, .backup: []
    }
  }
}
