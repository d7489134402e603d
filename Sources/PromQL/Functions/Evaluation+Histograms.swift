// SPDX-License-Identifier: MIT
import MetricModel

extension Evaluation {
  /// Evaluates a function of classic histograms: one series for each bucket, its bound in `le`.
  func histogram(
    _ call: FunctionCall,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    var parameters: [[Double]] = []
    var buckets: Expression?
    var quantileLabel: String?
    for argument in call.arguments {
      switch argument.type {
      case .scalar:
        let values = try scalar(argument, on: grid)
        if call.function != .histogramFraction { warnOfQuantiles(values, at: argument.position) }
        parameters.append(values)
      case .string: quantileLabel = try string(argument)
      default: buckets = argument
      }
    }
    guard let buckets else { throw .unsupported(function: call.function.rawValue) }
    if let quantileLabel, quantileLabel.isEmpty {
      throw .execution(message: "invalid label name \"\"")
    }
    var output: [Column] = []
    for group in bucketGroups(try vector(buckets, on: grid), at: buckets.position) {
      try charge(grid.count * parameters.count)
      try work(grid.count * group.buckets.count)
      if call.function == .histogramFraction {
        output.append(fractions(group, parameters[0], parameters[1], on: grid))
        continue
      }
      for quantiles in parameters {
        output += self.quantiles(group, quantiles, quantileLabel, at: buckets.position, on: grid)
      }
    }
    return try droppingNames(output)
  }

  /// One histogram: its labels without `le`, and its buckets.
  private struct BucketGroup {
    let labels: LabelSet
    var buckets: [(bound: Double, column: Column)] = []

    func histogram(at index: Int) -> ClassicHistogram? {
      var present: [ClassicHistogram.Bucket] = []
      for (bound, column) in buckets where !column.values[index].isStalenessMarker {
        present.append(.init(upperBound: bound, count: column.values[index]))
      }
      return present.isEmpty ? nil : ClassicHistogram(present)
    }
  }

  private func bucketGroups(_ columns: [Column], at position: SourcePosition) -> [BucketGroup] {
    var places: [LabelSet: Int] = [:]
    var groups: [BucketGroup] = []
    for column in columns {
      let text = column.labels["le"] ?? ""
      guard let bound = Double(text), !bound.isNaN else {
        let name = column.dropsName ? nil : column.labels.metricName
        let metric = name.map { " for metric name \($0.quotedForPromQL)" } ?? ""
        annotations.warn(
          "bucket label \"le\" is missing or has a malformed value of "
            + "\(text.quotedForPromQL)\(metric)",
          at: position
        )
        continue
      }
      let labels = column.labels.setting("le", to: "")
      let place = places[labels] ?? groups.count
      if place == groups.count {
        places[labels] = place
        groups.append(BucketGroup(labels: labels))
      }
      groups[place].buckets.append((bound, column))
    }
    return groups
  }

  private func quantiles(
    _ group: BucketGroup,
    _ quantiles: [Double],
    _ label: String?,
    at position: SourcePosition,
    on grid: EvaluationGrid
  ) -> [Column] {
    // With a label for the quantile, each of its values makes a series of its own.
    var columns: [UInt64: Column] = [:]
    var order: [UInt64] = []
    for index in 0..<grid.count {
      guard var histogram = group.histogram(at: index) else { continue }
      let key = label == nil ? 0 : quantiles[index].bitPattern
      if columns[key] == nil {
        let labels = label.map { group.labels.setting($0, to: quantiles[index].openMetricsText) }
        columns[key] = Column(emptyFor: labels ?? group.labels, count: grid.count)
        order.append(key)
      }
      columns[key]?.values[index] = histogram.quantile(quantiles[index])
      if let repair = histogram.repair { note(repair, of: group.labels, at: index, position, grid) }
    }
    return order.compactMap { columns[$0] }
  }

  private func note(
    _ repair: ClassicHistogram.Repair,
    of labels: LabelSet,
    at index: Int,
    _ position: SourcePosition,
    _ grid: EvaluationGrid
  ) {
    let name = labels.metricName.map { ", metric name \($0.quotedForPromQL)" } ?? ""
    annotations.inform(
      "input to histogram_quantile needed to be fixed for monotonicity (see "
        + "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile), "
        + "from buckets \(repair.lowestBound.sampleValueText) to "
        + "\(repair.highestBound.sampleValueText), with a max diff of "
        + "\(repair.largestDifference.sampleValueText)\(name)",
      at: position
    )
  }

  private func fractions(
    _ group: BucketGroup,
    _ lower: [Double],
    _ upper: [Double],
    on grid: EvaluationGrid
  ) -> Column {
    var column = Column(emptyFor: group.labels, count: grid.count)
    for index in 0..<grid.count {
      guard let histogram = group.histogram(at: index) else { continue }
      column.values[index] = histogram.fraction(from: lower[index], to: upper[index])
    }
    return column
  }
}

extension Double {
  /// The number as OpenMetrics writes it: a whole one with `.0`.
  fileprivate var openMetricsText: String {
    let text = sampleValueText
    return isFinite && !text.contains(".") && !text.contains("e") ? text + ".0" : text
  }
}
