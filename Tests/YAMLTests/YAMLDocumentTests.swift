// SPDX-License-Identifier: MIT
import TestSupport
import Testing
import YAML

@Suite struct YAMLDocumentTests {
  private func parse(_ text: String) throws(YAMLError) -> YAMLDocument {
    try YAMLDocument(parsing: Array(text.utf8))
  }

  private func root(_ text: String) throws -> YAMLNode {
    try #require(try parse(text).root)
  }

  private func fault(_ text: String) -> YAMLError? { fault(Array(text.utf8)) }

  private func fault(_ bytes: [UInt8]) -> YAMLError? {
    do throws(YAMLError) {
      _ = try YAMLDocument(parsing: bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test func `every node knows its line and column`() throws {
    let text = """
      # comment
      poll:
        interval: 10s
        list: [a, "b"]
      häuser: {ü: 1}
      """
    guard case .mapping(let entries) = try root(text).content else {
      Issue.record("not a mapping")
      return
    }
    #expect(entries.map(\.key) == ["poll", "häuser"])
    #expect(entries.map(\.mark) == [YAMLMark(line: 2, column: 1), YAMLMark(line: 5, column: 1)])
    guard case .mapping(let poll) = entries[0].value.content,
      case .sequence(let items) = poll[1].value.content,
      case .mapping(let inner) = entries[1].value.content
    else {
      Issue.record("not the expected shape")
      return
    }
    #expect(entries[0].value.mark == YAMLMark(line: 3, column: 3))
    #expect(poll[0].value.mark == YAMLMark(line: 3, column: 13))
    #expect(items.map(\.mark) == [YAMLMark(line: 4, column: 10), YAMLMark(line: 4, column: 13)])
    // Columns count characters, not bytes.
    #expect(inner[0].mark == YAMLMark(line: 5, column: 10))
  }

  @Test func `quotes are remembered, so that "5" is told from 5`() throws {
    #expect(try root("5").content == .scalar("5", isQuoted: false))
    #expect(try root("\"5\"").content == .scalar("5", isQuoted: true))
    #expect(try root("'it''s'").content == .scalar("it's", isQuoted: true))
    #expect(try root("|\n  a\n  b\n").content == .scalar("a\nb\n", isQuoted: true))
    #expect(try root("\"\\u00e9\\n\"").content == .scalar("é\n", isQuoted: true))
  }

  @Test(arguments: ["~", "null", "Null", "NULL", "--- \n"])
  func `an unquoted null is null`(text: String) throws {
    #expect(try root(text).isNull)
    #expect(try root(text).kindText == "nothing")
  }

  @Test(arguments: ["'null'", "\"~\"", "''", "nil", "0", "false", "[]", "{}"])
  func `anything else is not null`(text: String) throws {
    #expect(try !root(text).isNull)
  }

  @Test func `kinds have words for messages`() throws {
    #expect(try root("a").kindText == "a single value")
    #expect(try root("[a]").kindText == "a list")
    #expect(try root("{a: 1}").kindText == "a section of keys")
  }

  @Test(arguments: ["", "\n\n", "# only a comment\n", "   "])
  func `a text without a value has no root`(text: String) throws {
    #expect(try parse(text).root == nil)
  }

  @Test func `a byte order mark is no part of the text`() throws {
    let document = try parse("\u{feff}a: 1")
    guard case .mapping(let entries) = document.root?.content else {
      Issue.record("not a mapping")
      return
    }
    #expect(entries.map(\.key) == ["a"])
  }

  @Test func `carriage returns end lines too`() throws {
    guard case .mapping(let entries) = try root("a: 1\r\nb: 2\r\n").content else {
      Issue.record("not a mapping")
      return
    }
    #expect(entries.map(\.mark.line) == [1, 2])
  }

  @Test func `a further document is noticed`() throws {
    #expect(try parse("a: 1\n").furtherDocument == nil)
    #expect(try parse("a: 1\n...\n").furtherDocument == nil)
    #expect(try parse("a: 1\n---\nb: 2\n").furtherDocument == YAMLMark(line: 2, column: 1))
  }

  @Test func `a key that stands twice is refused at its second place`() {
    let twice = fault("a: 1\nb: 2\na: 3\n")
    #expect(twice?.mark == YAMLMark(line: 3, column: 1))
    #expect(twice?.reason == "the key \"a\" stands twice in this section")
    #expect(fault("x: {a: 1}\ny: {a: 1}") == nil)
  }

  @Test func `aliases are refused`() {
    let fault = fault("a: &x [1]\nb: *x\n")
    #expect(fault?.mark == YAMLMark(line: 2, column: 4))
    #expect(fault?.reason == "aliases (*name) are not supported: write the value out")
    #expect(self.fault("a: &x {b: 1}\nc:\n  <<: *x\n")?.mark == YAMLMark(line: 3, column: 7))
  }

  private func expanded(_ text: String) throws -> YAMLNode? {
    try YAMLDocument(parsing: Array(text.utf8), expandsAliases: true).root
  }

  @Test func `aliases stand for what they name where the caller wants them`() throws {
    let root = try #require(try expanded("a: &x [1, {b: 2}]\nc: *x\nd: &y text\ne: *y\n"))
    guard case .mapping(let entries) = root.content else {
      Issue.record("no mapping")
      return
    }
    #expect(entries[0].value == entries[1].value)
    #expect(entries[3].value.content == .scalar("text", isQuoted: false))
    #expect(throws: YAMLError.self) { try expanded("a: *x\n") }
    #expect(throws: YAMLError.self) { try expanded("a: &x [*x]\n") }
  }

  @Test func `a merged section gives its keys, which those that stand there themselves win over`()
    throws
  {
    let text = "a: &x {k: 1, l: 2}\nb: {<<: *x, l: 3}\nc: {<<: [*x, {m: 4}]}\n"
    let root = try #require(try expanded(text))
    guard case .mapping(let entries) = root.content,
      case .mapping(let merged) = entries[1].value.content,
      case .mapping(let listed) = entries[2].value.content
    else {
      Issue.record("no mappings")
      return
    }
    #expect(merged.map(\.key) == ["l", "k"])
    #expect(merged[0].value.content == .scalar("3", isQuoted: false))
    #expect(listed.map(\.key) == ["k", "l", "m"])
    #expect(throws: YAMLError.self) { try expanded("a: {<<: text}\n") }
  }

  @Test func `aliases that multiply, or nest without end, are refused`() {
    let lists = (1...9).map { level in
      let above = [String](repeating: "*l\(level - 1)", count: 9).joined(separator: ", ")
      return "l\(level): &l\(level) [\(above)]\n"
    }
    let text = "l0: &l0 [1, 2, 3]\n" + lists.joined()
    #expect(throws: YAMLError.self) { try expanded(text) }
    let deep = (1...80).map { "d\($0): &d\($0) [*d\($0 - 1)]\n" }.joined()
    #expect(throws: YAMLError.self) { try expanded("d0: &d0 1\n" + deep) }
  }

  @Test func `a key that is not a single value is refused`() {
    #expect(fault("? [a, b]\n: 1\n")?.reason == "a key must be a single value")
  }

  @Test func `faults of the syntax name their place`() {
    let open = fault("a:\n  b: [1, 2\nc: 3\n")
    #expect(open?.mark.line == 3)
    #expect(open?.reason.contains("expected ',' or ']'") == true)
    #expect(open?.reason.contains("while parsing a flow sequence") == true)
    #expect(fault("a: b: c")?.mark == YAMLMark(line: 1, column: 5))
    #expect(fault("a: \"x")?.reason.isEmpty == false)
    #expect(fault("a: 1\n\tb: 2")?.mark.line == 2)
  }

  @Test func `text that is not UTF-8 names the line that holds it`() {
    let fault = fault(Array("a: 1\nb: 2\nc: ".utf8) + [0xff, 0xfe])
    #expect(fault?.mark == YAMLMark(line: 3, column: 4))
    let control = self.fault(Array("a: 1\nb: ".utf8) + [0x01])
    #expect(control?.mark == YAMLMark(line: 2, column: 4))
    #expect(control?.reason.contains("control characters") == true)
  }

  @Test func `nesting up to the limit is read, one more is refused`() {
    let limit = YAMLDocument.depthMax
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(fault(nested(limit)) == nil)
    let fault = fault(nested(limit + 1))
    #expect(fault?.reason == "nested deeper than 64 levels")
    #expect(fault?.mark == YAMLMark(line: 1, column: 65))
    #expect(self.fault(String(repeating: "{a: ", count: 2_000)) != nil)
    #expect(self.fault(String(repeating: "- ", count: 100_000))?.reason.contains("deeper") == true)
  }

  @Test func `text up to the limit is read, one byte more is refused`() {
    let comment = Array(repeating: UInt8(ascii: "#"), count: YAMLDocument.textBytesMax)
    #expect(fault(comment) == nil)
    let fault = fault(comment + [UInt8(ascii: "#")])
    #expect(fault?.reason == "the text is larger than 4194304 bytes")
  }

  private static let sample = """
    cluster: {name: "h\\u00e4s", zone: Europe/Berlin}
    tiers:
      - name: 'a ''b'''
        text: |
          one
          two
        folded: >-
          x
      - {members: [1, 2, ~], "q": &n !!str 5}
    ---
    second: true
    """

  @Test func `text cut anywhere is read or refused, never a crash`() {
    let bytes = Array(Self.sample.utf8)
    var read = 0
    for length in 0...bytes.count where fault(Array(bytes[..<length])) == nil { read += 1 }
    #expect(read > 0 && read < bytes.count)
  }

  @Test(arguments: [UInt64(21), 22, 23])
  func `changed and random bytes are read or refused, never a crash`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let original = Array(Self.sample.utf8)
    let marks = Array("{}[]:,-?&*!|>'\"%@`#\n\t \\~".utf8)
    var refused = 0
    for round in 0..<1_500 {
      var bytes = original
      if round.isMultiple(of: 3) {
        bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
          marks.randomElement(using: &random) ?? 0
        }
      } else {
        for _ in 0..<Int.random(in: 1...6, using: &random) {
          let place = Int.random(in: 0..<bytes.count, using: &random)
          bytes[place] =
            round.isMultiple(of: 2)
            ? UInt8.random(in: 0...255, using: &random) : marks.randomElement(using: &random) ?? 0
        }
      }
      if let fault = fault(bytes) {
        refused += 1
        #expect(fault.mark.line >= 1 && fault.mark.column >= 1, "seed \(seed) round \(round)")
        #expect(!fault.reason.isEmpty)
      }
    }
    #expect(refused > 100, "seed \(seed)")
  }
}
