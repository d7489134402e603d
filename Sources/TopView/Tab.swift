// SPDX-License-Identifier: MIT

/// The views, in the order of their number keys.
package enum Tab: Int, CaseIterable, Sendable {
  case nodes
  case guests
  case balancers
  case apps
  case databases
  case backups
  case alerts
  case events

  /// Its short title.
  var title: String {
    switch self {
    case .nodes: "nodes"
    case .guests: "guests"
    case .balancers: "lb/vrrp"
    case .apps: "apps"
    case .databases: "mongo"
    case .backups: "backups"
    case .alerts: "alerts"
    case .events: "events"
    }
  }

  /// Its title where there is little room.
  var shortTitle: String {
    switch self {
    case .balancers: "lb"
    case .nodes, .guests, .apps, .databases, .backups, .alerts, .events: title
    }
  }

  /// The view that a word jumps to.
  package init?(word: String) {
    let word = word.lowercased()
    let others: [String: Tab] = [
      "lb": .balancers, "vrrp": .balancers, "balancers": .balancers, "node": .nodes,
      "guest": .guests, "app": .apps, "pm2": .apps, "db": .databases, "mongodb": .databases,
      "databases": .databases, "backup": .backups, "alert": .alerts, "event": .events,
      "changes": .events,
    ]
    guard let tab = Tab.allCases.first(where: { $0.title == word }) ?? others[word] else {
      return nil
    }
    self = tab
  }
}
