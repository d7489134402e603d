// SPDX-License-Identifier: MIT

/// What a tier is there for.
package enum TierRole: String, CaseIterable, Sendable {
  case loadBalancer = "load-balancer"
  case app
  case database
}

/// The words by which people call what a guest does.
enum RoleWords {
  /// A word, and what it says.
  struct Meaning: Equatable {
    let word: String
    let role: TierRole
    /// Which program, where the word tells it.
    var engine: String?
  }

  /// `isPrefix`: the word also counts at the beginning of a longer one.
  private static let words: [(word: String, role: TierRole, engine: String?, isPrefix: Bool)] = [
    ("loadbalancer", .loadBalancer, nil, true), ("balancer", .loadBalancer, nil, true),
    ("lb", .loadBalancer, nil, false), ("haproxy", .loadBalancer, "haproxy", true),
    ("nginx", .loadBalancer, "nginx", true), ("traefik", .loadBalancer, "traefik", true),
    ("keepalived", .loadBalancer, nil, true), ("proxy", .loadBalancer, nil, false),
    ("reverseproxy", .loadBalancer, nil, true), ("ingress", .loadBalancer, nil, true),
    ("mongo", .database, "mongodb", true), ("postgres", .database, "postgresql", true),
    ("pgsql", .database, "postgresql", true), ("pg", .database, "postgresql", false),
    ("mysql", .database, "mysql", true), ("mariadb", .database, "mysql", true),
    ("galera", .database, "mysql", true), ("db", .database, nil, false),
    ("database", .database, nil, true), ("sql", .database, nil, false),
    ("webapp", .app, nil, true), ("app", .app, nil, false), ("apps", .app, nil, false),
    ("application", .app, nil, true), ("web", .app, nil, true), ("www", .app, nil, true),
    ("frontend", .app, nil, true), ("backend", .app, nil, true), ("api", .app, nil, false),
    ("nextjs", .app, nil, true), ("next", .app, nil, false), ("nodejs", .app, nil, true),
    ("node", .app, nil, false), ("appserver", .app, nil, true),
  ]

  /// What a tag says; tags are taken whole, but for hyphens.
  static func meaning(ofTag tag: String) -> Meaning? {
    let whole = tag.filter { $0 != "-" && $0 != "_" && $0 != "." }
    return words.first { $0.word == whole || ($0.engine != nil && whole.hasPrefix($0.word)) }
      .map { Meaning(word: tag, role: $0.role, engine: $0.engine) }
  }

  /// What a name says: its parts between hyphens, dots and digits are looked at; one that balances
  /// load says more than one that stores, and that more than an app.
  static func meaning(ofName name: String) -> Meaning? {
    let parts = name.lowercased().split { !($0.isASCII && $0.isLetter) }
    return words.first { entry in
      parts.contains { $0 == entry.word || (entry.isPrefix && $0.hasPrefix(entry.word)) }
    }
    .map { Meaning(word: $0.word, role: $0.role, engine: $0.engine) }
  }

  /// The database that listens at a port unless it is told otherwise.
  static func database(atPort port: Int) -> String? {
    switch port {
    case 27_017: "mongodb"
    case 5_432: "postgresql"
    case 3_306: "mysql"
    default: nil
    }
  }

  /// The ports of those databases.
  static let databasePorts = [27_017, 5_432, 3_306]
}
