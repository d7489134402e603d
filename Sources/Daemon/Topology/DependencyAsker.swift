// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Polling
import Synchronization
import Topology

/// Has the targets polled at once that can tell what a failure comes from.
///
/// When a target fails for the first time, everything it stands on is asked, and so is everything
/// that stands on a node in doubt: by the time the failure is confirmed, its cause is known.
final class DependencyAsker: Sendable {
  private let keeper: TopologyKeeper
  private let ingest: Ingest
  private let scheduler = Mutex<PollScheduler?>(nil)
  /// The keys of the targets that tell of each part.
  private let witnesses = Mutex<[Component: Set<String>]>([:])
  /// The targets that the planner waits for.
  private let openKeys = Mutex<Set<String>>([])

  init(keeper: TopologyKeeper, ingest: Ingest) {
    self.keeper = keeper
    self.ingest = ingest
  }

  /// Asks through this scheduler from now on.
  func use(_ scheduler: PollScheduler) {
    self.scheduler.withLock { $0 = scheduler }
  }

  /// These are the targets from now on.
  func adopt(_ targets: [Target]) {
    var found: [Component: Set<String>] = [:]
    for target in targets {
      guard let subject = target.subject else { continue }
      found[subject, default: []].insert(target.key)
    }
    witnesses.withLock { $0 = found }
  }

  /// A working target failed for the first time.
  func noteDoubt(of target: Target) {
    guard let subject = target.subject else { return }
    let assessment = keeper.assessment
    var concerned = assessment.foundations(of: subject)
    switch subject {
    case .entry:
      for case .tier(let tier) in concerned {
        concerned += assessment.members(of: tier).map { .member($0) }
      }
    case .node: concerned += assessment.dependents(of: subject)
    // No node at all answered: perhaps nothing does.
    case .monitor, .cluster: concerned += assessment.dependents(of: .monitor)
    case .guest, .member, .tier, .storage, .backup: break
    }
    // Whatever seems to fail, it may be hvsmon that is cut off.
    concerned.append(.monitor)
    let keys = witnessKeys(of: Set(concerned)).subtracting([target.key])
    scheduler.withLock { $0 }?.ask(keys)
  }

  /// Has the open questions of the planner answered; they take the place of those before.
  func answer(_ questions: Set<Component>) {
    let keys = witnessKeys(of: questions)
    openKeys.withLock { $0 = keys }
    scheduler.withLock { $0 }?.ask(keys)
  }

  /// When each target was settled last that the open questions are about; to be read before the
  /// samples are.
  func settled() -> [String: Timestamp] {
    openKeys.withLock { $0 }.reduce(into: [:]) { $0[$1] = ingest.lastSettled($1) }
  }

  /// The knowledge that these answers make.
  func knowledge(settled: [String: Timestamp], at now: Timestamp) -> ClusterKnowledge {
    ClusterKnowledge(graph: keeper.assessment.told(at: now)) { [self] component, since in
      witnessKeys(of: [component]).allSatisfy { key in settled[key].map { $0 >= since } ?? false }
    }
  }

  /// The targets that tell of these parts.
  ///
  /// Of a guest its node tells, of a node the cluster as well, and of a node that is silent itself
  /// everything that is watched on it: only when all of that is silent too, the node is down.
  private func witnessKeys(of components: Set<Component>) -> Set<String> {
    let assessment = keeper.assessment
    var places = components
    for component in components {
      let nodes = component.isNode ? [component] : assessment.foundations(of: component)
      for case .node(let name) in nodes {
        places.formUnion([.node(name), .cluster])
        guard assessment.observed.nodes[name]?.apiAnswers == false else { continue }
        places.formUnion(assessment.dependents(of: .node(name)).filter(\.isMember))
      }
    }
    // When no node answers at all, it may be hvsmon that is cut off: whatever is watched tells.
    let asked = assessment.observed.nodes.values.compactMap(\.apiAnswers)
    if places.contains(.cluster), !asked.isEmpty, !asked.contains(true) {
      places.formUnion(assessment.dependents(of: .monitor))
      places.insert(.monitor)
    }
    return witnesses.withLock { witnesses in
      places.reduce(into: []) { $0.formUnion(witnesses[$1] ?? []) }
    }
  }
}

extension Component {
  fileprivate var isNode: Bool { if case .node = self { true } else { false } }
  fileprivate var isMember: Bool { if case .member = self { true } else { false } }
}
