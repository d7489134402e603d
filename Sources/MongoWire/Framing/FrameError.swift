// SPDX-License-Identifier: MIT

/// Why a peer's bytes are not the message that was due; the connection cannot be used any more.
package enum FrameError: Error, Equatable, Sendable {
  /// The header states a length that no message has, or one above the limit.
  case lengthOutOfRange(length: Int, limit: Int)
  /// The message is of another kind than OP_MSG (2013).
  case unexpectedOperation(Int32)
  /// The message ends within its header, flags, a section or the checksum.
  case truncated
  /// Flags are set that a reader has to understand and nobody knows; or one that was not due.
  case unexpectedFlags(UInt32)
  /// A section is neither a body nor a document sequence.
  case unknownSection(kind: UInt8)
  /// There has to be one body.
  case bodyCount(Int)
  /// A document sequence does not fit its own size, or has a name that is not UTF-8.
  case malformedSequence
  /// The bytes are not those that were sent.
  case checksumMismatch
  /// The message answers another request than the one that waits.
  case wrongResponse(to: Int32, expected: Int32)
  /// A document within the message is broken.
  case document(BSONError)
}

extension FrameError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .lengthOutOfRange(let length, let limit):
      "a message of \(length) bytes, where 16 to \(limit) are allowed"
    case .unexpectedOperation(let code): "a message of the kind \(code) instead of OP_MSG"
    case .truncated: "the message ends before its parts do"
    case .unexpectedFlags(let flags): "the message has the flags \(flags), which are not expected"
    case .unknownSection(let kind): "the message has a section of the unknown kind \(kind)"
    case .bodyCount(let count): "the message has \(count) bodies instead of one"
    case .malformedSequence: "a document sequence of the message is broken"
    case .checksumMismatch: "the checksum does not match the message"
    case .wrongResponse(let answered, let expected):
      "the message answers request \(answered) instead of \(expected)"
    case .document(let error): error.description
    }
  }
}
