// SPDX-License-Identifier: MIT
import MongoWire
import TestSupport
import Testing

@Suite struct BSONCorpusTests {
  private struct Case {
    let name: String
    let json: JSON
    func bytes(_ key: String) throws -> [UInt8]? {
      try json[key]?.text.map(MongoWireTests.bytes(hex:))
    }
  }

  private func cases(_ list: String) throws -> [Case] {
    try Fixtures.files("bson-corpus", ending: ".json").flatMap { file in
      try Fixtures.json(file)[list]?.items.map {
        Case(name: "\(file): \($0["description"]?.text ?? "")", json: $0)
      } ?? []
    }
  }

  @Test(.enabled(if: Fixtures.folder != nil))
  func `every valid document is read, means what it should and is written byte for byte`() throws {
    var count = 0
    for each in try cases("valid") {
      let canonical = try #require(try each.bytes("canonical_bson"))
      let document = try BSONDecoder().document(canonical)
      #expect(document.encoded == canonical, "\(each.name)")
      let text = try #require(each.json["canonical_extjson"]?.text)
      #expect(document.isSame(as: try JSON(text: text)), "\(each.name)")
      for key in ["degenerate_bson", "converted_bson"] {
        guard let other = try each.bytes(key) else { continue }
        let again = try BSONDecoder().document(other)
        if key == "degenerate_bson" { #expect(again.encoded == canonical, "\(each.name)") }
      }
      count += 1
    }
    #expect(count == 728)
  }

  @Test(.enabled(if: Fixtures.folder != nil))
  func `every broken document is refused`() throws {
    var count = 0
    for each in try cases("decodeErrors") {
      let broken = try #require(try each.bytes("bson"))
      #expect(throws: BSONError.self, "\(each.name)") { try BSONDecoder().document(broken) }
      count += 1
    }
    #expect(count == 75)
  }

  @Test(.enabled(if: Fixtures.folder != nil))
  func `every prefix of every valid document is refused`() async throws {
    for each in try cases("valid") {
      await Task.yield()
      let canonical = try #require(try each.bytes("canonical_bson"))
      for count in 0..<canonical.count {
        #expect(throws: BSONError.self) { try BSONDecoder().document(Array(canonical[..<count])) }
      }
    }
  }

  @Test(.enabled(if: Fixtures.folder != nil))
  func `what mutated bytes still say is written as it was read`() async throws {
    let valid = try cases("valid").filter { !$0.name.contains("decimal128") }
      .compactMap { try $0.bytes("canonical_bson") }
    let replies = try Fixtures.files("replies", ending: ".bson").map { try Fixtures.bytes($0) }
    var accepted = 0
    try await Mutation.run(valid + valid + replies, seed: 1) { bytes in
      let document: BSONDocument
      do {
        document = try BSONDecoder().document(bytes)
      } catch is BSONError {
        return
      }
      accepted += 1
      let written = document.encoded
      #expect(written.count == bytes.count || document.hasArray)
      #expect(try BSONDecoder().document(written).encoded == written)
    }
    #expect(accepted > 0)
  }
}

extension BSONDocument {
  /// Keys of arrays are written anew, so the count of bytes may change.
  fileprivate var hasArray: Bool { elements.contains { $0.value.hasArray } }
}

extension BSONValue {
  fileprivate var hasArray: Bool {
    switch self {
    case .array: true
    case .document(let document), .scopedCode(_, let document):
      document.elements.contains { $0.value.hasArray }
    default: false
    }
  }
}

@Suite struct BSONTests {
  /// Documents within documents.
  private func nested(_ depth: Int, array: Bool) -> [UInt8] {
    var value = BSONDocument()
    for _ in 1..<depth { value = ["a": array ? [.document(value)] : .document(value)] }
    return value.encoded
  }

