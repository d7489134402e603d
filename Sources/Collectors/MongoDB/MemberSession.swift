// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import MongoWire
import Net
import Polling

/// The one connection that is kept to a member, for all collectors that ask it: each has it for a
/// turn, ``withTurn(until:_:)``, and asks during that alone.
///
/// A connection that broke while it was idle is made anew within the poll, once: members drop
/// connections when their state changes. A refused login is not tried again at once, as each try
/// is a line in the member's log and may lock the account.
actor MemberSession {
  /// How long a refused login is believed.
  private static let loginPause = Duration.seconds(30)
  /// How many may wait for their turn; more are refused it.
  private static let queueLimit = 8

  private struct Waiter {
    let id: UInt64
    let continuation: CheckedContinuation<Bool, Never>
  }

  private let endpoint: MongoEndpoint
  private let connector: StreamConnector
  /// Told of a refused login; nil where another session of the member tells.
  private let logger: Logger?
  private var connection: MongoConnection?
  private var refusal: (error: MongoError, until: Timestamp)?
  private var isTaken = false
  /// What there was when the turn began.
  private var connectionBefore: MongoConnection?
  private var waiters: [Waiter] = []
  private var nextWaiter: UInt64 = 0
  /// Who is told when the connection closes, by their names.
  private var watchers: [String: @Sendable () -> Void] = [:]

  init(_ endpoint: MongoEndpoint, using connector: StreamConnector, logger: Logger? = nil) {
    self.endpoint = endpoint
    self.connector = connector
    self.logger = logger
  }

  // MARK: Turns

  /// Waits until nobody else asks, then asks.
  ///
  /// - Parameters:
  ///   - deadline: When it is over the turn is given up.
  ///   - body: What is done with the member.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws; ``MongoError/timedOut(step:after:)`` when the turn did not come.
  nonisolated func withTurn<Answer: Sendable>(
    until deadline: Deadline,
    _ body: () async throws(MongoError) -> Answer
  ) async throws(MongoError) -> Answer {
    guard await take(until: deadline) else {
      throw Task.isCancelled ? .cancelled : .timedOut(step: "turn", after: deadline.limit)
    }
    do throws(MongoError) {
      let answer = try await body()
      await release()
      return answer
    } catch {
      await release()
      throw error
    }
  }

  private func take(until deadline: Deadline) async -> Bool {
    guard isTaken else {
      isTaken = true
      return true
    }
    guard waiters.count < Self.queueLimit else { return false }
    nextWaiter += 1
    let id = nextWaiter
    // It ends with the wait, which it ends when it is over or cancelled.
    let alarm = Task {
      try? await Task.sleep(for: deadline.left)
      giveUp(id)
    }
    defer { alarm.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { waiters.append(Waiter(id: id, continuation: $0)) }
    } onCancel: {
      alarm.cancel()
    }
  }

  private func giveUp(_ id: UInt64) {
    guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
    waiters.remove(at: index).continuation.resume(returning: false)
  }

  private func release() {
    let watchers = Array(watchers.values)
    // Who asked has seen the connection break; the others have not.
    if let before = connectionBefore, before !== connection { for tell in watchers { tell() } }
    connectionBefore = connection
    if !waiters.isEmpty { return waiters.removeFirst().continuation.resume(returning: true) }
    isTaken = false
    // A question ends the watch, so that it begins anew after each turn.
    connection?.watchIdle { for tell in watchers { tell() } }
  }

  /// Tells of the end of the connection while nobody asks; replaces what was given under the name.
  func watch(as name: String, _ closed: @escaping @Sendable () -> Void) {
    watchers[name] = closed
  }

  // MARK: Questions

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
