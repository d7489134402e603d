// SPDX-License-Identifier: MIT
import Architecture

/// A state and why.
struct Verdict: Equatable, Sendable {
  let state: ComponentState
  let note: String?

  init(_ state: ComponentState, _ note: String? = nil) {
    self.state = state
    self.note = note
  }
}

/// What is thought of nodes, guests and members, from what was found; each is bound to what it
/// stands on.
struct ComponentVerdicts: Sendable {
  /// The note of a member that counts as working because its guest runs.
  static let notChecked = "not checked"

  let nodes: [String: Verdict]
  let guests: [Int: Verdict]
  /// In the order of the graph's places.
  let members: [ComponentState]
  let memberNotes: [String?]

  init(graph: PlacementGraph, tiers: [DeclaredTier], observed: ClusterObservation) {
    let checks = graph.places.map { Self.checkState(observed.memberChecks[$0.member.name]) }
    var nodes: [String: Verdict] = [:]
    for name in graph.nodes {
      let onIt = (graph.placesByNode[name] ?? []).compactMap { checks[$0] }
      nodes[name] = Self.node(
        observed.nodes[name],
        checks: onIt,
        observed.quorum,
        isCutOff: observed.isCutOff
      )
    }
    var guests: [Int: Verdict] = [:]
    guests.reserveCapacity(graph.guests.count)
    for number in graph.guests {
      let node = graph.nodeByGuest[number]
      let verdict = Self.guest(
        observed.guests[number],
        isListWhole: observed.isGuestListWhole,
        node: node.map { ($0, nodes[$0]?.state ?? .unknown) }
      )
      // What works inside a guest proves that it runs.
      let isProven =
        verdict.state == .unknown
        && (graph.placesByGuest[number] ?? []).contains { checks[$0] == .working }
      guests[number] = isProven ? Verdict(.working) : verdict
    }
    var members: [ComponentState] = []
    var notes: [String?] = []
    for (index, place) in graph.places.enumerated() {
      let verdict = Self.member(
        check: checks[index],
        failedJobs: Self.failedJobs(observed.memberChecks[place.member.name]),
        database: observed.database(of: place.member, in: tiers[place.tier]),
        guest: place.member.guest.flatMap { guests[$0] },
        node: place.node.map { ($0, nodes[$0]?.state ?? .unknown) }
      )
      members.append(verdict.state)
      notes.append(verdict.note)
    }
    self.nodes = nodes
    self.guests = guests
    self.members = members
    memberNotes = notes
  }

  /// The members whose guest or node has failed: whatever others heard of them last is over.
  func gone(_ graph: PlacementGraph) -> Set<String> {
    Set(
      graph.places.filter { place in
        place.node.map { nodes[$0]?.state == .failed } ?? false
          || place.member.guest.map { guests[$0]?.state == .failed } ?? false
      }.map(\.member.name)
    )
  }

  /// What a member's own checks say; nil when nothing checks it.
  private static func checkState(_ checks: [String: Bool]?) -> ComponentState? {
    guard let checks, !checks.isEmpty else { return nil }
    return checks.values.allSatisfy { $0 } ? .working : .failed
  }

  private static func failedJobs(_ checks: [String: Bool]?) -> [String] {
    (checks ?? [:]).filter { !$0.value }.keys.sorted()
  }

  /// Own evidence comes before corosync's notice, which takes seconds.
  private static func node(
    _ node: FoundNode?,
    checks: [ComponentState],
    _ quorum: FoundQuorum,
    isCutOff: Bool
  ) -> Verdict {
    let silence = "its API does not answer"
    // A node without quorum calls offline whom it alone does not see.
    let isContradicted = quorum.isQuorate == false && node?.apiAnswers == true
    if node?.membership == .offline, !isContradicted { return Verdict(.failed) }
    switch node?.apiAnswers {
    case false?:
      if isCutOff { return Verdict(.unknown, "hvsmon reaches nothing at all") }
      if !checks.isEmpty, checks.allSatisfy({ $0 == .failed }) { return Verdict(.failed) }
      let isSeen = checks.contains(.working) || node?.membership == .online
      return Verdict(isSeen ? .working : .unknown, silence)
    case true?:
      return Verdict(
        .working,
        isContradicted ? "a cluster without quorum calls it offline, but its API answers" : nil
      )
    case nil:
      let isSeen = node?.membership == .online || checks.contains(.working)
      return Verdict(isSeen ? .working : .unknown)
    }
  }

  /// A guest is only as alive as its node: its row says running for minutes after a crash.
  private static func guest(
    _ guest: FoundGuest?,
    isListWhole: Bool,
    node: (name: String, state: ComponentState)?
  ) -> Verdict {
    if let node, node.state == .failed { return Verdict(.failed, "its node \(node.name) is down") }
    guard let guest else {
      return Verdict(.unknown, isListWhole ? "not found in the cluster" : nil)
    }
    switch guest.state {
    case .running:
      return node?.state == .unknown
        ? Verdict(.unknown, "its node is unknown")
        : Verdict(.working, guest.lock.map { "locked: \($0)" })
    case .stopped: return Verdict(.failed, guest.lock.map { "stopped, locked: \($0)" } ?? "stopped")
    case .other: return Verdict(.unknown, "neither running nor stopped")
    case .unknown: return Verdict(.unknown)
    }
  }

  private static func member(
    check: ComponentState?,
    failedJobs: [String],
    database: Verdict?,
    guest: Verdict?,
    node: (name: String, state: ComponentState)?
  ) -> Verdict {
    if let node, node.state == .failed { return Verdict(.failed, "its node \(node.name) is down") }
    if guest?.state == .failed { return Verdict(.failed, "its guest is stopped") }
    switch check {
    case .failed?:
      // What a database says of itself, or others of it, says more than that it is silent.
      if let database, failedJobs == [ClusterObservation.databaseJob] { return database }
      return Verdict(.failed, "fails: \(failedJobs.joined(separator: ", "))")
    case .working?: return database ?? Verdict(.working)
    case .unknown?, nil:
      return guest?.state == .working
        ? Verdict(.working, notChecked) : Verdict(.unknown, "nothing is known of it")
    }
  }
}
