// SPDX-License-Identifier: MIT
import Configuration
import Logging
import MetricModel
import Polling
import TestSupport
import Testing

@testable import Collectors

@Suite struct ScrapeFuzzTests {
  private static let rules = RelabelRuleTests.cases.map(\.rules)

  /// Keeps nothing: changed texts name ever new series.
  private struct ForgetfulStore: SampleAppending {
    func reference(for labels: LabelSet) throws(StoreError) -> SeriesReference {
      SeriesReference(rawValue: UInt32(truncatingIfNeeded: labels.hashValue) & 0xffff)
    }

    func append(_ batch: AppendBatch) throws(StoreError) -> AppendOutcome { AppendOutcome() }

    func flush() async throws(StoreError) {}
  }

  private static let pages: [[UInt8]] = [
    "# HELP a b\n# TYPE a counter\na{b=\"c\",d=\"e\\\"f\"} 1.5e3 1700000000000\na 0.1\nb{job=\"x\"} NaN\n",
    "{\"a.b\",\"c.d\"=\"e\"} +Inf 12\na{b=\"c\",} 1 2\na{b=\"c\"} 2 3\nup 1\nscrape_duration_seconds 1\n",
    "a{cluster=\"x\",exported_cluster=\"y\"} 1\na{exported_cluster=\"x\"} 2\na{instance=\"\"} 1\n",
  ].map { Array($0.utf8) }

  @Test func `changed rules are read or refused, and what is read can be applied`() async {
    let texts = Self.rules.map { Array("[\($0)]".utf8) }
    let series = LabelSet(metric: "m", ["a": "foo", "b": "bar", "job": "node", "e\u{301}": "x"])
    await Mutation.run(texts, seed: 91, standard: 3_000) { bytes in
      let text = Array("metric_relabel_configs: ".utf8) + bytes
      let tree = SettingsTree(parsing: text, file: "f")
      let rules = RelabelRule.rules("metric_relabel_configs", of: tree.root)
      let shaping = SeriesShaping(
        target: LabelSet(["job": "n", "instance": "i"]),
        honorsLabels: false,
        rules: rules,
        limits: ScrapeLimits()
      )
      if case .kept(let labels) = shaping.shape(series) {
        #expect(labels.metricName?.isEmpty == false, "\(bytes)")
        #expect(labels.allSatisfy { !$0.value.isEmpty }, "\(bytes)")
      }
      _ = tree.issues
    }
  }

  @Test func `changed pages go the whole way, and a reader that knows others finds the same`()
    async
  {
    var random = SeededRandom(seed: 93)
    let configs = Self.rules + ["", ""]
    for format in [ExpositionFormat.text, .openMetrics] {
      let page = ScrapedPage("honor_labels: \(format == .text)", format: format)
      let latest = LatestSamples()
      let ingest = Ingest(
        catalog: MetricCatalog(IngestMetrics.all),
        cluster: "hvs",
        store: ForgetfulStore(),
        latest: latest,
        logger: Logger(area: "test", sink: MemorySink()),
        observer: { _ in }
      )
      let collector = SilentScraper()
      let target = Target(
        labels: LabelSet(["job": "node", "instance": "a:1"]),
        collector: collector,
        poll: PollSettings()
      )
      var known = page.reader
      var time: Int64 = 1_700_000_000_000
      await Mutation.run(Self.pages, seed: 92, standard: 2_000) { bytes in
        if Int.random(in: 0..<500, using: &random) == 0 {
          let rules = configs.randomElement(using: &random) ?? ""
          known = ScrapedPage("metric_relabel_configs: [\(rules)]", format: format).reader
        }
        var fresh = ScrapeReader(format, shaping: known.shaping, honorsTimes: known.honorsTimes)
        let outcome = Self.read(bytes, &known)
        let again = Self.read(bytes, &fresh)
        #expect(outcome.map(\.lines).same(as: again.map(\.lines)), "\(bytes)")
        time += 1_000
        ingest.record(
          PollRecord(
            target: target,
            time: Timestamp(unixMilliseconds: time),
            duration: .zero,
            outcome: outcome.map { Collection(scraped: $0) },
            counts: PollCounts()
          )
        )
      }
      // Nothing of it is on the page but the target's own series.
      #expect(latest.seriesCount <= 8)
    }
  }

  private static func read(
    _ bytes: [UInt8],
    _ reader: inout ScrapeReader
  ) -> Result<ScrapedSamples, CollectionError> {
    do throws(CollectionError) {
      return .success(try reader.read(bytes))
    } catch {
      return .failure(error)
    }
  }
}

/// Stands for a scraper that is not asked.
private struct SilentScraper: Collector {
  static let name = "silent"
  static let metrics: [MetricDefinition] = []
  static let isScraper = true

  static func targets(in _: DeclaredSections, using _: CollectorServices) -> [Target] { [] }

  func collect(_ poll: Poll) async throws(CollectionError) -> Collection { throw .cancelled }
}

extension Result<[ScrapedPage.Line], CollectionError> {
  /// Both found the same, or the same fault.
  fileprivate func same(as other: Self) -> Bool {
    switch (self, other) {
    case (.success(let left), .success(let right)): left == right
    case (.failure(let left), .failure(let right)): left == right
    default: false
    }
  }
}
