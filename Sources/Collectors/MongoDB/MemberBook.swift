// SPDX-License-Identifier: MIT
import Logging
import MongoWire
import Net
import Polling
import Synchronization

/// The sessions with members that the collectors of one load of the settings share.
final class MemberBook: Sendable {
  private let sessions = Mutex<[StreamEndpoint: MemberSession]>([:])

  /// The book of a load.
  static func shared(_ services: CollectorServices) -> MemberBook {
    services.shared.part(MemberBook.self) { MemberBook() }
  }

  /// The session with a member, made by the first who asks for it.
  func session(
    _ endpoint: MongoEndpoint,
    using connector: StreamConnector,
    logger: Logger? = nil
  ) -> MemberSession {
    sessions.withLock { sessions in
      if let known = sessions[endpoint.stream] { return known }
      let made = MemberSession(endpoint, using: connector, logger: logger)
      sessions[endpoint.stream] = made
      return made
    }
  }
}
