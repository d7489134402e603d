// SPDX-License-Identifier: MIT
import ChunkCodec

/// One OP_MSG: the only kind of message that requests and replies have.
///
///     int32 length   int32 requestID   int32 responseTo   int32 2013
///     uint32 flags
///     00 document                                    the body, once
///     01 int32 size, name, 00, document*             a sequence; the size counts itself
///     [uint32 CRC-32C of everything before]          if flag 0 is set
///
/// All integers are little-endian. Source: `source/message/OP_MSG.md` of mongodb/specifications.
package struct OpMessage: Equatable, Sendable {
  /// The bits of the flags; 0 to 15 must be understood, the others may be ignored.
  package struct Flags: OptionSet, Sendable {
    /// The bits.
    package let rawValue: UInt32

    /// Takes the bits as they are.
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A checksum follows the sections.
    package static let checksumPresent = Flags(rawValue: 1)
    /// The sender will send again without waiting for an answer.
    package static let moreToCome = Flags(rawValue: 2)
    /// The sender is ready for replies with ``moreToCome``.
    package static let exhaustAllowed = Flags(rawValue: 1 << 16)

    /// Those of the bits 0 to 15 that have no meaning.
    static let unknownRequired = Flags(rawValue: 0xfffc)
  }

  /// Documents that belong to the array field `name` of the body.
  package struct Sequence: Equatable, Sendable {
    /// The field's name.
    package var name: String
    /// Its documents.
    package var documents: [BSONDocument]

    /// Names documents.
    package init(name: String, documents: [BSONDocument]) {
      self.name = name
      self.documents = documents
    }
  }

  /// The bytes of a header.
  static let headerBytes = 16
  /// The number of OP_MSG among the kinds of messages.
  static let operation: Int32 = 2013
  /// Servers take no more of them in one message.
  private static let sequenceLimit = 2

  /// Chosen by the sender.
  package var requestID: Int32
  /// The request that this message answers; 0 in a request.
  package var responseTo: Int32
  /// What else the sender says; ``Flags/checksumPresent`` decides whether a checksum is written.
  package var flags: Flags
  /// The command or reply.
  package var body: BSONDocument
  /// Parts of the body that travel outside it; replies to this client have none.
  package var sequences: [Sequence]

  /// Makes a message.
  package init(
    requestID: Int32,
    responseTo: Int32 = 0,
    flags: Flags = [],
    body: BSONDocument,
    sequences: [Sequence] = []
  ) {
    self.requestID = requestID
    self.responseTo = responseTo
    self.flags = flags
    self.body = body
    self.sequences = sequences
  }
}

// MARK: - Writing

extension OpMessage {
  /// The bytes of the message.
  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendInteger(Int32(0))
    bytes.appendInteger(requestID)
    bytes.appendInteger(responseTo)
    bytes.appendInteger(Self.operation)
    bytes.appendInteger(flags.rawValue)
    bytes.append(0)
    body.append(to: &bytes)
    for sequence in sequences {
      bytes.append(1)
      let start = bytes.count
      bytes.appendInteger(Int32(0))
      bytes.appendZeroEnded(sequence.name)
      for document in sequence.documents { document.append(to: &bytes) }
      bytes.setLength(at: start, to: bytes.count - start)
    }
    let hasChecksum = flags.contains(.checksumPresent)
    // The checksum covers the length, which counts the checksum.
    bytes.setLength(at: 0, to: bytes.count + (hasChecksum ? 4 : 0))
    if hasChecksum { bytes.appendInteger(CRC32C.checksum(bytes)) }
    return bytes
  }
}

// MARK: - Reading

extension OpMessage {
  /// Reads the message that fills the bytes, as ``FrameAssembler`` cuts them.
  package init(
    _ bytes: [UInt8],
    decoder: BSONDecoder = BSONDecoder()
  ) throws(FrameError) {
    guard bytes.count >= Self.headerBytes else { throw .truncated }
    let length = Int(Int32(bitPattern: Self.word(bytes, at: 0)))
    guard length == bytes.count else {
      throw .lengthOutOfRange(length: length, limit: bytes.count)
    }
    requestID = Int32(bitPattern: Self.word(bytes, at: 4))
    responseTo = Int32(bitPattern: Self.word(bytes, at: 8))
    let operation = Int32(bitPattern: Self.word(bytes, at: 12))
    guard operation == Self.operation else { throw .unexpectedOperation(operation) }
    guard bytes.count >= Self.headerBytes + 4 else { throw .truncated }
    flags = Flags(rawValue: Self.word(bytes, at: 16))
    guard flags.isDisjoint(with: .unknownRequired) else {
      throw .unexpectedFlags(flags.rawValue)
    }
    var end = bytes.count
    if flags.contains(.checksumPresent) {
      end -= 4
      guard end > Self.headerBytes + 4 else { throw .truncated }
      guard CRC32C.checksum(bytes[..<end]) == Self.word(bytes, at: end) else {
        throw .checksumMismatch
      }
    }
    var reader = SectionReader(
      decoder: decoder,
      bytes: bytes,
      place: Self.headerBytes + 4,
      end: end
    )
    (body, sequences) = try reader.sections(sequenceLimit: Self.sequenceLimit)
  }

  /// The four bytes at `place`, which the caller has found to be there.
  static func word(_ bytes: [UInt8], at place: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << ($1 * 8) }
  }
}

/// Reads the sections of a message.
private struct SectionReader {
  /// Its limit of elements is for all documents of the message together.
  var decoder: BSONDecoder
  let bytes: [UInt8]
  var place: Int
  let end: Int

  mutating func sections(
    sequenceLimit: Int
  ) throws(FrameError) -> (BSONDocument, [OpMessage.Sequence]) {
    var body: BSONDocument?
    var sequences: [OpMessage.Sequence] = []
    while place < end {
      let kind = bytes[place]
      place += 1
      switch kind {
      case 0:
        guard body == nil else { throw .bodyCount(2) }
        body = try document(end: end)
      case 1:
        guard sequences.count < sequenceLimit else { throw .malformedSequence }
        sequences.append(try sequence())
      default: throw .unknownSection(kind: kind)
      }
    }
    guard let body else { throw .bodyCount(0) }
    return (body, sequences)
  }

  private mutating func sequence() throws(FrameError) -> OpMessage.Sequence {
    guard end - place >= 5 else { throw .truncated }
    let size = Int(Int32(bitPattern: OpMessage.word(bytes, at: place)))
    guard size >= 5, size <= end - place else { throw .malformedSequence }
    let last = place + size
    guard let zero = bytes[place + 4..<last].firstIndex(of: 0),
      let name = String(validating: bytes[place + 4..<zero], as: UTF8.self)
    else { throw .malformedSequence }
    var sequence = OpMessage.Sequence(name: name, documents: [])
    place = zero + 1
    while place < last { sequence.documents.append(try document(end: last)) }
    return sequence
  }

  private mutating func document(end: Int) throws(FrameError) -> BSONDocument {
    do {
      let found = try decoder.document(at: place, in: bytes, end: end)
      place = found.end
      // The document itself counts too: an empty one has five bytes.
      decoder.elementLimit = max(0, decoder.elementLimit - found.elementCount - 1)
      return found.document
    } catch {
      throw .document(error)
    }
  }
}
