// SPDX-License-Identifier: MIT
import Exposition
import MetricModel
import TestSupport
import Testing

@Suite struct ReaderTests {
  private let page = """
    # HELP up whether it "answers"\\n\\\\
    # TYPE up gauge
    up{job="a"} 1 1000
    up{job="b"} 0 1000
    up{job="a"} 0 2000
    load 1.5

    """

  @Test func `series are numbered once, however often their lines come`() throws {
    var reader = ExpositionReader(.text)
    let first = try ReadText(Array(page.utf8), &reader)
    let (a, b) = (LabelSet(metric: "up", ["job": "a"]), LabelSet(metric: "up", ["job": "b"]))
    #expect(first.series == [a, b, LabelSet(metric: "load")])
    #expect(first.lines.map(\.labels) == [a, b, a, LabelSet(metric: "load")])
    #expect(first.lines.map(\.time) == [1_000, 1_000, 2_000, nil])
    reader.restart()
    let again = try ReadText(Array(page.utf8), &reader, known: first.series)
    #expect(again.lines == first.lines)
    #expect(reader.seriesCount == 3)
    reader.forgetSeries()
    reader.restart()
    #expect(try ReadText(Array(page.utf8), &reader).lines == first.lines)
  }

  @Test func `lines may come in any order and series of one beginning are told apart`() throws {
    var reader = ExpositionReader(.text)
    var random = SeededRandom(seed: 3)
    var known: [LabelSet] = []
    let names = ["a", "ab", "a {x=\"1\"}", "a{x=\"1\"}", "a{x=\"12\"}", "a{x=\"1\",y=\"2\"}"]
    for _ in 0..<200 {
      let order = names.shuffled(using: &random)
      let text = order.map { "\($0) \(Int.random(in: 0...9, using: &random))\n" }.joined()
      let read = try ReadText(Array(text.utf8), &reader, known: known)
      known = read.series
      let plain = try ReadText(text, .text)
      #expect(read.lines == plain.lines)
      reader.restart()
    }
    #expect(reader.seriesCount == names.count)
  }

  @Test func `what describes metrics is told to those who want it`() throws {
    let read = try ReadText(page, .text.with { $0.wantsMetadata = true })
    #expect(
      read.metadata.map(\.fact) == [.help("whether it \"answers\"\n\\"), .type("gauge")]
    )
    #expect(read.metadata.map(\.family) == ["up", "up"])
    #expect(try ReadText(page, .text).metadata.isEmpty)
  }

  @Test func `a fault names its line and ends the reading`() throws {
    var reader = ExpositionReader(.text)
    var batch = ExpositionBatch()
    let text = Array("a 1\nb 2\nc\nd 4\n".utf8)
    let fault = #expect(throws: ExpositionFault.self) {
      try reader.read(text.span, into: &batch)
    }
    #expect(fault?.description == "line 3: the value is missing")
    #expect(batch.samples.map(\.value) == [1, 2])
  }

  @Test func `a fault is skipped and reported when that is asked for`() throws {
    let text = "a 1\nb\n{} 2\na x\na 1 2 3\na{b=\"c\" 4\na 5\n"
    let read = try ReadText(text, .text.skipping)
    #expect(read.lines.map(\.value) == [1, 5])
    #expect(read.faults.map(\.line) == [2, 3, 4, 5, 6])
    #expect(read.series.count == 1, "a line with a fault adds no series")
  }

  @Test func `a line over the limit is one fault, whatever the slices`() throws {
    let rules = ExpositionRules.text.skipping.with { $0.lineBytesMax = 100 }
    let long = "a{b=\"" + String(repeating: "x", count: 5_000) + "\"} 1\n"
    let text = Array("a 1\n\(long)\(long)a 2\n".utf8)
    for slice in [1, 13, 99, 100, 101, 4_096, .max] {
      let read = try ReadText(text, rules, slice: slice)
      #expect(read.lines.map(\.value) == [1, 2], "slices of \(slice)")
      #expect(read.faults.map(\.line) == [2, 3], "slices of \(slice)")
    }
  }

  @Test func `labels, their values and the series have limits`() throws {
    let rules = ExpositionRules.text.skipping.with {
      $0.labelsMax = 2
      $0.labelBytesMax = 4
      $0.seriesMax = 3
    }
    let text = """
      a{b="1",c="2"} 1
      a{b="1",c="2",d="3"} 2
      a{b="12345"} 3
      a{b="1\\n34"} 4
      c 5
      d 6
      c 7

      """
    let read = try ReadText(text, rules)
    #expect(read.lines.map(\.value) == [1, 4, 5, 7])
    #expect(read.faults.map(\.line) == [2, 3, 6])
  }

  @Test func `a sample without a timestamp is a fault where one is needed`() throws {
    let rules = ExpositionRules.text.skipping.with { $0.needsTimestamps = true }
    let read = try ReadText("a 1 5\na 2\na 3 6\n", rules)
    #expect(read.lines.map(\.value) == [1, 3])
    #expect(read.faults.map(\.line) == [2])
  }

  @Test func `a timestamp out of the bounds is a fault`() throws {
    let rules = ExpositionRules.text.skipping.with { $0.times = 10...20 }
    let read = try ReadText("a 1 10\na 2 9\na 3 20\na 4 21\na 5\n", rules)
    #expect(read.lines.map(\.value) == [1, 3, 5])
    #expect(
      read.faults.map(\.description) == [
        "line 2: the timestamp is too early", "line 4: the timestamp is too late",
      ]
    )
  }

  @Test func `a text cut before its mark of the end is told`() throws {
    let whole = Array("# TYPE a gauge\na 1 2\n# EOF\n".utf8)
    for length in 0..<(whole.count - 1) {
      #expect(throws: ExpositionFault.self) { try ReadText(Array(whole[..<length]), .openMetrics) }
    }
    #expect(try ReadText(Array(whole.dropLast()), .openMetrics).lines.count == 1)
    let read = try ReadText("a 1\n# EOF\nb 2\n", .openMetrics.skipping)
    #expect(read.faults.map(\.description) == ["line 3: there is more text behind # EOF"])
  }

  @Test func `a scraper takes what strict readers of OpenMetrics refuse about families`() throws {
    let text = "# TYPE a counter\na_total -1\nb 1\na_total{c=\"1\",} NaN\n# EOF\n"
    #expect(try ReadText(text, .openMetrics).lines.count == 3)
    #expect(throws: ExpositionFault.self) { try ReadText(text, .openMetrics.strict) }
  }

  @Test func `names in quotes are read`() throws {
    let read = try ReadText("{\"my.metric\",\"b.c\"=\"d\"} 1\n# TYPE \"my.metric\" gauge\n", .text)
    #expect(read.series == [LabelSet(metric: "my.metric", ["b.c": "d"])])
  }
}
