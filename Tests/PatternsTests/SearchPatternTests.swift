// SPDX-License-Identifier: MIT
import Patterns
import Testing

@Suite struct SearchPatternTests {
  @Test(arguments: [
    ("b", "abc", true), ("^b", "abc", false), ("c$", "abc", true), ("a.c", "a\nc", false),
    ("(?s)a.c", "a\nc", true), ("", "", true), ("x", "", false),
  ])
  func `an expression is found anywhere in a text`(
    pattern: String,
    text: String,
    expected: Bool
  ) throws {
    #expect(try SearchPattern(pattern).isFound(in: text) == expected)
  }

  @Test(arguments: [
    ("a", "x", "banana", "bxnxnx"), ("^a", "", "aaa", "aa"), ("\\bb", "-", "bb b", "-b -"),
    ("(\\w+)@(\\w+)", "$2 at ${1}", "me@here, you@there", "here at me, there at you"),
    ("(?P<n>a)", "<$n>", "cab", "c<a>b"), ("a*", "-", "baac", "-b-c-"), ("", "-", "äb", "-ä-b-"),
    ("(a)|b", "[$1]", "ab", "[a][]"), ("x", "$0$$", "x", "x$"), ("x", "y", "", ""),
  ])
  func `every match is replaced`(
    pattern: String,
    template: String,
    text: String,
    expected: String
  ) throws {
    let result = try SearchPattern(pattern).replacing(in: text, with: template, bytesMax: 1_000)
    #expect(result == expected)
  }

  @Test func `a result that is too long is not made`() throws {
    let pattern = try SearchPattern("a")
    #expect(pattern.replacing(in: "aaaa", with: "xxx", bytesMax: 11) == nil)
    #expect(pattern.replacing(in: "aaaa", with: "xxx", bytesMax: 12) != nil)
  }

  @Test(arguments: ["(", "a)", "[", "(?<n>a)(?=b)", "\\1"])
  func `an expression that is not valid is refused as written`(pattern: String) {
    #expect(throws: PatternError.self) { try SearchPattern(pattern) }
  }
}
