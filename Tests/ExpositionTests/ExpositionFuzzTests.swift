// SPDX-License-Identifier: MIT
import Exposition
import MetricModel
import TestSupport
import Testing

@Suite struct ExpositionFuzzTests {
  private static let own: [[UInt8]] = [
    "# HELP a b\\n\n# TYPE a counter\na{b=\"c\",d=\"e\\\"f\"} 1.5e3 1700000000000\na 0.1\na -0.0\n",
    "# TYPE a histogram\na_bucket{le=\"1.0\"} 0 1.5 # {a=\"b\"} 0.5 1\na_bucket{le=\"+Inf\"} 3 1.5\n"
      + "a_count 3 1.5\na_sum 2 1.5\n# TYPE b_s gauge\n# UNIT b_s s\nb_s NaN\n# EOF\n",
    "{\"a.b\",\"c.d\"=\"e\"} +Inf 12\n a { b = \"c\" , } 1 2\n",
  ].map { Array($0.utf8) }

  @Test func `changed texts are read or refused, alike in every slicing`() async throws {
    let cases = try ["openmetrics", "text004", "text004-scrape"].flatMap {
      try ConformanceCase.all("\($0).jsonl").map(\.bytes)
    }
    var random = SeededRandom(seed: 77)
    try await Mutation.run(Self.own + cases, seed: 76, standard: 6_000) { bytes in
      for rules in [ExpositionRules.text, .openMetrics] {
        let whole = try ReadText(bytes, rules.skipping)
        let parts = try ReadText(
          bytes,
          rules.skipping,
          slice: Int.random(in: 1...40, using: &random)
        )
        #expect(whole.lines == parts.lines && whole.faults == parts.faults, "\(bytes)")
        if let strict = try? ReadText(bytes, rules.strict) {
          #expect(whole.faults.isEmpty && strict.lines == whole.lines, "\(bytes)")
        }
      }
    }
  }

  @Test func `a known series' timestamp must not have a plus sign either`() throws {
    var reader = ExpositionReader(.text.skipping)
    let known = try ReadText(Array("a 1 1700000000000\n".utf8), &reader, known: []).series
    reader.restart()
    let again = try ReadText(Array("a 1 +1700000000000\n".utf8), &reader, known: known)
    #expect(again.lines.isEmpty)
    #expect(again.faults.count == 1)
  }

  @Test func `a reader that knows the series finds the same as one that does not`() async throws {
    var reader = ExpositionReader(.text.skipping)
    var known: [LabelSet] = []
    try await Mutation.run(Self.own, seed: 78, standard: 6_000) { bytes in
      if reader.seriesCount > 500 {
        reader.forgetSeries()
        known = []
      }
      reader.restart()
      let again = try ReadText(bytes, &reader, known: known)
      known = again.series
      let fresh = try ReadText(bytes, .text.skipping)
      #expect(again.lines == fresh.lines && again.faults == fresh.faults, "\(bytes)")
    }
  }
}
