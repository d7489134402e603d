// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import Testing

@testable import Collectors

@Suite struct ScrapeReaderTests {
  private typealias Line = ScrapedPage.Line

  private func labels(_ name: String, _ own: [String: String] = [:]) -> LabelSet {
    LabelSet(metric: name, ["job": "node", "instance": "a:1"].merging(own) { $1 })
  }

  @Test func `a series has the target's labels and those of the settings`() throws {
    var page = ScrapedPage("labels: {tier: web}")
    #expect(
      try page.lines("m{a=\"b\"} 1.5\n")
        == [Line(labels: labels("m", ["a": "b", "tier": "web"]), value: 1.5, time: nil)]
    )
  }

  @Test func `labels that the target has too are renamed unless they are honoured`() throws {
    let text = """
      m{job="x",instance="y",exported_job="z",cluster="c"} 1
      n{job=""} 1

      """
    var page = ScrapedPage()
    #expect(
      try page.lines(text).map(\.labels) == [
        labels(
          "m",
          [
            "exported_exported_job": "x", "exported_job": "z", "exported_instance": "y",
            "exported_cluster": "c",
          ]
        ), labels("n"),
      ]
    )
    var honoring = ScrapedPage("honor_labels: true")
    #expect(
      try honoring.lines(text).map(\.labels) == [
        LabelSet(
          metric: "m",
          ["job": "x", "instance": "y", "exported_job": "z", "cluster": "c"]
        ), labels("n"),
      ]
    )
  }

  @Test func `times are kept unless the settings say otherwise`() throws {
    let text = "a 1\nb 2 1500\nc 3\n"
    var page = ScrapedPage()
    #expect(try page.lines(text).map(\.time) == [nil, 1_500, nil])
    var own = ScrapedPage("honor_timestamps: false")
    #expect(try own.lines(text).map(\.time) == [nil, nil, nil])
    #expect(try own.reader.read(Array(text.utf8)).times.isEmpty)
    var seconds = ScrapedPage(format: .openMetrics)
    #expect(try seconds.lines("b 2 1.5\n# EOF\n").map(\.time) == [1_500])
  }

  @Test func `a series that comes again keeps its number, however it is written`() throws {
    var page = ScrapedPage()
    let first = try page.reader.read(Array("m{a=\"1\",b=\"2\"} 1\nn 1\n".utf8))
    let second = try page.reader.read(Array("n 2\nm{b=\"2\",a=\"1\"} 2\no 1\n".utf8))
    #expect(first.numbering === second.numbering)
    #expect(first.numbers == [0, 1] && second.numbers == [1, 0, 2])
    #expect(second.series.count == 3)
  }

  @Test func `what a peer tells of its metrics is looked at again with new series`() throws {
    var page = ScrapedPage()
    let first = """
      # HELP a_total How \\\\ much.
      # TYPE a_total counter
      a_total 1
      # TYPE h histogram

      """
    let second = first + "# HELP b New.\nb 1\n"
    var count = ScrapedFamily("a_total")
    count.type = "counter"
    count.help = "How \\ much."
    var histogram = ScrapedFamily("h")
    histogram.type = "histogram"
    var new = ScrapedFamily("b")
    new.help = "New."
    #expect(try page.reader.read(Array(first.utf8)).families == [count, histogram])
    #expect(try page.reader.read(Array(second.utf8)).families == [count, histogram])
    #expect(try page.reader.read(Array(second.utf8)).families == [count, histogram, new])
  }

  @Test func `descriptions have limits`() throws {
    var page = ScrapedPage()
    var text = "# HELP long \(String(repeating: "x", count: 5_000))\n"
    for number in 0...ScrapeReader.familiesMax { text += "# TYPE m\(number) gauge\n" }
    let families = try page.reader.read(Array(text.utf8)).families
    #expect(families.count == ScrapeReader.familiesMax)
    #expect(families.first?.help.count == ScrapeReader.helpMax)
  }

  @Test func `series that are gone are forgotten in time`() throws {
    var page = ScrapedPage()
    var numberings = 0
    var last: ScrapedSamples.Numbering?
    var most = 0
    for round in 0..<40 {
      let text = (0..<100).map { "m{id=\"\(round)-\($0)\"} 1\n" }.joined()
      let scrape = try page.reader.read(Array(text.utf8))
      #expect(scrape.lines.count == 100)
      if scrape.numbering !== last { numberings += 1 }
      last = scrape.numbering
      most = max(most, scrape.series.count)
    }
    #expect(numberings > 1 && numberings < 10)
    #expect(most <= 1_400)
  }

  @Test func `a limit of the settings fails the scrape and is named`() throws {
    func failure(_ keys: String, _ text: String) -> String? {
      var page = ScrapedPage(keys)
      do throws(CollectionError) {
        _ = try page.reader.read(Array(text.utf8))
        return nil
      } catch {
        #expect(error.kind == "limit")
        return error.description
      }
    }
    #expect(failure("sample_limit: 2", "a 1\nb 1\n") == nil)
    #expect(failure("sample_limit: 2", "a 1\nb 1\nc 1\n") == "3 samples, over sample_limit (2)")
    // What relabelling drops does not count.
    let drop = "metric_relabel_configs: [{source_labels: [__name__], regex: c, action: drop}]"
    #expect(failure("sample_limit: 2, \(drop)", "a 1\nb 1\nc 1\n") == nil)
    #expect(failure("label_limit: 3", "a 1\n") == nil)
    #expect(
      failure("label_limit: 3", "a{b=\"c\"} 1\n") == "a has 4 labels, over label_limit (3)"
    )
    // `__name__` and `instance` have 8 bytes.
    #expect(failure("label_name_length_limit: 8", "a{b=\"c\"} 1\n") == nil)
    #expect(failure("label_name_length_limit: 8", "a{bcdefghij=\"c\"} 1\n") != nil)
    #expect(
      failure("label_value_length_limit: 4", "a{b=\"12345\"} 1\n")
        == "the value of b of a has 5 bytes, over label_value_length_limit (4)"
    )
    #expect(
      failure("metric_relabel_configs: [{regex: __name__, action: labeldrop}]", "a 1\n")
        == "metric_relabel_configs leave a series without its name"
    )
    var page = ScrapedPage("sample_limit: 1")
    #expect(throws: CollectionError.self) { try page.lines("a 1\nb 1\n") }
    #expect(try page.lines("a 1\n").count == 1)
  }

  @Test func `what is over hvsmon's own limits is left out and counted`() throws {
    var page = ScrapedPage()
    let many = (0..<70).map { "l\($0)=\"x\"" }.joined(separator: ",")
    let long = String(repeating: "x", count: 1_025)
    let text = "a{\(many)} 1\nb{c=\"\(long)\"} 1\nd 1\n"
    for _ in 0..<2 {
      let scrape = try page.reader.read(Array(text.utf8))
      #expect(scrape.lines.map(\.labels) == [labels("d")])
      #expect(scrape.leftOut == ["bad_labels": 1, "long_label": 1])
      #expect(scrape.scraped == 3)
    }
  }

  @Test func `more samples than fit are refused before they are all read`() {
    var page = ScrapedPage("body_size_limit: 64MiB")
    let text = Array(String(repeating: "a 1\n", count: 1_200_000).utf8)
    #expect(throws: CollectionError.overLimit(reason: "more than 250000 samples in one answer")) {
      try page.reader.read(text)
    }
  }

  @Test func `a faulty line fails the scrape with its place`() {
    var page = ScrapedPage()
    #expect(throws: CollectionError.self) { try page.lines("a 1\nb\n") }
    do throws(CollectionError) {
      _ = try page.lines("a 1\nb\n")
    } catch {
      #expect(error.kind == "malformed" && error.description.hasPrefix("line 2: "))
    }
  }

  @Test(arguments: [
    ("text/plain; version=0.0.4; charset=utf-8", ExpositionFormat.text, true),
    ("text/plain;version=1.0.0;escaping=allow-utf-8", .text, true),
    ("application/openmetrics-text; version=1.0.0; charset=utf-8", .openMetrics, true),
    ("Application/OpenMetrics-Text", .openMetrics, true),
    ("text/html", .text, false), ("", .text, false),
    ("application/json; version=0.0.4", .text, false),
  ])
  func `the answer's type names its format`(
    type: String,
    format: ExpositionFormat,
    isNamed: Bool
  ) {
    let found = ScrapeNegotiation.format(of: type)
    #expect(found.format == format && found.isNamed == isNamed)
    #expect(ScrapeNegotiation.format(of: nil) == (.text, false))
  }

  @Test func `a timeout is told in seconds`() {
    #expect(ScrapeNegotiation.seconds(.seconds(4)) == "4")
    #expect(ScrapeNegotiation.seconds(.milliseconds(2_500)) == "2.5")
  }
}
