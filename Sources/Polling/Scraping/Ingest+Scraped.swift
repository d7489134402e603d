// SPDX-License-Identifier: MIT
import MetricModel

/// The door for what targets name themselves.
///
/// Such series keep the names and labels they have, with the target's added; no catalog knows them,
/// so that `/metrics` does not show them. Like those of collectors they end with their target, or when
/// they are not in an answer any more, and rules hear of them.
extension Ingest {
  /// How far ahead of the poll a sample's own time may be; one from far ahead would make all that
  /// follow too old.
  static let scrapedAheadMax = RemoteWriteDoor.aheadMax

  /// Takes a scrape in; without one the series of the source end.
  func takeScrape(
    _ scrape: ScrapedSamples?,
    in source: inout Source,
    _ labels: LabelSet,
    at time: Timestamp,
    _ statistics: inout IngestStatistics
  ) -> ScrapedOutcome {
    guard let scrape else { return source.scraped.end() }
    let latest = (time + Self.scrapedAheadMax).unixMilliseconds
    let outcome = source.scraped.take(scrape, latest: latest) { series in
      let full = series["cluster"] == nil ? series.merging(clusterLabel) : series
      guard !isOwn(full, ofTarget: labels) else { return .excluded }
      return reference(for: full, &statistics).map { .reference($0) } ?? .none
    }
    let refused = scrape.leftOut.merging(
      ["duplicate": outcome.duplicates, "too_new": outcome.tooNew],
      uniquingKeysWith: +
    )
    for (reason, count) in refused where count > 0 {
      statistics.refused[reason, default: 0] += count
    }
    return outcome
  }

  /// The series is one that the door writes of the target itself, such as its `up`.
  private func isOwn(_ series: LabelSet, ofTarget labels: LabelSet) -> Bool {
    guard let own = series.metricName.flatMap({ IngestMetrics.ofTargets[$0] }) else { return false }
    let known = own.labelNames ?? []
    return series.withoutMetricName.removing(known.subtracting(labels.map(\.name))) == labels
  }
}

extension ScrapedOutcome {
  /// What every scrape has, whatever came of it.
  func ownSamples(of poll: Ingest.PollFacts?) -> [CollectedSample] {
    guard let poll, poll.isScrape else { return [] }
    return [
      CollectedSample(IngestMetrics.keptSamples, Double(poll.scraped?.numbers.count ?? 0)),
      CollectedSample(IngestMetrics.addedSeries, Double(added)),
    ]
  }
}
