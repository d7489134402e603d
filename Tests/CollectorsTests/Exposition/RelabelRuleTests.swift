// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import Testing

@testable import Collectors

@Suite struct RelabelRuleTests {
  /// What is written, and what Prometheus keeps of `m{a="foo",b="bar",c="baz"}`; nil for nothing.
  struct Case: Sendable, CustomTestStringConvertible {
    let rules: String
    let kept: String?

    init(_ rules: String, _ kept: String?) {
      self.rules = rules
      self.kept = kept
    }

    var testDescription: String { rules }
  }

  private static let all = #"m{a="foo", b="bar", c="baz"}"#

  static let cases: [Case] = [
    Case(
      "{source_labels: [a], regex: f(.*), target_label: d, replacement: 'ch${1}-ch${1}'}",
      #"m{a="foo", b="bar", c="baz", d="choo-choo"}"#
    ),
    Case(
      "{source_labels: [a, b], regex: 'f(.*);(.*)r', target_label: a, replacement: 'b${1}${2}m'}",
      #"m{a="boobam", b="bar", c="baz"}"#
    ),
    Case("{source_labels: [a], regex: 'no(.*)', target_label: d, replacement: x}", all),
    // A part is not enough: expressions are anchored.
    Case("{source_labels: [a], regex: o, target_label: d, replacement: x}", all),
    Case("{source_labels: [a], regex: '.*o.*', action: drop}", nil),
    Case("{source_labels: [a], regex: foo, action: drop}", nil),
    Case("{source_labels: [b], regex: foo, action: drop}", all),
    Case("{source_labels: [a], regex: foo, action: keep}", all),
    Case("{source_labels: [a], regex: fo, action: keep}", nil),
    Case("{source_labels: [missing], regex: '', action: keep}", all),
    Case("{source_labels: [missing], action: drop}", nil),
    Case("{source_labels: [a], regex: f, target_label: b, replacement: bar}", all),
    Case(
      "{target_label: d, replacement: constant}",
      #"m{a="foo", b="bar", c="baz", d="constant"}"#
    ),
    Case("{target_label: a, replacement: ''}", #"m{b="bar", c="baz"}"#),
    Case("{source_labels: [missing], target_label: a}", #"m{b="bar", c="baz"}"#),
    Case(
      "{source_labels: [a], regex: '(f)(.*)', target_label: '${1}_$2', replacement: '$2$$'}",
      #"m{a="foo", b="bar", c="baz", f_oo="oo$"}"#
    ),
    Case("{source_labels: [a], regex: '(x?).*', target_label: '$1', replacement: y}", all),
    Case("{source_labels: [a], target_label: d, replacement: '$1x'}", all),
    Case(
      "{source_labels: [a], regex: '(?P<n>f)oo', target_label: d, replacement: '${n}-$9'}",
      #"m{a="foo", b="bar", c="baz", d="f-"}"#
    ),
    Case(
      "{source_labels: [a, b, c], separator: '|', target_label: d}",
      #"m{a="foo", b="bar", c="baz", d="foo|bar|baz"}"#
    ),
    Case(
      "{source_labels: [a, b], separator: '', target_label: d}",
      #"m{a="foo", b="bar", c="baz", d="foobar"}"#
    ),
    Case(
      "{source_labels: [a], action: hashmod, modulus: 1000, target_label: d}",
      #"m{a="foo", b="bar", c="baz", d="\#(hashOfFoo)"}"#
    ),
    Case(
      "{regex: '(b|c)', action: labelmap, replacement: 'new_$1'}",
      #"m{a="foo", b="bar", c="baz", new_b="bar", new_c="baz"}"#
    ),
    Case(
      "{regex: '(b.*)', action: labelmap, replacement: 'bar_${1}'}",
      #"m{a="foo", b="bar", bar_b="bar", c="baz"}"#
    ),
    Case("{regex: 'a|c', action: labeldrop}", #"m{b="bar"}"#),
    Case("{regex: '(__name__|job|instance|c)', action: labelkeep}", #"m{c="baz"}"#),
    Case(
      "{source_labels: [a], action: uppercase, target_label: d}",
      #"m{a="foo", b="bar", c="baz", d="FOO"}"#
    ),
    Case(
      "{target_label: a, replacement: FoO}, {source_labels: [a], action: lowercase, target_label: a}",
      all
    ),
    Case("{source_labels: [a], action: keepequal, target_label: b}", nil),
    Case("{source_labels: [a], action: dropequal, target_label: b}", all),
    Case(
      "{target_label: b, replacement: foo}, {source_labels: [a], action: keepequal, target_label: b}",
      #"m{a="foo", b="foo", c="baz"}"#
    ),
    Case(
      "{target_label: b, replacement: foo}, {source_labels: [a], action: dropequal, target_label: b}",
      nil
    ),
    Case(
      "{source_labels: [__name__], regex: '(.*)', target_label: __name__, replacement: 'x_$1'}",
      #"x_m{a="foo", b="bar", c="baz"}"#
    ),
    Case(
      "{source_labels: [job, instance], target_label: d}",
      #"m{a="foo", b="bar", c="baz", d="node;a:1"}"#
    ),
    Case("{source_labels: [a], regex: FOO, action: KEEP}", nil),
  ]

  /// md5("foo") is acbd18db4cc2f85cedef654fccc4a4d8.
  private static let hashOfFoo = String((0xedef_654f_ccc4_a4d8 as UInt64) % 1_000)

  @Test(arguments: cases)
  func `a rule does what Prometheus does`(one: Case) throws {
    var page = ScrapedPage("metric_relabel_configs: [\(one.rules)]")
    #expect(page.faults == [])
    let kept = try page.series("m{a=\"foo\",b=\"bar\",c=\"baz\"} 1\n")
    #expect(kept == (one.kept.map { [$0] } ?? []))
  }

  @Test func `rules stand one after another, and one that drops ends them`() throws {
    var page = ScrapedPage(
      """
      metric_relabel_configs: [
        {source_labels: [__name__], regex: 'go_.*', action: drop},
        {source_labels: [dev], target_label: device}, {regex: dev, action: labeldrop}]
      """
    )
    let text = "go_info 1\nio{dev=\"sda\"} 2\nio{dev=\"sdb\"} 3\n"
    #expect(try page.series(text) == [#"io{device="sda"}"#, #"io{device="sdb"}"#])
    #expect(try page.reader.read(Array(text.utf8)).scraped == 3)
  }

  @Test func `names are compared by their bytes`() {
    var draft = LabelDraft(LabelSet([Label("e\u{301}", "1")]))
    draft["\u{e9}"] = "2"
    #expect(draft.labels.count == 2)
    #expect(draft["e\u{301}"] == "1" && draft["\u{e9}"] == "2")
  }

  @Test func `texts that grow past the limit leave the series out`() throws {
    let long = String(repeating: "x", count: 60_000)
    let double = "{source_labels: [a], target_label: a, replacement: '$1$1'}"
    var page = ScrapedPage("metric_relabel_configs: [\(double), \(double)]")
    let scrape = try page.reader.read(Array("m{a=\"\(long)\"} 1\nn 1\n".utf8))
    #expect(scrape.lines.map(\.labels.metricName) == ["n"])
    #expect(scrape.leftOut == ["long_label": 1])
  }

  @Test(arguments: [
    ("{action: keeep}", ["action: must be one of", "Did you mean"]),
    ("{regex: '('}", ["regex: is no RE2 expression"]),
    ("{source_labels: [a]}", ["target_label: is required here"]),
    ("{target_label: 'a-b'}", ["target_label: must be a label name, not \"a-b\""]),
    ("{target_label: 'a$'}", ["target_label: must be a label name"]),
    ("{target_label: 'a${1'}", ["target_label: must be a label name"]),
    ("{action: hashmod, target_label: a}", ["modulus: is required here"]),
    ("{action: hashmod, target_label: a, modulus: -1}", ["modulus: must be a whole number"]),
    ("{action: lowercase, target_label: '$1'}", ["target_label: must be a label name"]),
    ("{action: lowercase, target_label: a, replacement: b}", ["replacement: has no meaning"]),
    ("{action: labelmap, replacement: 'a b'}", ["replacement: must be a label name"]),
    ("{action: labeldrop, regex: a, target_label: b}", ["target_label: has no meaning"]),
    ("{action: labelkeep, source_labels: [a]}", ["source_labels: has no meaning"]),
    ("{action: keepequal, target_label: a, regex: b}", ["regex: has no meaning"]),
    ("{source_label: [a], target_label: b}", ["did you mean \"source_labels\""]),
  ])
  func `a faulty rule is told with what is wrong`(rule: String, texts: [String]) {
    let faults = ScrapedPage("metric_relabel_configs: [\(rule)]").faults.joined(separator: "\n")
    for text in texts {
      #expect(faults.contains(text), "\(faults)")
    }
    #expect(faults.contains("exposition[0].metric_relabel_configs[0]."))
  }
}
