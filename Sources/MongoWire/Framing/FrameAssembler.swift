// SPDX-License-Identifier: MIT

/// Cuts a stream of bytes into messages, whatever pieces it arrives in.
package struct FrameAssembler: Sendable {
  /// What servers call `maxMessageSizeBytes`.
  package static let protocolLimit = 48_000_000

  /// The longest message that is accepted, header included.
  package let limitBytes: Int
  private var buffer: [UInt8] = []

  /// Sets the limit, which the protocol itself bounds at 48,000,000 bytes.
  package init(limitBytes: Int = 32 << 20) {
    self.limitBytes = min(limitBytes, Self.protocolLimit)
  }

  /// No byte of an unfinished message is held.
  package var isEmpty: Bool { buffer.isEmpty }

  /// How many bytes to read next: what the message still lacks, or a header with something behind.
  package var wantedBytes: Int {
    guard buffer.count >= 4 else { return 16 << 10 }
    let length = Int(Int32(bitPattern: OpMessage.word(buffer, at: 0)))
    return min(max(length - buffer.count, 1), 256 << 10)
  }

  /// Takes the next bytes.
  ///
  /// - Throws: ``FrameError/lengthOutOfRange(length:limit:)`` as soon as a header states it, before
  ///   anything is kept for the message; ``FrameError/unexpectedOperation(_:)`` likewise.
  package mutating func append(_ bytes: [UInt8]) throws(FrameError) {
    buffer += bytes
    try checkHeader()
  }

  /// Takes out the next complete message; nil until its last byte is there.
  package mutating func next() throws(FrameError) -> [UInt8]? {
    guard buffer.count >= 4 else { return nil }
    let length = Int(Int32(bitPattern: OpMessage.word(buffer, at: 0)))
    guard buffer.count >= length else { return nil }
    let frame = Array(buffer[..<length])
    buffer.removeFirst(length)
    try checkHeader()
    return frame
  }

  private func checkHeader() throws(FrameError) {
    guard buffer.count >= 4 else { return }
    let length = Int(Int32(bitPattern: OpMessage.word(buffer, at: 0)))
    guard (OpMessage.headerBytes...limitBytes).contains(length) else {
      throw .lengthOutOfRange(length: length, limit: limitBytes)
    }
    guard buffer.count >= OpMessage.headerBytes else { return }
    let operation = Int32(bitPattern: OpMessage.word(buffer, at: 12))
    guard operation == OpMessage.operation else { throw .unexpectedOperation(operation) }
  }
}
