// SPDX-License-Identifier: MIT

/// One question over HTTP that confirms a guess, or leads to one.
package struct DoorQuestion: Hashable, Sendable {
  /// What is asked for.
  package enum Wish: Hashable, Sendable {
    /// `/nginx_status`.
    case stubStatus
    /// `/`.
    case page
    /// Whether connections are taken at all.
    case connection
  }

  /// Who is asked; nil for an address that wanders.
  package let guest: Int?
  /// Where.
  package let address: String
  /// At which port.
  package let port: Int
  /// For what.
  package let wish: Wish

  /// The URL to ask.
  package var url: String {
    let host = address.contains(":") ? "[\(address)]" : address
    return "http://\(host):\(port)\(wish == .stubStatus ? "/nginx_status" : "/")"
  }

  /// What a reply says.
  ///
  /// - Parameters:
  ///   - status: The HTTP status.
  ///   - text: The beginning of the body.
  /// - Returns: Nil when it is not what was asked for.
  package func answer(status: Int, text: String) -> DoorAnswer? {
    switch wish {
    case .stubStatus:
      status == 200 && text.hasPrefix("Active connections:") ? .stubStatus(port: port) : nil
    case .page: .page(port: port, status: status)
    case .connection: .open(port: port)
    }
  }

  /// Guests of which nothing is known that are asked at most.
  package static let unknownGuestsMax = 64

  /// The questions that a guess leaves open.
  ///
  /// Running guests with an address are asked: load balancers for nginx's status, apps for their
  /// page, what may be a database for a connection, and a few of the rest for all but the page.
  ///
  /// - Parameters:
  ///   - survey: Who there is.
  ///   - guess: What they seem to be.
  ///   - ports: The ports of HTTP servers; none: nothing is asked at all.
  /// - Returns: Each question once.
  package static func all(
    _ survey: ClusterSurvey,
    _ guess: ArchitectureGuess,
    ports: [Int]
  ) -> [DoorQuestion] {
    guard !ports.isEmpty else { return [] }
    var questions: [DoorQuestion] = []
    func ask(_ guest: SurveyedGuest, _ wishes: [Wish]) {
      guard guest.status == "running", let address = guest.network.own?.text else { return }
      for wish in wishes {
        for port in wish == .connection ? RoleWords.databasePorts : ports {
          questions.append(
            DoorQuestion(guest: guest.id, address: address, port: port, wish: wish)
          )
        }
      }
    }
    for tier in guess.tiers {
      for member in tier.members {
        switch tier.role {
        case .loadBalancer: ask(member, [.stubStatus])
        case .app, nil: ask(member, [.page])
        case .database: if tier.engine == nil { ask(member, [.connection]) }
        }
      }
    }
    for guest in guess.others.filter({ !$0.isTemplate }).prefix(unknownGuestsMax) {
      ask(guest, [.stubStatus, .connection])
    }
    for entry in guess.entries {
      questions += ports.map {
        DoorQuestion(guest: nil, address: entry.address, port: $0, wish: .page)
      }
    }
    return questions
  }
}
