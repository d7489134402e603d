// SPDX-License-Identifier: MIT
import MetricModel
import PromQL
import Testing

@Suite struct SeriesNotationTests {
  @Test(
    arguments: [
      ("1 2", [1, 2]), ("_ 1 _x2", [nil, 1, nil, nil]), ("1x2", [1, 1, 1]),
      ("0+1.5x2", [0, 1.5, 3]),
      ("3-1x1", [3, 2]), ("-1-1x1", [-1, -2]), ("1e-1+1e+1x1", [0.1, 10.1]), ("0x2", [0, 0, 0]),
      ("Inf -inf +Inf", [.infinity, -.infinity, .infinity]), ("", []), ("_x0 5x0", [5]),
    ] as [(String, [Double?])]
  )
  func `values are read`(text: String, expected: [Double?]) throws {
    #expect(try SeriesNotation(series: "x", values: text).values == expected)
  }

  @Test func `a staleness marker and an ordinary NaN are told apart`() throws {
    let values = try SeriesNotation(series: "x", values: "stale NaN").values
    #expect(values.map { $0?.isStalenessMarker } == [true, false])
  }

  @Test(arguments: [
    "y", "1x", "1x-1", "x3", "1+x3", "0x1F", "{{schema:1}}", "stalex3", "1..2", "nan(1)",
    "1x9999999999",
    "1x1000000", "5x500000 5x500000",
  ])
  func `what is no value is refused`(text: String) {
    #expect(throws: SeriesNotationFault.self) { try SeriesNotation(series: "x", values: text) }
  }

  @Test(arguments: [
    ("up", LabelSet(metric: "up")), ("up{}", LabelSet(metric: "up")), ("{}", LabelSet.empty),
    ("{job=\"a\"}", LabelSet(["job": "a"])), ("", LabelSet.empty),
    ("{\"my.metric\", \"a.b\"='c'}", LabelSet(metric: "my.metric", ["a.b": "c"])),
  ])
  func `label sets are read`(text: String, expected: LabelSet) throws {
    #expect(try SeriesNotation.labels(text) == expected)
  }

  @Test(arguments: ["up{", "up{a=~\"b\"}", "up offset 5m", "up + up", "up[5m]"])
  func `what is not one series is refused`(text: String) {
    #expect(throws: SeriesNotationFault.self) { try SeriesNotation.labels(text) }
  }
}
