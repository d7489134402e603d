// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import TestSupport
import Testing

@Suite struct MatcherTextTests {
  @Test(arguments: [
    (#"severity="page""#, LabelMatcher("severity", .equal, "page")),
    (#"severity=page"#, LabelMatcher("severity", .equal, "page")),
    (#" tier != "a b" "#, LabelMatcher("tier", .notEqual, "a b")),
    (#"tier=~"app|db.*""#, LabelMatcher("tier", .matches, "app|db.*")),
    (#"tier!~x.+"#, LabelMatcher("tier", .doesNotMatch, "x.+")),
    (#"n="a\"b\\c\nd""#, LabelMatcher("n", .equal, "a\"b\\c\nd")),
    (#"n=~"\d+""#, LabelMatcher("n", .matches, #"\d+"#)),
    (#"n="""#, LabelMatcher("n", .equal, "")),
    (#"n="a=b""#, LabelMatcher("n", .equal, "a=b")),
  ])
  func `a matcher reads as name, operator and value`(text: String, expected: LabelMatcher) throws {
    #expect(try MatcherText.matcher(text) == expected)
  }

  @Test(arguments: [
    "", "=x", "1a=x", "severity", "severity page", #"a="b"#, #"a="b\"#, #"a="b",c="d""#, "a=b,c=d",
    "{a=b}",
  ])
  func `text that is no matcher is refused`(text: String) {
    #expect(throws: MatcherText.Malformed.self) { try MatcherText.matcher(text) }
  }

  @Test func `every matcher that is written out reads back the same`() throws {
    var random = SeededRandom(seed: 7)
    let letters = Array("ab\"\\\n ={}~!,ü".unicodeScalars)
    for _ in 0..<500 {
      var value = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0..<8, using: &random) {
        value.append(letters.randomElement(using: &random) ?? "a")
      }
      let matcher = LabelMatcher("name", .notEqual, String(value))
      #expect(try MatcherText.matcher(matcher.description) == matcher)
    }
  }
}
