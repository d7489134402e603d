// SPDX-License-Identifier: MIT
import MongoWire
import TestSupport
import Testing

@Suite struct OpMessageTests {
  private let hello: BSONDocument = ["hello": 1, "$db": "admin"]

  /// A message of sections written by hand.
  private func frame(flags: UInt32 = 0, _ sections: [UInt8], operation: Int32 = 2013) -> [UInt8] {
    var bytes: [UInt8] = []
    for word in [UInt32(20 + sections.count), 7, 3, UInt32(bitPattern: operation), flags] {
      for shift in [UInt32(0), 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    return bytes + sections
  }

  private func error(_ bytes: [UInt8]) -> FrameError? {
    #expect(throws: FrameError.self) { try OpMessage(bytes) }
  }

  @Test func `a request has the bytes of the specification`() throws {
    let message = OpMessage(requestID: 1, body: hello)
    #expect(
      message.encoded
        == (try bytes(
          hex: "340000000100000000000000dd0700000000000000"
            + "1f0000001068656c6c6f000100000002246462000600000061646d696e0000"
        ))
    )
    #expect(try OpMessage(message.encoded) == message)
  }

  @Test func `a checksum covers the header and is checked`() throws {
    let ping = OpMessage(
      requestID: 3,
      flags: .checksumPresent,
      body: ["ping": 1, "$db": "admin"]
    )
    let expected = try bytes(
      hex: "370000000300000000000000dd0700000100000000"
        + "1e0000001070696e67000100000002246462000600000061646d696e00008a707936"
    )
    #expect(ping.encoded == expected)
    #expect(try OpMessage(expected) == ping)
    for place in expected.indices.dropFirst(4) where place != 16 {
      var broken = expected
      broken[place] ^= 4
      #expect(throws: FrameError.self) { try OpMessage(broken) }
    }
    var last = expected
    last[expected.count - 1] ^= 1
    #expect(error(last) == .checksumMismatch)
  }

  @Test(.enabled(if: Fixtures.folder != nil))
  func `recorded messages are read, mean what was recorded and are written again`() throws {
    for each in try Fixtures.json("wire/recorded.json").items {
      let name = each["name"]?.text ?? ""
      for side in ["request", "reply"] {
        let recorded = try bytes(hex: try #require(each["\(side)_hex"]?.text))
        if name.contains("OP_QUERY") {
          #expect(error(recorded) == .unexpectedOperation(side == "request" ? 2004 : 1))
          continue
        }
        let message = try OpMessage(recorded)
        #expect(message.encoded == recorded, "\(name)")
        #expect(message.body.isSame(as: try #require(each["\(side)_doc"])), "\(name)")
        for count in 0..<recorded.count {
          #expect(throws: FrameError.self) { try OpMessage(Array(recorded[..<count])) }
        }
      }
    }
  }

  @Test func `sections may come in any order and have to be right`() throws {
    let body = [0] + hello.encoded
    let document = BSONDocument([("a", 1)])
    let sequence: [UInt8] =
      [1, UInt8(4 + 5 + document.encoded.count), 0, 0, 0] + Array("docs\0".utf8) + document.encoded
    for sections in [body + sequence, sequence + body] {
      let message = try OpMessage(frame(sections))
      #expect(message.sequences == [.init(name: "docs", documents: [document])])
      #expect(message.body == hello)
      #expect(message.responseTo == 3)
    }
    #expect(error(frame(body + body)) == .bodyCount(2))
    #expect(error(frame(sequence)) == .bodyCount(0))
    #expect(error(frame([])) == .bodyCount(0))
    #expect(error(frame(body + sequence + sequence + sequence)) == .malformedSequence)
    #expect(error(frame(body + [7])) == .unknownSection(kind: 7))
    #expect(error(frame(body + [1, 0, 0, 0])) == .truncated)
    #expect(error(frame(body + [1, 4, 0, 0, 0])) == .truncated)
    #expect(error(frame(body + [1, 4, 0, 0, 0, 0])) == .malformedSequence)
    #expect(error(frame(body + [1, 255, 255, 255, 255, 0])) == .malformedSequence)
    #expect(error(frame(body + [1, 6, 0, 0, 0, 97, 97])) == .malformedSequence)
    #expect(
      error(frame(body + [1, 8, 0, 0, 0, 97, 0, 5, 0])) == .document(.truncated(at: 59))
    )
    #expect(error(frame(Array(body.dropLast()))) != nil)
  }

  @Test func `flags that must be understood are refused, the others ignored`() throws {
    let body = [0] + hello.encoded
    for bit in UInt32(2)..<16 {
      #expect(error(frame(flags: 1 << bit, body)) == .unexpectedFlags(1 << bit))
    }
    for bit in UInt32(17)..<32 {
      #expect(try OpMessage(frame(flags: 1 << bit, body)).body == hello)
    }
    #expect(try OpMessage(frame(flags: 2, body)).flags == .moreToCome)
    for operation: Int32 in [1, 2004, 2012, 9999] {
      #expect(error(frame(body, operation: operation)) == .unexpectedOperation(operation))
    }
  }

  @Test func `all documents of a message share one limit of elements`() throws {
    let many = OpMessage(
      requestID: 1,
      body: hello,
      sequences: [.init(name: "a", documents: Array(repeating: [:], count: 50))]
    )
    #expect(try OpMessage(many.encoded).sequences.first?.documents.count == 50)
    let half: [BSONDocument] = Array(repeating: ["a": 1], count: 10)
    let filled = OpMessage(
      requestID: 1,
      body: hello,
      sequences: [.init(name: "a", documents: half)]
    )
    #expect(throws: FrameError.self) {
      try OpMessage(filled.encoded, decoder: BSONDecoder(elementLimit: 15))
    }
  }

