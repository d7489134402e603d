// SPDX-License-Identifier: MIT
package import MetricModel

/// The samples of one scrape: their peer named the series, and no catalog knows them.
///
/// A series is a number from scrape to scrape, so that one that was met before costs no text.
package struct ScrapedSamples: Sendable {
  /// What tells one numbering of series from another: the same object is the same numbering.
  package final class Numbering: Sendable {
    /// Begins to number.
    package init() {}
  }

  /// The place of ``times`` of a sample that has none of its own.
  package static let noTime = Int64.min

  /// Which numbering the numbers are of.
  package let numbering: Numbering
  /// The labels of each series by its number: the metric's name and the target's labels are among
  /// them, no label set stands twice, and it only grows while the numbering is the same.
  ///
  /// `cluster` is added by ``Ingest`` where it is missing.
  package let series: [LabelSet]
  /// The series of each sample.
  package let numbers: [UInt32]
  /// The values at the same positions.
  package let values: [Double]
  /// Their own times in Unix milliseconds at the same positions, or ``noTime``; empty when no sample
  /// has one.
  package let times: [Int64]
  /// Samples that the peer's text had.
  package let scraped: Int
  /// Samples that are left out at a limit of hvsmon's own, by the reason of their refusal.
  package let leftOut: [String: Int]
  /// What the peer tells of its metrics, as it was last looked at; each name once.
  package let families: [ScrapedFamily]

  /// Describes a scrape; the arrays of samples have the same count, but for `times` when it is
  /// empty.
  package init(
    numbering: Numbering,
    series: [LabelSet],
    numbers: [UInt32],
    values: [Double],
    times: [Int64] = [],
    scraped: Int,
    leftOut: [String: Int] = [:],
    families: [ScrapedFamily] = []
  ) {
    precondition(
      numbers.count == values.count && (times.isEmpty || times.count == values.count),
      "each sample has a series, a value and a time"
    )
    self.numbering = numbering
    self.series = series
    self.numbers = numbers
    self.values = values
    self.times = times
    self.scraped = scraped
    self.leftOut = leftOut
    self.families = families
  }
}
