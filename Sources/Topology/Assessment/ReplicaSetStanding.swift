// SPDX-License-Identifier: MIT
import Architecture
package import MetricModel

/// How the replica set of a tier stands.
package struct ReplicaSetStanding: Equatable, Sendable {
  /// A set without a primary for longer than this does not find one by itself: a crash is noticed
  /// after ten seconds (MongoDB documentation, `electionTimeoutMillis`), the vote takes two more.
  package static let electionMax = Duration.seconds(30)
  /// So long other members may still call primary whom they do not hear any more: ten seconds
  /// (`heartbeatTimeoutSecs`) and what two heartbeats and a poll take.
  package static let hearsayMax = Duration.seconds(15)

  /// The set's name; empty when only its members were asked so far.
  package let name: String
  /// Whether it has a primary.
  ///
  /// Failed: it has had none for longer than an election takes. Unknown: an election may run, or
  /// nobody says.
  package let state: ComponentState
  /// The member that is primary, by its declared name, or else as the set calls it.
  package let primary: String?
  /// How many members say that they are the primary; nil when nobody says.
  package let claimants: Int?
  /// Since when everybody who answers says that there is no primary.
  package let withoutPrimarySince: Timestamp?
  /// Since when the member that was primary last does not answer hvsmon, while nobody has said yet
  /// that it is not primary any more.
  package let primarySilentSince: Timestamp?

  /// Its name in a sentence.
  package var title: String { name.isEmpty ? "the replica set" : name }
}

extension TierStanding {
  /// What there is to say of its primary, as words; nil when it has one or needs none.
  var primaryNote: String? {
    guard let replicaSet, replicaSet.state != .working else { return nil }
    return replicaSet.withoutPrimarySince == nil
      ? "whether \(replicaSet.title) has a primary is unknown"
      : "\(replicaSet.title) has no primary"
  }

  /// Why it does not work, or may not, although enough of its members do; nil when that is not it.
  var primaryFault: String? { working >= needed && cause == nil ? primaryNote : nil }
}

/// MongoDB's words for what a member may be.
enum DatabaseState {
  static let startup = 0
  static let primary = 1
  static let secondary = 2
  static let arbiter = 7
  static let removed = 10

  /// The member does its part: it holds data that can be read, or votes.
  static func isWorking(_ state: Int) -> Bool {
    state == primary || state == secondary || state == arbiter
  }

  /// What a member in this state does, as words that follow its name.
  static func words(_ state: Int) -> String {
    switch state {
    case startup: "has no configuration of its replica set"
    case primary: "is primary"
    case secondary: "is secondary"
    case 3: "is recovering"
    case 5: "copies all data anew"
    case arbiter: "is arbiter"
    case 9: "undoes writes that the others never had"
    case removed: "was removed from its replica set"
    default: "does not serve (state \(state))"
    }
  }
}

extension ClusterObservation {
  /// The job of the targets that ask each member's MongoDB.
  static let databaseJob = "mongodb"

  /// How the replica set of a tier stands.
  ///
  /// - Parameters:
  ///   - tier: The tier.
  ///   - isGone: The member cannot be primary, whatever others heard of it last.
  ///   - previous: How it stood before.
  ///   - now: The time.
  /// - Returns: Nil when none of its members was asked as one.
  func replicaSet(
    of tier: DeclaredTier,
    isGone: (String) -> Bool,
    previous: ReplicaSetStanding?,
    now: Timestamp
  ) -> ReplicaSetStanding? {
    let set = replicaSets[tier.name]
    let isAsked = tier.members.contains { memberChecks[$0.name]?[Self.databaseJob] != nil }
    guard set != nil || isAsked else { return nil }
    let names = SetMemberNames(tier.members)
    let states = tier.members.map { databaseStates[$0.name] }
    let heard = set?.members.filter { $0.value.state == DatabaseState.primary }.keys.min()
    let own = zip(tier.members, states).first { $1 == DatabaseState.primary }?.0.name
    let primary = (set?.primary ?? heard).map { names.member(called: $0) ?? $0 }
    // Polled at another moment, a member may know more than the set did, or less.
    let told = (primary ?? (set == nil ? own : nil)).flatMap { isGone($0) ? nil : $0 }
    let isSilent = told.map { memberChecks[$0]?[Self.databaseJob] == false } ?? false
    let silentSince = isSilent ? previous?.primarySilentSince ?? now : nil
    let isHearsay = silentSince.map { now - $0 < ReplicaSetStanding.hearsayMax } ?? false
    let found = isHearsay ? nil : told
    let isLacking =
      told == nil && (set?.claimants == 0 || (set == nil && states.allSatisfy { $0 != nil }))
    let since = isLacking ? previous?.withoutPrimarySince ?? now : nil
    let state: ComponentState =
      if found != nil {
        .working
      } else if let since, now - since >= ReplicaSetStanding.electionMax {
        .failed
      } else {
        .unknown
      }
    return ReplicaSetStanding(
      name: set?.name ?? "",
      state: state,
      primary: found,
      claimants: set?.claimants,
      withoutPrimarySince: since,
      primarySilentSince: silentSince
    )
  }

  /// What is thought of a member's MongoDB; nil when it was not asked.
  func database(of member: DeclaredMember, in tier: DeclaredTier) -> Verdict? {
    let isAnswering = memberChecks[member.name]?[Self.databaseJob]
    guard let isAnswering else { return nil }
    let names = SetMemberNames(tier.members)
    let known = replicaSets[tier.name]?.members
      .first { names.member(called: $0.key) == member.name }?.value
    let heard = known?.state
    guard isAnswering else {
      // What it said itself before it fell silent is no word of others.
      guard let heard, known?.isAnswering == false, DatabaseState.isWorking(heard) else {
        return Verdict(.failed, "its MongoDB does not answer")
      }
      return Verdict(.unknown, "its MongoDB does not answer hvsmon, but other members hear it")
    }
    guard let state = databaseStates[member.name] ?? heard else {
      return Verdict(.unknown, "its MongoDB answers, but does not say what it is")
    }
    return DatabaseState.isWorking(state)
      ? Verdict(.working) : Verdict(.failed, "its MongoDB \(DatabaseState.words(state))")
  }
}