  @Test(.enabled(if: Fixtures.folder != nil))
  func `mutated messages are read or refused`() async throws {
    let recorded = try Fixtures.json("wire/recorded.json").items.flatMap { each in
      try ["request_hex", "reply_hex"].compactMap { try each[$0]?.text.map(bytes(hex:)) }
    }
    var accepted = 0
    try await Mutation.run(recorded, seed: 2) { bytes in
      var bytes = bytes
      if bytes.count >= 4 {
        for shift in 0..<4 { bytes[shift] = UInt8(truncatingIfNeeded: bytes.count >> (shift * 8)) }
      }
      do {
        let message = try OpMessage(bytes)
        accepted += 1
        #expect(try OpMessage(message.encoded).encoded == message.encoded)
      } catch is FrameError {}
    }
    #expect(accepted > 0)
  }
}

@Suite struct FrameAssemblerTests {
  private let frames = (0..<20).map { number in
    OpMessage(
      requestID: number,
      body: ["text": .string(String(repeating: "x", count: Int(number) * 37))]
    ).encoded
  }

  @Test func `messages come out whole, in whatever pieces they arrive`() throws {
    let stream = frames.flatMap { $0 }
    var random = SeededRandom(seed: 3)
    for size in [1, 2, 3, 15, 16, 17, 1_000, stream.count] + Array(repeating: 0, count: 50) {
      var assembler = FrameAssembler()
      var found: [[UInt8]] = []
      var rest = stream[...]
      while !rest.isEmpty {
        let count = size > 0 ? size : Int.random(in: 1...200, using: &random)
        try assembler.append(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
        while let frame = try assembler.next() { found.append(frame) }
      }
      #expect(found == frames)
      #expect(assembler.isEmpty)
    }
  }

  @Test func `a length that cannot be is refused at once`() throws {
    for (length, limit) in [(15, 100), (0, 100), (-1, 100), (101, 100), (Int(Int32.max), 1 << 30)] {
      var assembler = FrameAssembler(limitBytes: limit)
      let word = UInt32(bitPattern: Int32(length))
      let bytes = [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
      #expect(
        throws: FrameError.lengthOutOfRange(length: length, limit: min(limit, 48_000_000))
      ) { try assembler.append(bytes) }
    }
    var exact = FrameAssembler(limitBytes: frames[5].count)
    try exact.append(frames[5])
    #expect(try exact.next() == frames[5])
  }

  @Test func `an HTTP reply and other kinds of messages are no messages`() throws {
    var http = FrameAssembler()
    #expect(throws: FrameError.self) { try http.append(Array("HTTP/1.0 200 OK\r\n".utf8)) }
    var compressed = FrameAssembler()
    var bytes = frames[0]
    bytes[12] = 0xdc
    #expect(throws: FrameError.unexpectedOperation(2012)) { try compressed.append(bytes) }
  }

  @Test func `it asks for what a message lacks, within bounds`() throws {
    var assembler = FrameAssembler()
    #expect(assembler.wantedBytes == 16_384)
    try assembler.append(Array(frames[10][..<20]))
    #expect(assembler.wantedBytes == frames[10].count - 20)
    var large = FrameAssembler()
    try large.append([0, 0, 0, 1])
    #expect(large.wantedBytes == 262_144)
  }
}
