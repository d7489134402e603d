// SPDX-License-Identifier: MIT

/// Guests that seem to do the same work.
package struct GuessedTier: Equatable, Sendable {
  /// The tier's name, unique among the tiers.
  package var name: String
  /// What it is there for; nil when the guests have nothing in common but their names.
  package let role: TierRole?
  /// Which program, if something told.
  package let engine: String?
  /// The guests by number.
  package let members: [SurveyedGuest]
  /// What led to it, as half a sentence.
  package let reason: String

  /// More than half of a replicated database must work; of all else one is enough.
  package var needsMajority: Bool {
    role == .database && (members.count > 2 || engine == "mongodb")
  }
}

/// An address that wanders between guests.
package struct GuessedEntry: Equatable, Sendable {
  /// The address.
  package let address: String
  /// The guests that hold it, by number.
  package let holders: [SurveyedGuest]
}

/// What a cluster seems to be built for, from the names, tags, addresses and answers of its guests.
package struct ArchitectureGuess: Equatable, Sendable {
  /// Load balancers first, then apps, databases and the rest.
  package let tiers: [GuessedTier]
  /// The entries by address.
  package let entries: [GuessedEntry]
  /// The guests in no tier, by number.
  package let others: [SurveyedGuest]

  /// Guesses from a survey.
  package init(_ survey: ClusterSurvey) {
    let clues = survey.guests.compactMap(Clue.init)
    let groups = Dictionary(grouping: clues) { $0.group }
    var tiers = groups.flatMap { group, clues in Self.split(group, clues) }
    tiers.sort { $0.order < $1.order }
    Self.name(&tiers)
    self.tiers = tiers
    let placed = Set(tiers.flatMap { $0.members.map(\.id) })
    others = survey.guests.filter { !placed.contains($0.id) }
    let holdings = survey.guests.flatMap { guest in
      guest.network.floating.map { (address: $0.text, guest: guest) }
    }
    entries = Dictionary(grouping: holdings) { $0.address }
      .map { GuessedEntry(address: $0.key, holders: $0.value.map(\.guest)) }
      .sorted { $0.address < $1.address }
  }

  /// Tiers of one role.
  package func tiers(of role: TierRole) -> [GuessedTier] { tiers.filter { $0.role == role } }

  // MARK: Clues

  /// What one guest says of itself.
  private struct Clue {
    enum Group: Hashable {
      /// A tag such as `tier-cache` names the tier.
      case named(String)
      case tagged(TierRole, engine: String?)
      case called(TierRole, stem: String)
      case siblings(String)
    }

    let guest: SurveyedGuest
    let group: Group
    let role: TierRole?
    let engine: String?
    let reason: String

    init?(_ guest: SurveyedGuest) {
      guard !guest.isTemplate, let name = guest.name else { return nil }
      self.guest = guest
      let stem = NameStem(name)
      let byName = RoleWords.meaning(ofName: name)
      let byTag = guest.tags.lazy.compactMap { RoleWords.meaning(ofTag: $0) }.first
      let port = guest.answers.compactMap(Self.databasePort).min()
      let byPort = port.flatMap { RoleWords.database(atPort: $0) }
      if let tag = guest.tags.first(where: { Self.tierName($0) != nil }),
        let tier = Self.tierName(tag)
      {
        let meaning = RoleWords.meaning(ofName: tier)
        group = .named(tier)
        role = meaning?.role
        engine = meaning?.engine ?? byName?.engine ?? byPort
        reason = "tag \(tag)"
      } else if let byTag {
        let told = byTag.engine ?? (byName?.role == byTag.role ? byName?.engine : nil) ?? byPort
        group = .tagged(byTag.role, engine: byTag.role == .database ? told : nil)
        role = byTag.role
        engine = told
        reason = "tag \(byTag.word)"
      } else if let byName {
        group = .called(byName.role, stem: stem.stem)
        role = byName.role
        engine = byName.engine ?? byPort
        reason = "names with \"\(byName.word)\""
      } else if let port, let byPort {
        group = .called(.database, stem: stem.stem)
        role = .database
        engine = byPort
        reason = "port \(port) takes connections"
      } else if guest.answers.contains(where: { if case .stubStatus = $0 { true } else { false } })
      {
        group = .called(.loadBalancer, stem: stem.stem)
        role = .loadBalancer
        engine = "nginx"
        reason = "nginx answers with its status page"
      } else if stem.number != nil, !stem.stem.isEmpty, !Self.isPlain(stem.stem) {
        group = .siblings(stem.stem)
        role = nil
        engine = nil
        reason = "names that differ in their number only"
      } else {
        return nil
      }
    }

    /// Names that say no more than what kind of guest it is.
    private static func isPlain(_ stem: String) -> Bool {
      ["ct", "vm", "lxc", "guest", "host", "server", "test"].contains(stem)
    }

    private static func tierName(_ tag: String) -> String? {
      for prefix in ["tier-", "tier_", "tier."] where tag.hasPrefix(prefix) {
        let name = tag.dropFirst(prefix.count)
        if !name.isEmpty { return String(name) }
      }
      return nil
    }

    private static func databasePort(_ answer: DoorAnswer) -> Int? {
      if case .open(let port) = answer, RoleWords.database(atPort: port) != nil {
        port
      } else {
        nil
      }
    }
  }

  // MARK: Tiers

  /// Guests with one tag are one tier, unless their names say that they are several; a guest whose
  /// only sibling is its number is none.
  private static func split(_ group: Clue.Group, _ clues: [Clue]) -> [GuessedTier] {
    switch group {
    case .named(let name): return [tier(name, clues)]
    case .called(_, let stem): return [tier(stem, clues)]
    case .siblings(let stem): return clues.count > 1 ? [tier(stem, clues)] : []
    case .tagged(let role, let engine):
      let families = Dictionary(grouping: clues) { NameStem($0.guest.name ?? "").stem }
      let several = families.filter { $0.value.count > 1 }
      guard several.count > 1 else {
        return [tier(several.keys.first ?? engine ?? role.rawValue, clues)]
      }
      let alone = families.filter { $0.value.count == 1 }.flatMap(\.value)
      return several.map { tier($0.key, $0.value) }
        + (alone.isEmpty ? [] : [tier(engine ?? role.rawValue, alone)])
    }
  }

  private static func tier(_ name: String, _ clues: [Clue]) -> GuessedTier {
    let members = clues.map(\.guest).sorted { $0.id < $1.id }
    let reasons = Set(clues.map(\.reason)).sorted()
    return GuessedTier(
      name: name.isEmpty ? "tier" : name,
      role: clues.lazy.compactMap(\.role).first,
      engine: clues.lazy.compactMap(\.engine).min(),
      members: members,
      reason: reasons.prefix(3).joined(separator: ", ")
    )
  }

  /// The only tier of a role is called as the role; others keep their own names, each once.
  private static func name(_ tiers: inout [GuessedTier]) {
    let counts = Dictionary(grouping: tiers.compactMap(\.role)) { $0 }.mapValues(\.count)
    var used: Set<String> = []
    for index in tiers.indices {
      if let role = tiers[index].role, counts[role] == 1 { tiers[index].name = role.rawValue }
      let wanted = tiers[index].name
      var number = 2
      while !used.insert(tiers[index].name).inserted {
        tiers[index].name = "\(wanted)-\(number)"
        number += 1
      }
    }
  }
}

extension GuessedTier {
  fileprivate var order: (Int, Int, String) {
    let place = role.flatMap(TierRole.allCases.firstIndex) ?? TierRole.allCases.count
    return (place, members.first?.id ?? 0, name)
  }
}
