// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Polling
import Synchronization
import TestSupport

/// A front door over a store in memory.
final class IngestHarness: Sendable {
  static let load = MetricDefinition("load", .gauge, labels: ["cpu"], help: "Load.")
  static let requests = MetricDefinition("requests_total", .counter, help: "Requests.")
  static let any = MetricDefinition("any", .gauge, labels: nil, help: "Any labels.")

  let store = RecordingStore()
  let latest = LatestSamples()
  let sink = MemorySink()
  let ingest: Ingest
  private let seen: Box

  private final class Box: Sendable {
    let events = Mutex<[IngestEvent]>([])
  }

  init() {
    let seen = Box()
    self.seen = seen
    ingest = Ingest(
      catalog: MetricCatalog(IngestMetrics.all + [Self.load, Self.requests, Self.any]),
      cluster: "hvs",
      store: store,
      latest: latest,
      logger: Logger(area: "ingest", sink: sink),
      observer: { event in seen.events.withLock { $0.append(event) } }
    )
  }

  var events: [IngestEvent] { seen.events.withLock { $0 } }

  static func at(_ seconds: Int64) -> Timestamp { Timestamp(unixMilliseconds: seconds * 1_000) }

  static func target(_ instance: String = "a", node: String? = nil) -> Target {
    let collector = ScriptedCollector(.working)
    return Target(instance: instance, tier: "web", node: node, collector: collector, poll: .plain())
  }

  /// The labels of the target `a` on each of its series, beside `own`.
  static func labels(_ own: [String: String] = [:], instance: String = "a") -> [String: String] {
    let common = ["cluster": "hvs", "job": "scripted", "tier": "web", "instance": instance]
    return common.merging(own) { $1 }
  }

  func poll(
    _ seconds: Int64,
    _ samples: [CollectedSample],
    target: Target = IngestHarness.target(),
    counts: PollCounts = PollCounts()
  ) {
    record(seconds, .success(Collection(samples: samples)), target: target, counts: counts)
  }

  func fail(
    _ seconds: Int64,
    _ error: CollectionError = .timedOut(after: .seconds(4)),
    target: Target = IngestHarness.target()
  ) {
    record(seconds, .failure(error), target: target)
  }

  func record(
    _ seconds: Int64,
    _ outcome: Result<Collection, CollectionError>,
    target: Target = IngestHarness.target(),
    counts: PollCounts = PollCounts()
  ) {
    let record = PollRecord(
      target: target,
      time: Self.at(seconds),
      duration: .milliseconds(250),
      outcome: outcome,
      counts: counts
    )
    ingest.record(record)
  }

  /// The values of a series, a staleness marker as nil.
  func values(_ metric: String, _ labels: [String: String]) -> [Double?] {
    store.samples(metric, labels).map { $0.isStalenessMarker ? nil : $0.value }
  }

  /// The sample lines of a metric on the page.
  func lines(_ metric: String) -> [String] {
    String(decoding: latest.exposition(.text), as: UTF8.self).split(separator: "\n")
      .map(String.init).filter { $0.hasPrefix("\(metric){") || $0.hasPrefix("\(metric) ") }
  }
}
