// SPDX-License-Identifier: MIT

/// A MongoDB replica set as its members told of it.
package struct FoundReplicaSet: Equatable, Sendable {
  /// One member, under the name that the set has for it.
  package struct Member: Equatable, Sendable {
    /// Its state by its own word, or else by the primary's or anybody's.
    package var state: Int?
    /// It answered hvsmon itself.
    package var isAnswering: Bool?

    /// Tells of a member.
    package init(state: Int? = nil, isAnswering: Bool? = nil) {
      self.state = state
      self.isAnswering = isAnswering
    }
  }

  /// The set's name.
  package var name: String
  /// How many members say that they are the primary.
  package var claimants: Int?
  /// The one of the highest term among them, as the set calls it.
  package var primary: String?
  /// The members by the names that the set has for them, such as `mongo1:27017`.
  package var members: [String: Member]

  /// Describes a set.
  package init(
    name: String = "",
    claimants: Int? = nil,
    primary: String? = nil,
    members: [String: Member] = [:]
  ) {
    self.name = name
    self.claimants = claimants
    self.primary = primary
    self.members = members
  }
}

/// The floating address of a tier, as it was found.
package struct FoundFloatingAddress: Equatable, Sendable {
  /// What all witnesses together say; the words are those of the collector.
  package enum Verdict: String, CaseIterable, Equatable, Sendable {
    case one
    case electing
    case none
    case two
    case notPreferred = "not_preferred"
    case disagree
    case stale
    case unknown
  }

  /// What all witnesses together say; nil when they were not asked.
  package var verdict: Verdict?
  /// The members that have the address or are master, by who says so.
  package var holders: [String: Set<String>]
  /// The priorities that the settings give, by member.
  package var declaredPriorities: [String: Int]
  /// The priorities that were advertised last, by member.
  package var advertisedPriorities: [String: Int]

  /// Describes a floating address.
  package init(
    verdict: Verdict? = nil,
    holders: [String: Set<String>] = [:],
    declaredPriorities: [String: Int] = [:],
    advertisedPriorities: [String: Int] = [:]
  ) {
    self.verdict = verdict
    self.holders = holders
    self.declaredPriorities = declaredPriorities
    self.advertisedPriorities = advertisedPriorities
  }
}
