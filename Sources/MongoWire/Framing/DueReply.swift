// SPDX-License-Identifier: MIT

/// Which message a connection waits for.
///
/// After a request with ``OpMessage/Flags/exhaustAllowed`` the replies may form a chain: each one
/// that has ``OpMessage/Flags/moreToCome`` is followed by another, which answers it.
struct DueReply: Equatable, Sendable {
  private(set) var isWaiting = false
  private var request: Int32 = 0
  private var answered: Int32 = 0
  private var mayGoOn = false

  /// Notes that a request went out.
  mutating func sent(_ request: OpMessage) {
    isWaiting = true
    self.request = request.requestID
    answered = request.requestID
    mayGoOn = request.flags.contains(.exhaustAllowed)
  }

  /// Judges a message that came.
  mutating func received(_ reply: OpMessage) throws(FrameError) {
    // MongoDB answers the reply before; others answer the request throughout.
    guard isWaiting, reply.responseTo == answered || reply.responseTo == request else {
      throw .wrongResponse(to: reply.responseTo, expected: answered)
    }
    let goesOn = reply.flags.contains(.moreToCome)
    guard !goesOn || mayGoOn else { throw .unexpectedFlags(reply.flags.rawValue) }
    isWaiting = goesOn
    answered = reply.requestID
  }
}
