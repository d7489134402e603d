// SPDX-License-Identifier: MIT
import Exposition
import MetricModel
import Polling

/// Reads the answers of one target, one after another; pure.
///
/// A series that stood in the answer before costs a comparison of bytes and two look-ups by number: its
/// labels are shaped once.
struct ScrapeReader {
  /// Samples of one answer, those that relabelling drops included.
  static let linesMax = 250_000
  /// Series are numbered anew when there are so many besides twice those of the last answer.
  private static let spareSeries = 1_000
  /// After so many bytes the number of samples is looked at.
  private static let sliceBytes = 1 << 20
  /// Metrics of one target whose descriptions are kept, and the longest help, in characters.
  static let familiesMax = 10_000
  static let helpMax = 1_000
  /// Descriptions are looked at again after so many answers: they change with the peer's version.
  private static let answersBetweenDescriptions = 40

  let shaping: SeriesShaping
  /// Samples keep the times that are written with them.
  let honorsTimes: Bool
  let format: ExpositionFormat
  private var reader: ExpositionReader
  private var batch = ExpositionBatch()
  /// What becomes of each series, by the reader's number: its own number, or one of `Fate`'s.
  private var fates: [Int32] = []
  private var numbering = ScrapedSamples.Numbering()
  private var series: [LabelSet] = []
  private var numbers: [LabelSet: UInt32] = [:]
  private var lastCount = 0
  private var families: [ScrapedFamily] = []
  private var answersToDescription = 0

  /// Why a series has no number.
  private enum Fate {
    static let dropped: Int32 = -1
    private static let longLabel: Int32 = -2
    private static let badLabels: Int32 = -3

    static func of(_ excess: SeriesShaping.Excess) -> Int32 {
      excess == .longLabel ? longLabel : badLabels
    }

    static func excess(_ fate: Int32) -> SeriesShaping.Excess? {
      switch fate {
      case longLabel: .longLabel
      case badLabels: .badLabels
      default: nil
      }
    }
  }

  init(_ format: ExpositionFormat, shaping: SeriesShaping, honorsTimes: Bool) {
    self.format = format
    self.shaping = shaping
    self.honorsTimes = honorsTimes
    var rules = ExpositionRules(format)
    // Relabelling may make little of much: what is kept has narrower limits.
    rules.labelsMax = 256
    rules.labelBytesMax = rules.lineBytesMax
    rules.seriesMax = Self.linesMax
    reader = ExpositionReader(rules)
  }

  /// Reads a whole answer.
  ///
  /// - Throws: ``CollectionError/malformedReply(path:reason:)`` and
  ///   ``CollectionError/overLimit(reason:)``; the next answer is read as if it was the first.
  mutating func read(_ body: [UInt8]) throws(CollectionError) -> ScrapedSamples {
    if fates.count > lastCount * 2 + Self.spareSeries { forget() }
    reader.wantsMetadata = answersToDescription == 0
    do throws(CollectionError) {
      try parse(body)
      if answersToDescription == 0 {
        describe()
        answersToDescription = Self.answersBetweenDescriptions
      } else {
        // New series may be of new metrics.
        answersToDescription = batch.newSeries.isEmpty ? answersToDescription - 1 : 0
      }
      let scrape = try scrape()
      lastCount = batch.samples.count
      return scrape
    } catch {
      forget()
      throw error
    }
  }

  private mutating func forget() {
    reader.forgetSeries()
    fates = []
    numbering = ScrapedSamples.Numbering()
    series = []
    numbers = [:]
    answersToDescription = 0
  }

  /// Puts together what the answer tells of its metrics.
  private mutating func describe() {
    var places: [String: Int] = [:]
    families.removeAll(keepingCapacity: true)
    for metadata in batch.metadata {
      let place = places[metadata.family] ?? families.count
      if place == families.count {
        guard place < Self.familiesMax else { continue }
        places[metadata.family] = place
        families.append(ScrapedFamily(metadata.family))
      }
      switch metadata.fact {
      case .type(let word): families[place].type = word
      case .help(let text): families[place].help = String(text.prefix(Self.helpMax))
      case .unit(let word): families[place].unit = word
      }
    }
  }

  private mutating func parse(_ body: [UInt8]) throws(CollectionError) {
    batch.removeAll()
    reader.restart()
    var start = 0
    do throws(ExpositionFault) {
      while start < body.count, batch.samples.count <= Self.linesMax {
        let end = min(start + Self.sliceBytes, body.count)
        try reader.read(body.span.extracting(start..<end), into: &batch)
        start = end
      }
      if start == body.count { try reader.finish(into: &batch) }
    } catch {
      throw .malformedReply(path: "line \(error.line)", reason: error.reason)
    }
    guard batch.samples.count <= Self.linesMax else {
      throw .overLimit(reason: "more than \(Self.linesMax) samples in one answer")
    }
    for labels in batch.newSeries { fates.append(try fate(of: labels)) }
  }

  private mutating func fate(of labels: LabelSet) throws(CollectionError) -> Int32 {
    switch shaping.shape(labels) {
    case .dropped: return Fate.dropped
    case .leftOut(let excess): return Fate.of(excess)
    case .faulty(let reason): throw .overLimit(reason: reason)
    case .kept(let labels):
      // Two texts may be one series, such as with their labels in another order.
      let number = numbers[labels] ?? UInt32(series.count)
      if Int(number) == series.count {
        numbers[labels] = number
        series.append(labels)
      }
      return Int32(number)
    }
  }

  private func scrape() throws(CollectionError) -> ScrapedSamples {
    var kept: [UInt32] = []
    var values: [Double] = []
    var times: [Int64] = []
    var leftOut: [String: Int] = [:]
    kept.reserveCapacity(min(batch.samples.count, shaping.limits.samples + 1))
    values.reserveCapacity(kept.capacity)
    for sample in batch.samples {
      let fate = fates[sample.series]
      guard fate >= 0 else {
        if let excess = Fate.excess(fate) { leftOut[excess.rawValue, default: 0] += 1 }
        continue
      }
      kept.append(UInt32(fate))
      values.append(sample.value)
      if honorsTimes, let time = sample.unixMilliseconds {
        if times.isEmpty {
          times = Array(repeating: ScrapedSamples.noTime, count: kept.count - 1)
        }
        times.append(time)
      } else if !times.isEmpty {
        times.append(ScrapedSamples.noTime)
      }
    }
    guard kept.count <= shaping.limits.samples else {
      throw .overLimit(
        reason: "\(kept.count) samples, over sample_limit (\(shaping.limits.samples))"
      )
    }
    return ScrapedSamples(
      numbering: numbering,
      series: series,
      numbers: kept,
      values: values,
      times: times,
      scraped: batch.samples.count,
      leftOut: leftOut,
      families: families
    )
  }
}
