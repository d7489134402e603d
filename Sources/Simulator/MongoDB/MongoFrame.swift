// SPDX-License-Identifier: MIT

/// One message of MongoDB's wire protocol.
///
/// ```
/// OP_MSG    length  id  responseTo  2013  flags u32  (00 document)  (01 size name\0 document*)*  crc32c?
/// OP_QUERY  length  id  responseTo  2004  flags i32  name\0  skip i32  count i32  document
/// OP_REPLY  length  id  responseTo  1     flags i32  cursor i64  from i32  count i32  document
/// ```
struct MongoFrame {
  enum Form: Equatable {
    case message
    /// What clients say first that do not know yet how old the server is.
    case query(collection: String)
  }

  struct Flags {
    static let checksumPresent: UInt32 = 1
    static let moreToCome: UInt32 = 1 << 1
    static let exhaustAllowed: UInt32 = 1 << 16
  }

  /// No question about a server is longer.
  static let sizeMax = 1 << 20
  private static let headerSize = 16

  let id: Int32
  let form: Form
  let flags: UInt32
  let body: MongoDocument

  /// How long the message is whose first bytes these are; nil when that cannot be seen yet.
  static func size(_ bytes: ArraySlice<UInt8>) throws(MongoReader.Malformed) -> Int? {
    guard let size = Int32(littleEndianBytes: bytes) else { return nil }
    guard (Int32(headerSize)...Int32(sizeMax)).contains(size) else {
      throw MongoReader.Malformed(reason: "a message of \(size) bytes")
    }
    return Int(size)
  }

  /// Reads a whole message.
  init(_ bytes: ArraySlice<UInt8>) throws(MongoReader.Malformed) {
    let header = stride(from: 0, to: Self.headerSize, by: 4).compactMap { offset in
      Int32(littleEndianBytes: bytes.dropFirst(offset))
    }
    guard header.count == 4 else { throw MongoReader.Malformed(reason: "a header is cut off") }
    id = header[1]
    var content = bytes.dropFirst(Self.headerSize)
    guard let flags = UInt32(littleEndianBytes: content) else {
      throw MongoReader.Malformed(reason: "a message has no flags")
    }
    content = content.dropFirst(4)
    self.flags = flags
    switch header[3] {
    case 2_013:
      form = .message
      if flags & Flags.checksumPresent != 0 {
        guard content.count >= 4,
          CRC32C.of(bytes.dropLast(4))
            == UInt32(
              littleEndianBytes: bytes.suffix(4)
            )
        else { throw MongoReader.Malformed(reason: "a checksum is wrong") }
        content = content.dropLast(4)
      }
      body = try Self.sections(content)
    case 2_004:
      var reader = MongoReader(content)
      form = .query(collection: try reader.name())
      // Skip and count say nothing about a command.
      var rest = MongoReader(content.drop { $0 != 0 }.dropFirst(9))
      body = try rest.document()
    default: throw MongoReader.Malformed(reason: "a message of kind \(header[3])")
    }
  }

  /// The command, with the documents of further sections as lists in it.
  private static func sections(
    _ bytes: ArraySlice<UInt8>
  ) throws(MongoReader.Malformed) -> MongoDocument {
    var rest = bytes
    var body: MongoDocument?
    var lists: [MongoDocument.Field] = []
    while let kind = rest.popFirst() {
      let size = Int32(littleEndianBytes: rest) ?? 0
      guard size >= 4, size <= rest.count else {
        throw MongoReader.Malformed(reason: "a section's size is wrong")
      }
      let section = rest.prefix(Int(size))
      rest = rest.dropFirst(Int(size))
      switch kind {
      case 0 where body == nil:
        var reader = MongoReader(section)
        body = try reader.document()
      case 1 where lists.count < 2:
        var reader = MongoReader(section.dropFirst(4))
        let name = try reader.name()
        var items: [MongoValue] = []
        while !reader.isAtEnd { items.append(.document(try reader.document())) }
        lists.append(.init(name: name, value: .list(items)))
      default: throw MongoReader.Malformed(reason: "a section of kind \(kind)")
      }
    }
    guard let body else { throw MongoReader.Malformed(reason: "a message without a command") }
    return MongoDocument(fields: body.fields + lists)
  }

  /// The bytes of an answer.
  ///
  /// - Parameters:
  ///   - document: What is answered.
  ///   - id: The answer's own number.
  ///   - request: The number of what is answered.
  ///   - form: The form in which was asked.
  ///   - flags: Of ``Flags``; a checksum is added where they say so.
  /// - Returns: The message.
  static func reply(
    _ document: MongoDocument,
    id: Int32,
    to request: Int32,
    as form: Form,
    flags: UInt32 = 0
  ) -> [UInt8] {
    var content: [UInt8]
    var hasChecksum = false
    switch form {
    case .message:
      hasChecksum = flags & Flags.checksumPresent != 0
      content = flags.littleEndianBytes + [0] + document.encoded
    case .query:
      content = [UInt8](repeating: 0, count: 16) + Int32(1).littleEndianBytes + document.encoded
    }
    let size = headerSize + content.count + (hasChecksum ? 4 : 0)
    let header: [Int32] = [Int32(size), id, request, form == .message ? 2_013 : 1]
    content = header.flatMap(\.littleEndianBytes) + content
    if hasChecksum { content += CRC32C.of(content[...]).littleEndianBytes }
    return content
  }
}

/// The checksum of OP_MSG: polynomial 0x1EDC6F41, reflected (RFC 3720, appendix B.4).
enum CRC32C {
  static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 0 ? 0 : 0x82f6_3b78) }
    }
    return ~sum
  }
}
