// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import PromQL
import PromQLScripts
import TestSupport
import Testing

/// Changed query texts meet the parser, and what it takes the evaluator.
@Suite struct PromQLFuzzTests {
  private static let limits = QueryLimits(samples: 100_000, steps: 200, series: 1_000)

  /// The expressions and the data of all scripts.
  private struct Corpus {
    var texts = ["sum by (a) (rate(x{b=~\"c|d\"}[5m] offset 1m)) > bool 2", "x @ end() - 1e3"]
    var store = MemorySeries()

    init() {
      let own = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Scripts"
      let scripts = (ScriptFolder.load(path: own) ?? []) + (ScriptFolder.shared("core") ?? [])
      var seen: Set<LabelSet> = []
      for command in scripts.flatMap({ TestScript($0.text).commands }) {
        switch command {
        case .evaluate(let evaluation): texts.append(evaluation.expression)
        case .load(let step, let lines, _):
          for line in lines where seen.count < 400 && seen.insert(line.labels).inserted {
            store.append(line.labels, every: step, line.values.prefix(20).compactMap { $0 })
          }
        case .clear: break
        }
      }
    }
  }

  @Test func `changed texts are refused or print as they parse, and never trap`() async {
    let corpus = Corpus()
    var accepted = 0
    await Mutation.run(corpus.texts.map { Array($0.utf8) }, seed: 42) { bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      guard let expression = try? PromQLParser.parse(text) else { return }
      accepted += 1
      let printed = expression.description
      #expect((try? PromQLParser.parse(printed)) == expression, "\(text) became \(printed)")
    }
    #expect(accepted > 100)
  }

  @Test func `changed queries that parse are evaluated within their limits`() async {
    let corpus = Corpus()
    let engine = QueryEngine(limits: Self.limits)
    let time = Timestamp(unixMilliseconds: 600_000)
    var results = 0
    await Mutation.run(corpus.texts.map { Array($0.utf8) }, seed: 43) { bytes, place in
      let text = String(decoding: bytes, as: UTF8.self)
      guard let expression = try? PromQLParser.parse(text) else { return }
      let result =
        place.isMultiple(of: 2)
        ? try? engine.instant(expression, at: time, reading: corpus.store)
        : try? engine.range(
          expression,
          from: time,
          through: time + .seconds(600),
          step: .seconds(47),
          reading: corpus.store
        )
      if result != nil { results += 1 }
    }
    #expect(results > 100)
  }

  @Test func `random words of the language never trap`() async {
    let words = [
      "x", "sum", "rate", "(", ")", "[5m]", "[", "]", "{", "}", "by", "without", "on", "ignoring",
      "group_left", "bool", "offset", "@", "start()", "end()", "-", "+", "^", "*", "==", "!=",
      "and",
      "or", "unless", ",", ":", "1", "1m", "Inf", "\"a\"", "a=\"b\"", "=~", "topk", "anchored",
      "smoothed", "fill(", "step()", "min_of(", "info", "\\", "'", "`", "#", "\n", "count_values",
    ]
    let originals = words.indices.map { first in
      (0..<40).flatMap { Array((words[(first * 7 + $0 * 13) % words.count] + " ").utf8) }
    }
    await Mutation.run(originals, seed: 44) { bytes in
      _ = try? PromQLParser.parse(String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test(arguments: [
    ("(", "1", ")"), ("-", "x", ""), ("sum(", "x", ")"), ("abs(", "x", ")"),
    ("sum_over_time(", "x", "[5m:1m])"), ("1 + (", "x", ")"), ("", "1", "^1"),
    ("label_replace(", "x", ",\"a\",\"b\",\"c\",\"d\")"), ("2 ^ ", "x", ""),
  ])
  func `nesting beyond the limit is refused by name`(open: String, core: String, close: String) {
    for times in [190, 250, 5_000] {
      let text =
        String(repeating: open, count: times) + core + String(repeating: close, count: times)
      do throws(PromQLParseError) {
        let expression = try PromQLParser.parse(text)
        #expect(times == 190)
        _ = try? QueryEngine(limits: Self.limits).instant(
          expression,
          at: .epoch,
          reading: MemorySeries()
        )
      } catch {
        let limits = [
          "expression is nested more than 200 levels deep", "query is longer than 65536 bytes",
        ]
        #expect(limits.contains(error.message), "\(times): \(error)")
      }
    }
  }
}
