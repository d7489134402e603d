// SPDX-License-Identifier: MIT
import MongoWire
import Net
import TestSupport
import Testing

@Suite struct SASLprepTests {
  @Test func `the examples of RFC 4013 come out as it says`() throws {
    #expect(try SASLprep.prepared("I\u{ad}X") == "IX")
    #expect(try SASLprep.prepared("user") == "user")
    #expect(try SASLprep.prepared("USER") == "USER")
    #expect(try SASLprep.prepared("\u{aa}") == "a")
    #expect(try SASLprep.prepared("\u{2168}") == "IX")
    #expect(throws: PreparationError.prohibitedCharacter) { try SASLprep.prepared("\u{7}") }
    #expect(throws: PreparationError.mixedDirections) { try SASLprep.prepared("\u{627}1") }
  }

  @Test func `blanks become one kind, marks their order, and Hangul its syllables`() throws {
    #expect(try SASLprep.prepared("a\u{a0}b\u{3000}c\u{200b}d") == "a b cd")
    let reordered = try SASLprep.prepared("a\u{301}\u{323}")
    #expect(Array(reordered.unicodeScalars.map(\.value)) == [0x1ea1, 0x301])
    let syllable = try SASLprep.prepared("\u{1112}\u{1161}\u{11ab}")
    #expect(Array(syllable.unicodeScalars.map(\.value)) == [0xd55c])
    #expect(try SASLprep.prepared("\u{627}1\u{628}") == "\u{627}1\u{628}")
    #expect(throws: PreparationError.mixedDirections) {
      try SASLprep.prepared("\u{627}a\u{628}")
    }
    #expect(throws: PreparationError.unassignedCharacter) {
      try SASLprep.prepared("\u{1f600}")
    }
  }

  /// What is done with one text, as a line for a digest.
  private func line(_ text: [UInt32]) -> [UInt8] {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: text.compactMap(Unicode.Scalar.init))
    do {
      let prepared = try SASLprep.prepared(String(view))
      return Array((prepared.isEmpty ? "\n" : "=\(prepared)\n").utf8)
    } catch {
      switch error {
      case .prohibitedCharacter: return Array("P\n".utf8)
      case .unassignedCharacter: return Array("U\n".utf8)
      case .mixedDirections: return Array("M\n".utf8)
      }
    }
  }

  private func digest(_ ranges: [Range<UInt32>]) async -> String {
    var lines: [UInt8] = []
    for character in ranges.joined() where !(0xd800..<0xe000).contains(character) {
      if character.isMultiple(of: 64) { await Task.yield() }
      lines += line([character])
      lines += line([0x627, character, 0x628])
      lines += line([0x78, character])
      lines += line([character, 0x323, 0x301])
    }
    return Digest.hex(Digest.sha256(lines))
  }

  /// The digests were made by Python's `stringprep` and `unicodedata.ucd_3_2_0`.
  @Test func `every character is treated as another implementation treats it`() async {
    let some: [Range<UInt32>] = [
      0..<0x600, 0x900..<0xa00, 0x1e00..<0x2200, 0x3000..<0x3200, 0xfb00..<0xfe80, 0xff00..<0x10000,
      0x1d100..<0x1d200, 0xe0000..<0xe0080,
    ]
    #expect(
      await digest(some) == "171a68ddba626bd2a176fba57152345648d27eda334bb025dd14c84256290f78"
    )
    guard Mutation.wishedRounds ?? 0 >= 1_000_000 else { return }
    #expect(
      await digest([0..<0x110000])
        == "709df18ecb61e7435466799902ef40f24af007748f34e601e2029e180517c7f3"
    )
  }
}