  @Test func `documents may be nested as deep as the limit and no deeper`() throws {
    _ = try BSONDecoder().document(nested(100, array: false))
    #expect(throws: BSONError.tooDeep(limit: 100)) {
      try BSONDecoder().document(nested(101, array: false))
    }
    #expect(throws: BSONError.tooDeep(limit: 100)) {
      try BSONDecoder().document(nested(60, array: true))
    }
    // The size alone would let it go on for ever.
    var deep: [UInt8] = []
    for level in stride(from: 100_000, to: 0, by: -1) {
      deep.appendSize(level * 8 - 3)
      if level > 1 { deep += [3, 97, 0] }
    }
    deep += [UInt8](repeating: 0, count: 100_000)
    #expect(throws: BSONError.tooDeep(limit: 100)) { try BSONDecoder().document(deep) }
  }

  @Test func `the number of elements has a limit, whatever their nesting`() throws {
    let document: BSONDocument = ["a": [1, 2, 3], "b": ["c": 4]]
    let bytes = document.encoded
    #expect(try BSONDecoder(elementLimit: 6).document(bytes) == document)
    #expect(throws: BSONError.tooManyElements(limit: 5)) {
      try BSONDecoder(elementLimit: 5).document(bytes)
    }
  }

  @Test func `a broken text is repaired in a value when asked for, and never in a key`() throws {
    let broken = try bytes(hex: "0E00000002610002000000E90000")
    #expect(throws: BSONError.invalidText(at: 11)) { try BSONDecoder().document(broken) }
    let repaired = try BSONDecoder(repairsText: true).document(broken)
    #expect(repaired["a"] == "\u{fffd}")
    let key = try bytes(hex: "080000000AE90000")
    #expect(throws: BSONError.invalidText(at: 5)) {
      try BSONDecoder(repairsText: true).document(key)
    }
  }

  @Test func `a number is read from whichever type it comes in`() {
    let one: [BSONValue] = [.int32(1), .int64(1), .double(1), .bool(true)]
    for value in one {
      #expect(value.number == 1)
      #expect(value.integer == 1)
      #expect(value.truth == true)
    }
    #expect(BSONValue.double(.nan).integer == nil)
    #expect(BSONValue.double(1e300).integer == nil)
    #expect(BSONValue.double(1.5).integer == nil)
    #expect(BSONValue.int64(.max).integer == .max)
    #expect(BSONValue.string("1").number == nil)
    #expect(BSONValue.null.number == nil)
  }

  @Test func `of a key that comes twice the first value counts`() throws {
    let document: BSONDocument = ["a": 1, "b": 2, "a": 3]
    let again = try BSONDecoder().document(document.encoded)
    #expect(again["a"] == 1)
    #expect(again.elements.count == 3)
    #expect(again[path: "a", "b"] == nil)
    #expect(BSONDocument([("x", ["y": ["z": 5]])])[path: "x", "y", "z"] == 5)
  }

  @Test func `timestamps are ordered by second and then by count, without a sign`() {
    let late = BSONTimestamp(seconds: 0xf000_0000, increment: 0)
    #expect(late > BSONTimestamp(seconds: 1, increment: 0xffff_ffff))
    #expect(BSONTimestamp(seconds: 1, increment: 0xf000_0000) > .init(seconds: 1, increment: 2))
  }

  @Test func `random documents survive writing and reading`() throws {
    var random = SeededRandom(seed: 7)
    for _ in 0..<2_000 {
      let document = BSONDocument.random(depth: 4, &random)
      let bytes = document.encoded
      let again = try BSONDecoder().document(bytes)
      #expect(again == document)
      #expect(again.encoded == bytes)
    }
  }
}

extension [UInt8] {
  fileprivate mutating func appendSize(_ value: Int) {
    for shift in [0, 8, 16, 24] { append(UInt8(truncatingIfNeeded: value >> shift)) }
  }
}

extension BSONDocument {
  fileprivate static func random(depth: Int, _ random: inout SeededRandom) -> BSONDocument {
    var document = BSONDocument()
    for _ in 0..<Int.random(in: 0...5, using: &random) {
      document.append(.random(&random), BSONValue.random(depth: depth, &random))
    }
    return document
  }
}

extension String {
  fileprivate static func random(_ random: inout SeededRandom) -> String {
    let letters = Array("abcé\u{1f600}ü $.")
    return String(
      (0..<Int.random(in: 0...20, using: &random)).map { _ in
        letters[Int.random(in: 0..<letters.count, using: &random)]
      }
    )
  }
}

extension BSONValue {
  fileprivate static func random(depth: Int, _ random: inout SeededRandom) -> BSONValue {
    let number = random.next()
    switch Int.random(in: 0..<(depth > 0 ? 21 : 18), using: &random) {
    case 0: return .double(Double(Int32(truncatingIfNeeded: number)) / 3)
    case 1: return .string(.random(&random))
    case 2:
      let bytes = (0..<Int.random(in: 0...40, using: &random)).map { UInt8(truncatingIfNeeded: $0) }
      return .binary(
        BSONBinary(bytes, subtype: [0, 2, 4, 0x80].randomElement(using: &random) ?? 0)
      )
    case 3: return .undefined
    case 4: return .objectID(BSONObjectID(high: number, low: UInt32(truncatingIfNeeded: number)))
    case 5: return .bool(number & 1 == 1)
    case 6: return .datetime(unixMilliseconds: Int64(bitPattern: number))
    case 7: return .null
    case 8: return .regex(pattern: .random(&random), options: "im")
    case 9: return .pointer(collection: .random(&random), id: BSONObjectID(high: number, low: 1))
    case 10: return .code(.random(&random))
    case 11: return .symbol(.random(&random))
    case 12: return .int32(Int32(truncatingIfNeeded: number))
    case 13:
      return .timestamp(BSONTimestamp(seconds: UInt32(number >> 32), increment: 7))
    case 14: return .int64(Int64(bitPattern: number))
    case 15: return .decimal128(low: number, high: ~number)
    case 16: return .minKey
    case 17: return .maxKey
    case 18: return .document(.random(depth: depth - 1, &random))
    case 19: return .scopedCode(.random(&random), scope: .random(depth: depth - 1, &random))
    default:
      return .array(
        (0..<Int.random(in: 0...12, using: &random)).map { _ in
          BSONValue.random(depth: depth - 1, &random)
        }
      )
    }
  }
}
