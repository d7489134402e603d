// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import MongoWire
import Net
import Polling

/// The one connection that a collector keeps to a member.
///
/// A connection that broke while it was idle is made anew within the poll, once: members drop
/// connections when their state changes. A refused login is not tried again at once, as each try
/// is a line in the member's log and may lock the account.
actor MemberSession {
  /// How long a refused login is believed.
  private static let loginPause = Duration.seconds(30)

  private let endpoint: MongoEndpoint
  private let connector: StreamConnector
  /// Told of a refused login; nil where another session of the member tells.
  private let logger: Logger?
  private var connection: MongoConnection?
  private var refusal: (error: MongoError, until: Timestamp)?

  init(_ endpoint: MongoEndpoint, using connector: StreamConnector, logger: Logger? = nil) {
    self.endpoint = endpoint
    self.connector = connector
    self.logger = logger
  }

  /// Asks over the kept connection, or over a new one.
  ///
  /// - Returns: The reply, and the connection for further questions of this poll.
  func ask(
    _ command: ReadCommand,
    at now: Timestamp,
    until deadline: Deadline
  ) async throws(MongoError) -> (reply: BSONDocument, connection: MongoConnection) {
    if let kept = connection {
      do throws(MongoError) {
        return (try await kept.run(command, within: deadline.left), kept)
      } catch {
        switch error {
        case .commandRefused: throw error
        case .closed, .unreachable: connection = nil
        default:
          connection = nil
          throw error
        }
      }
    }
    let fresh = try await connect(at: now, until: deadline)
    return (try await run(command, on: fresh, until: deadline), fresh)
  }

  /// The kept connection, or a new one.
  func connect(
    at now: Timestamp,
    until deadline: Deadline
  ) async throws(MongoError) -> MongoConnection {
    if let connection { return connection }
    if let refusal, now < refusal.until { throw refusal.error }
    do throws(MongoError) {
      let fresh = try await MongoConnection.open(
        endpoint,
        using: connector,
        within: max(deadline.left, .milliseconds(1))
      )
      refusal = nil
      connection = fresh
      return fresh
    } catch {
      switch error {
      case .loginRefused, .loginFailed:
        if refusal == nil {
          logger?.warning(
            "a MongoDB member refuses the login",
            LogField("member", endpoint.stream.authority),
            LogField("reason", error)
          )
        }
        refusal = (error, now + Self.loginPause)
      default: refusal = nil
      }
      throw error
    }
  }

  private func run(
    _ command: ReadCommand,
    on connection: MongoConnection,
    until deadline: Deadline
  ) async throws(MongoError) -> BSONDocument {
    do throws(MongoError) {
      return try await connection.run(command, within: deadline.left)
    } catch {
      if case .commandRefused = error {} else { self.connection = nil }
      throw error
    }
  }
}

extension CollectionError {
  /// What a member that did not answer means for a poll.
  init(_ error: MongoError) {
    switch error {
    case .timedOut(_, let after): self = .timedOut(after: after)
    case .malformed(let path, let reason): self = .malformedReply(path: path, reason: reason)
    case .cancelled: self = .cancelled
    default: self = .unreachable(kind: error.kind, reason: error.description)
    }
  }
}
