// SPDX-License-Identifier: MIT
package import MetricModel

/// Whether a part of the cluster does its work.
package enum ComponentState: String, CaseIterable, Equatable, Sendable {
  case working
  case failed
  /// Nobody knows; never read as working.
  case unknown

  /// Of parts that are all needed: failed when one is, else unknown when one is.
  static func allNeeded(_ states: some Sequence<ComponentState>) -> ComponentState {
    var whole = ComponentState.working
    for state in states {
      if state == .failed { return .failed }
      if state == .unknown { whole = .unknown }
    }
    return whole
  }
}

/// The state of a component, since when, and why.
package struct Standing: Equatable, Sendable {
  /// The state.
  package let state: ComponentState
  /// When an assessment first found this state; the start of the monitor at the earliest.
  package let since: Timestamp
  /// Why, or what is odd about it, as words that follow a name; nil when there is nothing to say.
  package let note: String?

  /// Describes a state.
  package init(state: ComponentState, since: Timestamp, note: String? = nil) {
    self.state = state
    self.since = since
    self.note = note
  }
}

/// How a tier stands.
package struct TierStanding: Equatable, Sendable {
  /// The states of a tier, from good to bad.
  package enum State: String, CaseIterable, Equatable, Sendable {
    /// Every member works, and every tier it depends on.
    case working
    /// It works with fewer members than declared.
    case degraded
    /// Too few members work, or a tier it depends on failed.
    case failed
    /// It may be any of these.
    case unknown
  }

  /// The tier's name.
  package let name: String
  /// Members that are declared.
  package let declared: Int
  /// Members that work.
  package let working: Int
  /// Members that failed.
  package let failed: Int
  /// Members of which nobody knows.
  package var unknown: Int { declared - working - failed }
  /// Members that must work.
  package let needed: Int
  /// The state, dependencies included.
  package let state: State
  /// The nearest tier it depends on that failed, or is unknown while this one would work; nil when
  /// all of them work.
  package let cause: String?
  /// Its replica set; nil when it is none.
  package let replicaSet: ReplicaSetStanding?

  /// How many more members may fail; negative when too few work.
  ///
  /// Members of which nobody knows do not count as working.
  package var failuresTolerated: Int { working - needed }

  /// The state in three words: degraded is working.
  package var componentState: ComponentState {
    switch state {
    case .working, .degraded: .working
    case .failed: .failed
    case .unknown: .unknown
    }
  }
}

/// How the cluster's quorum stands.
package struct QuorumStanding: Equatable, Sendable {
  /// Working: the cluster is quorate.
  package let state: ComponentState
  /// Votes that make it quorate; nil when unknown.
  package let votesNeeded: Int?
  /// Votes there are now; nil when unknown.
  package let votesPresent: Int?

  /// Votes that can still be lost; negative without quorum, nil when unknown.
  package var votesSpare: Int? {
    guard let votesPresent, let votesNeeded else { return nil }
    return votesPresent - votesNeeded
  }
}

/// When something began to be so.
struct Onset: Equatable, Sendable {
  let time: Timestamp
  /// It was seen to begin; otherwise it was so at the first look.
  let isSeen: Bool

  /// Carries the onset on as long as `isSo` holds; `wasOtherwise` when the look before this one
  /// found that it was not so.
  static func next(_ previous: Onset?, isSo: Bool, wasOtherwise: Bool, now: Timestamp) -> Onset? {
    isSo ? previous ?? Onset(time: now, isSeen: wasOtherwise) : nil
  }
}
