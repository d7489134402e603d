// SPDX-License-Identifier: MIT
import MetricModel
import PromQLScripts
import Testing

@Suite struct ScriptFormatTests {
  private func report(_ text: String) -> ScriptRunner {
    var runner = ScriptRunner()
    runner.run(TestScript(text), name: "some.test")
    return runner
  }

  @Test(
    arguments: [
      ("1 -2.5 1e3 Inf -Inf", [1, -2.5, 1_000, .infinity, -.infinity]),
      ("2x2", [2, 2, 2]), ("1+2x3", [1, 3, 5, 7]), ("1-2x2", [1, -1, -3]),
      ("1e2+1e-1x1", [100, 100.1]), ("-1-1x1", [-1, -2]), ("0x3", [0, 0, 0, 0]), ("", []),
    ] as [(String, [Double])]
  )
  func `values are written one by one or as sequences`(text: String, values: [Double]) throws {
    #expect(try ScriptValues(text).values == values)
  }

  @Test func `gaps, marks and histograms take their places`() throws {
    let notation = try ScriptValues("1 _ _x2 {{schema:0 count:1 buckets:[1 2]}}x1 stale {{}} 5")
    #expect(notation.values.count == 9)
    #expect(notation.hasHistograms)
    #expect(notation.values[6]?.isStalenessMarker == true)
    #expect(
      notation.values.map { $0 == nil }
        == [false, true, true, true, true, true, false, true, false]
    )
    let sum = try ScriptValues("{{sum:1}}+{{sum:1}}x3 1")
    #expect(sum.values == [nil, nil, nil, nil, 1])
  }

  @Test(arguments: [
    "abc", "1y3", "1+x3", "x3", "1x-1", "1x99999999999", "_x2000000", "{{a}", "0x1p3",
  ])
  func `what is no value is refused by name`(text: String) {
    #expect(throws: NotationFault.self) { try ScriptValues(text) }
  }

  @Test func `a line that cannot be read is named and stops nothing else`() {
    let runner = report(
      """
      load 1m
        a 1 2 3
        b{ 1 2 3
        c 1 zwei

      eval instant at 1m a
        a 2

      eval instant at soon a
        a 2

      evaluate this

      eval instant at 1m a
        expect miracle
        a 2
      eval instant at 2m a
        a 3

      eval instant at 2m a +
        a 3

      eval instant at 2m a
        a 4
      """
    )
    #expect(runner.passed == 2)
    let places = runner.failures.map { $0.prefix { $0 != " " } }
    #expect(
      places == [
        "some.test:3:", "some.test:4:", "some.test:9:", "some.test:12:", "some.test:15:",
        "some.test:20:", "some.test:23:",
      ]
    )
    #expect(runner.report.hasSuffix("\n2 passed, 7 failed"))
    #expect(runner.failures.last?.contains("some.test:23: a: a: got [Optional(3.0)]") == true)
  }

  @Test func `evaluations that need native histograms are counted by their reason`() {
    let runner = report(
      """
      load 1m
        h {{schema:0 sum:1 count:1 buckets:[1]}}x5
        f 1 2 3

      load_with_nhcb 1m
        c_bucket{le="1", a="b"} 1 2 3
        c_bucket{le="+Inf", a="b"} 1 2 3

      eval instant at 1m h
        h {{schema:0 sum:1 count:1 buckets:[1]}}

      eval instant at 1m count(h)
        {} 1

      eval instant at 1m histogram_quantile(0.5, c)
        {a="b"} 0.5

      eval instant at 1m c_bucket{le="1"}
        c_bucket{le="1", a="b"} 2

      eval instant at 1m f >/ 2

      eval instant at 1m histogram_sum(f)

      eval instant at 1m f
        f 2
      """
    )
    #expect(runner.failures.isEmpty, "\(runner.failures)")
    #expect(runner.passed == 2)
    #expect(
      runner.unsupported.map(\.reason) == [
        "expects native histograms", "selects native histograms", "selects native histograms",
        "trims native histograms", "histogram_sum()",
      ]
    )
    #expect(runner.unsupportedTable.contains("selects native histograms | 2 | some.test:12"))
  }

  @Test func `all ways to expect a failure, a string, a scalar or an annotation are known`() {
    let runner = report(
      """
      load 1m
        a{x="1"} 1
        b{x="1"} 1

      eval_fail instant at 0 {a="b",
        expected_fail_message unexpected end of input inside braces

      eval_fail instant at 0 abs(1)
        expected_fail_regexp expected type .* got scalar

      eval instant at 0 {__name__=~"a|b"} == on() group_left() {__name__=~"a|b"}
        expect fail regex: ^found duplicate series

      eval instant at 0 nosuch(1)
        expect fail msg: 1:1: parse error: unknown function with name "nosuch"

      eval instant at 0 "a\\tb"
        expect string `a	b`

      eval instant at 0 -0x10
        -16
      eval_warn instant at 0 quantile(2, a)
        {} Inf

      eval_info instant at 0 sum(increase(a[1m]))

      eval_ordered instant at 0 sort_desc(a)
        a{x="1"} 1

      eval instant at 0 a[1m]
        expect no_warn
        expect range vector from 0 to 30s step 30s
        a{x="1"} 1
      """
    )
    #expect(runner.failures.count == 1)
    #expect(runner.failures.first?.contains("sum(increase(a[1m]))") == true)
    #expect(runner.passed == 9)
  }
}
