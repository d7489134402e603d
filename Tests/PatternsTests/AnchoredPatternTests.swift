// SPDX-License-Identifier: MIT
import MetricModel
import Patterns
import TestSupport
import Testing

@Suite struct AnchoredPatternTests {
  @Test(arguments: [
    ("abc", "abc", true), ("abc", "abcd", false), ("abc", "xabc", false), ("", "", true),
    ("", "a", false), ("a|b|", "", true), ("a|b", "b", true), ("a|b", "ab", false),
    ("(a|b)", "a", true), ("(?:a|b)", "a", true), ("web-.*", "web-", true),
    ("web-.+", "web-", false), ("web-.+", "web-1", true), ("web-.*", "xweb-1", false),
    (".*", "", true), (".+", "", false), (".+", "\n", true), ("a.b", "a\nb", true),
    ("(?i)ABC", "abc", true), (#"10\.0\.0\.1"#, "10.0.0.1", true),
    (#"10\.0\.0\.1"#, "10x0.0.1", false), (#"a\|b"#, "a|b", true), (#"a\|b"#, "a", false),
    (#"a\.*"#, "a...", true), (#"a\.*"#, "a.x", false), (#"\d+"#, "123", true),
    (#"\d+"#, "d", false), ("a|b.*", "bcd", true), ("a|b.*", "ac", false), ("é+", "éé", true),
    ("a{2}", "aa", true), ("[ab]*", "abab", true), ("^abc$", "abc", true),
  ])
  func `the whole value must match`(pattern: String, value: String, matches: Bool) throws {
    #expect(try AnchoredPattern(pattern).matches(value) == matches)
    #expect(try AnchoredPattern(pattern, capturing: true).matches(value) == matches)
  }

  @Test func `simple forms answer as RE2 does`() throws {
    let seed: UInt64 = 20_260_801
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let pieces = ["a", "b", "ab", "|", ".*", ".+", "\\.", ".", "(", ")", "\\|", "é", "\n", "-"]
    let values = ["", "a", "b", "ab", "a.", ".", "a|b", "é", "\n", "ba", "a-b", "aab", "-"]
    var compiled = 0
    for _ in 0..<3_000 {
      let count = Int.random(in: 0...5, using: &random)
      let pattern = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      guard let simple = try? AnchoredPattern(pattern) else { continue }
      let full = try AnchoredPattern(pattern, capturing: true)
      compiled += 1
      for value in values {
        #expect(simple.matches(value) == full.matches(value), "\(pattern) on \(value)")
      }
    }
    #expect(compiled > 1_000)
  }

  @Test(arguments: ["(", "a**", "[", "(?=a)", #"\1"#, "a{2000}", "(?P<n>a"])
  func `an expression that RE2 refuses is an error with its reason`(pattern: String) throws {
    let error = #expect(throws: PatternError.self) { try AnchoredPattern(pattern) }
    #expect(error?.pattern == pattern)
    #expect(error?.reason.isEmpty == false)
  }

  @Test func `an expression that is too long is refused`() throws {
    let limit = AnchoredPattern.maximumPatternBytes
    #expect(try AnchoredPattern(String(repeating: "a", count: limit)).matches("a") == false)
    let error = #expect(throws: PatternError.self) {
      try AnchoredPattern(String(repeating: "a", count: limit + 1))
    }
    #expect(error?.pattern.utf8.count ?? 0 < 300)
  }

  @Test func `an expression that ruins backtracking engines is answered at once`() throws {
    let pattern = try AnchoredPattern("(a+)+(b|c)")
    let start = ContinuousClock.now
    #expect(!pattern.matches(String(repeating: "a", count: 50_000)))
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test(arguments: [
    ("$1-$2", "web-eu"), ("${2}x", "eux"), ("$2x", ""), ("$$1", "$1"), ("$0", "web:eu"),
    ("$name", "web"), ("${name}!", "web!"), ("$9", ""), ("$", "$"), ("a$-b", "a$-b"),
    ("${", "${"), ("${}", "${}"), ("plain", "plain"), ("é$1", "éweb"),
  ])
  func `a template is filled with the groups`(template: String, expected: String) throws {
    let pattern = try AnchoredPattern("(?P<name>[a-z]+):(eu|us)(z)?", capturing: true)
    #expect(pattern.expanding(template, for: "web:eu") == expected)
    #expect(pattern.expanding(template, for: "web:asia") == nil)
  }

  @Test func `alternatives of literals are told`() throws {
    #expect(try AnchoredPattern("b|a").literalValues == ["a", "b"])
    #expect(try AnchoredPattern("a").literalValues == ["a"])
    #expect(try AnchoredPattern("a.*").literalValues == nil)
  }
}

@Suite struct CompiledMatcherTests {
  @Test(arguments: [
    (LabelMatcher.Operation.equal, "b", "b", true), (.equal, "", "", true),
    (.equal, "", "b", false), (.notEqual, "b", "", true), (.notEqual, "", "", false),
    (.notEqual, "", "b", true), (.matches, "b|", "", true), (.matches, ".+", "", false),
    (.doesNotMatch, ".+", "", true), (.doesNotMatch, "b", "b", false),
    (.doesNotMatch, "b", "c", true),
  ])
  func `an absent label counts as the empty value`(
    operation: LabelMatcher.Operation,
    value: String,
    label: String,
    matches: Bool
  ) throws {
    let matcher = try CompiledMatcher(LabelMatcher("a", operation, value))
    #expect(matcher.matches(label) == matches)
    #expect(matcher.matches(LabelSet(["a": label, "z": "other"])) == matches)
    if label.isEmpty { #expect(matcher.matchesEmpty == matches) }
  }

  @Test func `texts that only look alike are different values`() throws {
    let matcher = try CompiledMatcher(LabelMatcher("a", .equal, "\u{e9}"))
    #expect(matcher.matches("\u{e9}"))
    #expect(!matcher.matches("e\u{301}"))
    let pattern = try CompiledMatcher(LabelMatcher("a", .matches, "x|\u{e9}"))
    #expect(!pattern.matches("e\u{301}"))
  }

  @Test func `a matcher with a faulty expression is an error`() {
    #expect(throws: PatternError.self) { try CompiledMatcher(LabelMatcher("a", .matches, "(")) }
    #expect(throws: Never.self) { try CompiledMatcher(LabelMatcher("a", .equal, "(")) }
  }

  @Test func `the only accepted values are told`() throws {
    #expect(try CompiledMatcher(LabelMatcher("a", .equal, "x")).acceptedValues == ["x"])
    #expect(try CompiledMatcher(LabelMatcher("a", .matches, "x|y")).acceptedValues == ["x", "y"])
    #expect(try CompiledMatcher(LabelMatcher("a", .notEqual, "x")).acceptedValues == nil)
  }
}
