// SPDX-License-Identifier: MIT
import MetricModel

/// Aggregators that pick some of a group's samples and leave them as they are.
extension Evaluation {
  func select(
    _ columns: [Column],
    _ aggregation: Aggregation,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    guard let parameter = aggregation.parameter else { return [] }
    let parameters = try scalar(parameter, on: grid)
    if aggregation.aggregator == .limitRatio {
      return try selectByRatio(columns, parameters, at: parameter.position)
    }
    let counts = try sampleCounts(parameters)
    guard !columns.isEmpty, counts.contains(where: { $0 > 0 }) else { return [] }
    try charge(columns.count * grid.count)
    let members = ColumnGroups(columns, aggregation.grouping).members
    var output = columns.map {
      Column(emptyFor: $0.labels, count: grid.count, dropsName: $0.dropsName)
    }
    // The columns of the last time in the order of their values, group after group.
    var order: [Int] = []
    for index in 0..<grid.count where counts[index] > 0 {
      order.removeAll(keepingCapacity: true)
      try work(columns.count)
      for group in members {
        var best = BestSamples(counts[index], by: aggregation.aggregator)
        for place in group { best.offer(columns[place].values[index], at: place) }
        for place in best.places { output[place].values[index] = columns[place].values[index] }
        order += best.places
      }
    }
    // Only a single evaluation time has an order.
    return grid.count == 1 ? order.map { output[$0] } : output.filter { !$0.isEmpty }
  }

  private func sampleCounts(_ parameters: [Double]) throws(QueryError) -> [Int] {
    if parameters.allSatisfy({ $0 < 1 }) { return parameters.map { _ in 0 } }
    var counts: [Int] = []
    for parameter in parameters {
      if parameter.isNaN { throw .execution(message: "Parameter value is NaN") }
      if parameter >= 0x1p63 {
        throw .execution(message: "Scalar value \(parameter.sampleValueText) overflows int64")
      }
      if parameter < -0x1p63 {
        throw .execution(message: "Scalar value \(parameter.sampleValueText) underflows int64")
      }
      counts.append(Swift.max(0, Int(parameter)))
    }
    return counts
  }

  private func selectByRatio(
    _ columns: [Column],
    _ ratios: [Double],
    at position: SourcePosition
  ) throws(QueryError) -> [Column] {
    var bounds: [Double] = []
    for ratio in ratios {
      if ratio.isNaN { throw .execution(message: "Ratio value is NaN") }
      let capped = Swift.max(-1, Swift.min(1, ratio))
      if capped != ratio {
        annotations.warn(
          "ratio value should be between -1 and 1, got \(ratio.sampleValueText), "
            + "capping to \(capped.sampleValueText)",
          at: position
        )
      }
      bounds.append(capped)
    }
    var output = columns
    for place in output.indices {
      let share = output[place].labels.hashShare
      for (index, bound) in bounds.enumerated() {
        let isKept = bound >= 0 ? share < bound : share >= 1 + bound
        if !isKept { output[place].values[index] = Column.absent }
      }
    }
    return output.filter { !$0.isEmpty }
  }
}

/// The samples of a group that `topk`, `bottomk` or `limitk` picks, best first; of equal ones the
/// earlier.
private struct BestSamples {
  private let count: Int
  private let aggregator: Aggregator
  private var values: [Double] = []
  private(set) var places: [Int] = []

  init(_ count: Int, by aggregator: Aggregator) {
    self.count = count
    self.aggregator = aggregator
  }

  mutating func offer(_ value: Double, at place: Int) {
    guard !value.isStalenessMarker else { return }
    if values.count == count {
      guard let worst = values.last, beats(value, worst) else { return }
      values.removeLast()
      places.removeLast()
    }
    // Behind all that are as good.
    var (low, high) = (0, values.count)
    while low < high {
      let middle = (low + high) / 2
      if beats(value, values[middle]) { high = middle } else { low = middle + 1 }
    }
    values.insert(value, at: low)
    places.insert(place, at: low)
  }

  /// NaN is worse than any number.
  private func beats(_ value: Double, _ other: Double) -> Bool {
    switch aggregator {
    case .topk: value > other || other.isNaN && !value.isNaN
    case .bottomk: value < other || other.isNaN && !value.isNaN
    default: false
    }
  }
}

extension LabelSet {
  /// A number from 0 up to 1 that depends on the labels alone and is spread evenly.
  fileprivate var hashShare: Double {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for label in self {
      for byte in label.name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
      hash = (hash ^ 0xff) &* 0x0000_0100_0000_01b3
      for byte in label.value.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
      hash = (hash ^ 0xff) &* 0x0000_0100_0000_01b3
    }
    // FNV leaves the upper bits poorly mixed for short texts.
    hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
    return Double((hash ^ (hash >> 31)) >> 11) * 0x1p-53
  }
}
