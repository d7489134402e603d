// SPDX-License-Identifier: MIT
import MetricModel

/// The samples of one OpenMetrics family: grouped by metric, in the order of time, with values that
/// the type allows.
struct MetricPoints: Sendable {
  private let family: String
  private let type: MetricType
  /// Metrics whose samples have all been read.
  private var ended: Set<LabelSet> = []
  /// The labels of the metric that is read, without those that tell its samples apart.
  private var metric: LabelSet?
  /// The time of the point that is read, in seconds.
  private var time: Double?
  /// What was seen in a point without time: each sample may stand once.
  private var seen: Set<LabelSet> = []
  private var buckets = BucketCounts()

  init(family: String, type: MetricType) {
    self.family = family
    self.type = type
  }

  mutating func note(
    _ labels: LabelSet,
    suffix: String,
    _ measurement: Measurement
  ) throws(LineFault) {
    try check(measurement.value, suffix, labels)
    if let exemplar = measurement.exemplar { try check(exemplar, suffix) }
    try place(labels, suffix, at: measurement.time?.seconds)
    guard type == .histogram || type == .gaugehistogram else { return }
    try buckets.note(measurement.value, suffix: suffix, bound: labels["le"])
  }

  mutating func finish() throws(LineFault) {
    try buckets.finish(type)
    buckets = BucketCounts()
  }

  /// Puts a sample behind those before it.
  private mutating func place(
    _ labels: LabelSet,
    _ suffix: String,
    at seconds: Double?
  ) throws(LineFault) {
    let key = labels.removing([LabelSet.metricNameLabel, distinguishingLabel(suffix)])
    if key != metric {
      try finish()
      if let metric { ended.insert(metric) }
      guard !ended.contains(key) else {
        throw LineFault("the samples of one metric of \(family) stand apart")
      }
      metric = key
      time = seconds
      seen = [labels]
      return
    }
    guard (time == nil) == (seconds == nil) else {
      throw LineFault("a metric of \(family) has samples with and without timestamps")
    }
    if let earlier = time, let seconds {
      guard seconds >= earlier else {
        throw LineFault("the samples of a metric of \(family) are not in the order of time")
      }
      if seconds > earlier { try finish() }
      time = seconds
    } else {
      guard seen.insert(labels).inserted else {
        throw LineFault("a sample of \(family) stands twice without timestamps")
      }
    }
  }

  /// The label in which the samples of one metric differ; the metric's name stands for none.
  private func distinguishingLabel(_ suffix: String) -> String {
    switch (type, suffix) {
    case (_, "_bucket"): "le"
    case (.summary, ""): "quantile"
    case (.stateset, _): family
    default: LabelSet.metricNameLabel
    }
  }

  private func check(_ value: Double, _ suffix: String, _ labels: LabelSet) throws(LineFault) {
    switch (type, suffix) {
    case (.counter, "_total"), (.histogram, "_sum"), (.summary, "_sum"), (.summary, "_count"):
      guard value >= 0 else { throw LineFault("a value of \(family) is negative or NaN") }
    case (.histogram, "_bucket"), (.histogram, "_count"), (.gaugehistogram, "_bucket"),
      (.gaugehistogram, "_gcount"):
      guard value >= 0, value == value.rounded(.towardZero) else {
        throw LineFault("a count of \(family) is negative or no whole number")
      }
    case (.gaugehistogram, "_gsum"):
      guard !value.isNaN else { throw LineFault("the sum of \(family) is NaN") }
    case (.summary, ""):
      guard let quantile = labels["quantile"].flatMap({ NumberText.double($0) }), quantile >= 0,
        quantile <= 1
      else { throw LineFault("the quantile of \(family) is missing or not within 0 and 1") }
      guard !(value < 0) else { throw LineFault("a value of \(family) is negative") }
    case (.info, _):
      guard value == 1 else { throw LineFault("the value of the info \(family) is not 1") }
    case (.stateset, _):
      guard value == 0 || value == 1 else {
        throw LineFault("a value of the state set \(family) is neither 0 nor 1")
      }
      guard labels[family] != nil else {
        throw LineFault("a sample of the state set \(family) has no label \(family)")
      }
    default: break
    }
  }

  /// The most characters in an exemplar's labels.
  private static let exemplarCharactersMax = 128

  private func check(_ exemplar: [Label], _ suffix: String) throws(LineFault) {
    switch (type, suffix) {
    case (.counter, "_total"), (.histogram, "_bucket"), (.gaugehistogram, "_bucket"): break
    default: throw LineFault("a sample of \(family) has an exemplar that its type does not allow")
    }
    let characters = exemplar.reduce(0) {
      $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count
    }
    guard characters <= Self.exemplarCharactersMax else {
      throw LineFault("an exemplar has more than \(Self.exemplarCharactersMax) characters")
    }
  }
}

/// The buckets of one point of a histogram.
struct BucketCounts: Sendable {
  private var bound = -Double.infinity
  private var count: Double?
  private var hasNegativeBound = false
  private var sum: Double?
  private var total: Double?

  mutating func note(_ value: Double, suffix: String, bound text: String?) throws(LineFault) {
    switch suffix {
    case "_sum", "_gsum": sum = value
    case "_count", "_gcount": total = value
    case "_bucket":
      let bound = text == "+Inf" ? Double.infinity : text.flatMap { NumberText.double($0) }
      guard let bound, bound.isFinite || text == "+Inf" else {
        throw LineFault("a bucket has no bound le, or one that is no number")
      }
      guard bound > self.bound else { throw LineFault("the buckets are not in order") }
      guard value >= count ?? 0 else { throw LineFault("the buckets are not cumulative") }
      self.bound = bound
      count = value
      hasNegativeBound = hasNegativeBound || bound < 0
    default: break
    }
  }

  func finish(_ type: MetricType) throws(LineFault) {
    guard count != nil || sum != nil || total != nil else { return }
    guard let count, bound == .infinity else {
      throw LineFault("a histogram has no bucket le=\"+Inf\"")
    }
    guard total == nil || total == count else {
      throw LineFault("a histogram's count is not that of its last bucket")
    }
    if hasNegativeBound, type == .histogram {
      guard sum == nil else {
        throw LineFault("a histogram with negative buckets has a sum, which may fall")
      }
    } else {
      guard (sum == nil) == (total == nil) else {
        throw LineFault("a histogram has only one of count and sum")
      }
      guard hasNegativeBound || sum ?? 0 >= 0 else {
        throw LineFault("a histogram without negative buckets has a negative sum")
      }
    }
  }
}
