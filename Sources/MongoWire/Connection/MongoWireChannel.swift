// SPDX-License-Identifier: MIT
import Net
import Synchronization

/// Requests out and replies in over one transport; its owner takes care that one task at a time
/// uses it.
final class MongoWireChannel: Sendable {
  private struct State {
    var frames: FrameAssembler
    var due = DueReply()
    var requests: Int32 = 0
    var isClosed = false
    var hasAnswered = false
  }

  let transport: any MongoTransport
  private let peer: String
  private let state: Mutex<State>
  /// Members' texts may hold anything.
  private let decoder = BSONDecoder(repairsText: true)

  init(_ transport: any MongoTransport, peer: String, limitBytes: Int) {
    self.transport = transport
    self.peer = peer
    state = Mutex(State(frames: FrameAssembler(limitBytes: limitBytes)))
  }

  /// A reply is due.
  var isWaiting: Bool { state.withLock { $0.due.isWaiting && !$0.isClosed } }

  func close() {
    state.withLock { $0.isClosed = true }
    transport.close()
  }

  /// Sends a command and waits for its reply, which may be a refusal.
  func exchange(
    _ command: BSONDocument,
    database: String,
    flags: OpMessage.Flags = [],
    until deadline: Deadline
  ) async throws(MongoError) -> BSONDocument {
    let name = command.elements.first?.key ?? ""
    var body = command
    body.append("$db", .string(database))
    let message: OpMessage? = state.withLock { state in
      guard !state.isClosed else { return nil }
      state.requests = state.requests == .max ? 1 : state.requests + 1
      let message = OpMessage(requestID: state.requests, flags: flags, body: body)
      state.due.sent(message)
      return message
    }
    guard let message else { throw .closed }
    do {
      try await transport.send(message.encoded, within: deadline.left)
    } catch {
      throw broken(error, step: name, deadline)
    }
    return try await nextReply(to: name, until: deadline)
  }

  /// Waits for the next reply to what was asked before.
  func nextReply(
    to command: String,
    until deadline: Deadline
  ) async throws(MongoError) -> BSONDocument {
    while true {
      let wanted: Int
      do {
        if let reply = try takeReply() { return reply }
        wanted = state.withLock { $0.frames.wantedBytes }
      } catch {
        close()
        throw .malformed(path: command, reason: error.description)
      }
      let bytes: [UInt8]
      do {
        bytes = try await transport.receive(upTo: wanted, within: deadline.left)
      } catch {
        throw broken(error, step: command, deadline)
      }
      do {
        try take(bytes)
      } catch {
        close()
        throw .malformed(path: command, reason: error.description)
      }
    }
  }

  private func take(_ bytes: [UInt8]) throws(FrameError) {
    let outcome: Result<Void, FrameError> = state.withLock { state in
      state.hasAnswered = true
      return Result { () throws(FrameError) in try state.frames.append(bytes) }
    }
    try outcome.get()
  }

  private func takeReply() throws(FrameError) -> BSONDocument? {
    let frame = try state.withLock { state in
      Result { () throws(FrameError) in try state.frames.next() }
    }.get()
    guard let frame else { return nil }
    let message = try OpMessage(frame, decoder: decoder)
    try state.withLock { state in
      Result { () throws(FrameError) in
        try state.due.received(message)
        // What follows the last reply that is due belongs to nothing.
        guard state.due.isWaiting || state.frames.isEmpty else {
          throw .wrongResponse(to: 0, expected: message.requestID)
        }
      }
    }.get()
    return message.body
  }

  /// Closes after a step that failed, and says what it means.
  private func broken(
    _ error: StreamError,
    step: String,
    _ deadline: Deadline
  ) -> MongoError {
    let hasAnswered = state.withLock { $0.hasAnswered }
    close()
    switch error {
    case .closedByPeer where !hasAnswered: return .closedUnanswered(peer: peer)
    case .timedOut: return .timedOut(step: step, after: deadline.limit)
    default: return MongoError(error, step: step)
    }
  }
}
