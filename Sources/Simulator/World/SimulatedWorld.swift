// SPDX-License-Identifier: MIT
package import MetricModel

/// A simulated cluster at any instant: a pure function of its plan, its seed and its faults.
package struct SimulatedWorld: Sendable {
  /// More fault periods than this are not remembered: the oldest that ended are dropped.
  package static let periodsMax = 512
  /// How long corosync takes to notice that a node is gone.
  static let membershipDelay = Duration.seconds(2)
  /// How long a container takes to start after its node.
  static let guestStartDelay = Duration.seconds(2)
  /// How long after the death of a node its guests under HA start elsewhere.
  static let failoverDelay = Duration.seconds(120)

  /// What there is.
  package let plan: ClusterPlan
  /// What makes two worlds of one plan different.
  package let seed: UInt64
  /// When it begins; everything was well before.
  package let start: Timestamp
  /// What went wrong, by its beginning.
  package private(set) var periods: [FaultPeriod] = []

  /// What becomes of each replica set, in the order of ``ClusterPlan/replicaSets``.
  private(set) var courses: [ReplicaSetCourse] = []

  let noise: SeededNoise

  /// Makes a world in which nothing is wrong.
  package init(plan: ClusterPlan, seed: UInt64, start: Timestamp) {
    self.plan = plan
    self.seed = seed
    self.start = start
    noise = SeededNoise(seed: seed)
    courses = plan.replicaSets.map { ReplicaSetCourse($0, in: self) }
  }

  /// Lets a fault begin; one that is there already goes on.
  package mutating func begin(_ fault: Fault, at instant: Timestamp) {
    guard !has(fault, at: instant) else { return }
    let guest = fault == .primaryDown ? courses.first?.primary(at: instant) : nil
    // A set without a primary has none to lose.
    guard fault != .primaryDown || guest != nil else { return }
    periods.append(FaultPeriod(fault: fault, begin: instant, end: nil, guest: guest))
    if periods.count > Self.periodsMax,
      let oldest = periods.firstIndex(where: { $0.end != nil })
    {
      periods.remove(at: oldest)
    }
    workOutCourses(from: instant)
  }

  /// Mends a fault that is there.
  package mutating func end(_ fault: Fault, at instant: Timestamp) {
    for index in periods.indices where periods[index].fault == fault && periods[index].end == nil {
      periods[index].end = max(instant, periods[index].begin)
    }
    workOutCourses(from: instant)
  }

  private mutating func workOutCourses(from instant: Timestamp) {
    courses = courses.map { ReplicaSetCourse($0.set, in: self, after: $0, from: instant) }
  }

  /// Whether a fault is there.
  package func has(_ fault: Fault, at instant: Timestamp) -> Bool {
    periods.contains { $0.fault == fault && $0.contains(instant) }
  }

  // MARK: Nodes

  /// Whether the node has power and has booted.
  package func isUp(node: String, at instant: Timestamp) -> Bool {
    !has(.nodeDown(node), at: instant)
  }

  /// When the node's system started.
  func bootedAt(node: String, at instant: Timestamp) -> Timestamp {
    lastEnd(of: .nodeDown(node), notAfter: instant)
      ?? start - .seconds(Int64(noise.value(in: 1_800_000...1_900_000, "boot/\(node)")))
  }

  /// Whether `viewer` counts `node` as online: what corosync on it says.
  package func isOnline(node: String, seenBy viewer: String, at instant: Timestamp) -> Bool {
    if node == viewer { return true }
    return ![Fault.nodeDown(node), .nodeIsolated(node), .nodeIsolated(viewer)].contains { fault in
      periods.contains {
        $0.fault == fault && $0.contains(instant) && $0.begin + Self.membershipDelay <= instant
      }
    }
  }

  /// Whether `viewer` sees more than half of the votes, one for each node.
  package func isQuorate(seenBy viewer: String, at instant: Timestamp) -> Bool {
    let votes = plan.nodes.count { isOnline(node: $0.name, seenBy: viewer, at: instant) }
    return votes * 2 > plan.nodes.count
  }

  // MARK: Guests

  /// The node that the cluster's files say the guest belongs to.
  package func node(of guest: ClusterPlan.Guest, at instant: Timestamp) -> String {
    for period in periods.reversed() where period.contains(instant) {
      if case .guestMoved(guest.vmID, let target) = period.fault { return target }
    }
    guard let death = failover(of: guest, at: instant) else { return guest.home }
    let others = plan.nodes.filter { isUp(node: $0.name, at: instant) }
    return others.isEmpty || instant < death ? guest.home : others[guest.vmID % others.count].name
  }

  /// Whether the guest runs, wherever that is.
  package func isRunning(_ guest: ClusterPlan.Guest, at instant: Timestamp) -> Bool {
    let node = node(of: guest, at: instant)
    return isUp(node: node, at: instant) && !has(.guestStopped(guest.vmID), at: instant)
      && startedAt(guest, at: instant) <= instant
  }

  /// When the guest was started last.
  func startedAt(_ guest: ClusterPlan.Guest, at instant: Timestamp) -> Timestamp {
    let node = node(of: guest, at: instant)
    var begins = [bootedAt(node: node, at: instant) + Self.guestStartDelay]
    for period in periods {
      switch period.fault {
      case .guestStopped(guest.vmID):
        if let end = period.end, end <= instant { begins.append(end) }
      case .guestMoved(guest.vmID, _):
        // A container cannot move while it runs: it is stopped, moved and started.
        for turn in [period.begin, period.end].compactMap(\.self) where turn <= instant {
          begins.append(turn + Self.guestStartDelay)
        }
      default: break
      }
    }
    if let failover = failover(of: guest, at: instant), failover <= instant {
      begins.append(failover)
    }
    return begins.max() ?? start
  }

  /// Whether what the guest is there for answers.
  package func isServing(_ guest: ClusterPlan.Guest, at instant: Timestamp) -> Bool {
    isRunning(guest, at: instant)
      && !periods.contains { period in
        switch period.fault {
        case .processDown(guest.vmID), .dataLost(guest.vmID): period.contains(instant)
        case .primaryDown: period.guest == guest.vmID && period.contains(instant)
        default: false
        }
      }
  }

  /// When HA starts a managed guest elsewhere because its home is dead; nil when it is not.
  private func failover(of guest: ClusterPlan.Guest, at instant: Timestamp) -> Timestamp? {
    guard plan.managedGuests.contains(guest.vmID) else { return nil }
    return periods.last { $0.fault == .nodeDown(guest.home) && $0.contains(instant) }
      .map { $0.begin + Self.failoverDelay }
  }

  // MARK: Private helpers

  func lastEnd(of fault: Fault, notAfter instant: Timestamp) -> Timestamp? {
    periods.lazy.compactMap { $0.fault == fault ? $0.end : nil }.filter { $0 <= instant }.max()
  }
}
