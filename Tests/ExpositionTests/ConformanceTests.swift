// SPDX-License-Identifier: MIT
import Exposition
import TestSupport
import Testing

@Suite(.enabled(if: ConformanceCase.folder != nil)) struct ConformanceTests {
  @Test func `a strict reader of OpenMetrics agrees with every verdict`() throws {
    try check("openmetrics.jsonl", .openMetrics.strict, count: 211)
  }

  @Test func `a strict reader of the text format agrees with every verdict`() throws {
    try check("text004.jsonl", .text.strict, count: 26)
  }

  @Test func `a scraper of the text format agrees with every verdict`() throws {
    try check("text004-scrape.jsonl", .text, count: 51)
  }

  @Test func `a scraper reads whatever a strict reader takes, and finds the same in it`() throws {
    for (file, rules) in [
      ("openmetrics.jsonl", ExpositionRules.openMetrics), ("text004.jsonl", .text),
    ] {
      for one in try ConformanceCase.all(file) where one.shouldParse == true {
        let strict = try ReadText(one.bytes, rules.strict)
        let lenient = try ReadText(one.bytes, rules)
        #expect(strict.lines == lenient.lines, "\(one.name)")
        let again = try twice(one.bytes, rules)
        #expect(again == lenient.lines, "\(one.name)")
      }
    }
  }

  @Test func `whole expositions are read`() throws {
    let samples = try ConformanceCase.samples()
    #expect(samples.count == 4)
    for (name, bytes) in samples {
      let rules = name.hasSuffix(".om.txt") ? ExpositionRules.openMetrics : .text
      let read = try ReadText(bytes, rules)
      let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        .filter { !$0.hasPrefix("#") }
      #expect(read.lines.count == lines.count, "\(name)")
      for slice in [1, 7, 100, 4_096] {
        #expect(try ReadText(bytes, rules, slice: slice).lines == read.lines, "\(name), \(slice)")
      }
    }
  }

  private func check(_ file: String, _ rules: ExpositionRules, count: Int) throws {
    let cases = try ConformanceCase.all(file)
    #expect(cases.count == count)
    for one in cases {
      var refusal: ExpositionFault?
      do throws(ExpositionFault) {
        _ = try ReadText(one.bytes, rules)
      } catch {
        refusal = error
      }
      guard let shouldParse = one.shouldParse else { continue }
      #expect((refusal == nil) == shouldParse, "\(one.name): \(refusal?.description ?? "taken")")
      for slice in [1, 3] {
        let whole = try? ReadText(one.bytes, rules, slice: slice)
        #expect((whole != nil) == shouldParse, "\(one.name) in slices of \(slice)")
      }
    }
  }

  /// What a reader finds that has read the same text before.
  private func twice(_ bytes: [UInt8], _ rules: ExpositionRules) throws -> [ReadText.Line] {
    var reader = ExpositionReader(rules)
    let first = try ReadText(bytes, &reader)
    reader.restart()
    let second = try ReadText(bytes, &reader, known: first.series)
    #expect(second.series.count == first.series.count)
    return second.lines
  }
}
