// SPDX-License-Identifier: MIT

/// `rate` and `increase`: where a counter fell is looked for once for all windows, and what depends on
/// the times alone is computed once for all series that share them.
struct CounterFunction: WindowFunction {
  let perSecond: Bool
  /// The positions of samples that are lower than the one before.
  private var resets: [Int] = []
  /// The first of them that no later window lies behind.
  private var nextReset = 0
  /// One for each window with two samples or more; the others are not looked at.
  private var extrapolations: [Extrapolation] = []
  private var planVersion: UInt64?

  init(perSecond: Bool) { self.perSecond = perSecond }

  private mutating func findResets(_ input: RangeInput) {
    resets.removeAll(keepingCapacity: true)
    nextReset = 0
    let values = input.values
    guard values.hasFall else { return }
    for position in values.indices.dropFirst() where values[position] < values[position - 1] {
      resets.append(position)
    }
  }

  mutating func fill(
    _ numbers: inout [Double],
    _ input: RangeInput,
    _ plan: WindowPlan,
    _ meter: inout WorkMeter
  ) throws(QueryError) -> Bool {
    findResets(input)
    extrapolate(input, plan)
    try meter.work(plan.count)
    let values = input.values
    let samples = values.span
    var isPresent = false
    for index in 0..<plan.count {
      let bounds = plan.bounds[index]
      guard bounds.count > 1 else { continue }
      let indices = Int(bounds.lowerBound)..<Int(bounds.upperBound)
      let rise = rise(samples, indices)
      numbers[index] = extrapolations[index]
        .carried(rise, counterFrom: samples[indices.lowerBound])
      isPresent = true
    }
    return isPresent
  }

  /// By how much a counter rose between the first and the last of some samples.
  private mutating func rise(_ values: Swift.Span<Double>, _ indices: Range<Int>) -> Double {
    var rise = values[indices.upperBound - 1] - values[indices.lowerBound]
    while nextReset < resets.count, resets[nextReset] <= indices.lowerBound { nextReset += 1 }
    var place = nextReset
    while place < resets.count, resets[place] < indices.upperBound {
      rise += values[resets[place] - 1]
      place += 1
    }
    return rise
  }

  private mutating func extrapolate(_ input: RangeInput, _ plan: WindowPlan) {
    guard planVersion != plan.version else { return }
    planVersion = plan.version
    extrapolations.removeAll(keepingCapacity: true)
    var window = SampleWindow(input, plan)
    for index in 0..<plan.count {
      window.move(to: index)
      extrapolations.append(Extrapolation(window, perSecond: perSecond))
    }
  }
}

/// How a rise from the first to the last sample of a window is carried to the very ends of the window.
///
/// The order of threshold and zero clamp is that of Prometheus 2.51 and later.
struct Extrapolation {
  /// From the first to the last sample, in milliseconds.
  private let sampled: Double
  /// From the window's start to the first sample, as far as the rise reaches, in milliseconds.
  private let toStart: Double
  private let toEnd: Double
  private let rangeSeconds: Double?
  /// By what a rise is multiplied.
  private let factor: Double

  /// The window has two samples or more; of others it makes nothing that can be used.
  init(_ window: borrowing SampleWindow, perSecond: Bool) {
    guard window.count > 1 else {
      (sampled, toStart, toEnd, rangeSeconds, factor) = (0, 0, 0, nil, .nan)
      return
    }
    // All times are whole milliseconds. Divisions are what this costs: there are no more than needed.
    let (first, last) = (window.time(0), window.time(window.count - 1))
    let gaps = Double(window.count - 1)
    sampled = Double(last - first)
    let gap = sampled / gaps
    let (start, end) = (Double(first - window.start), Double(window.end - last))
    toStart = Self.isFar(start, gap, sampled, gaps) ? gap / 2 : start
    toEnd = Self.isFar(end, gap, sampled, gaps) ? gap / 2 : end
    rangeSeconds = perSecond ? window.rangeSeconds : nil
    let whole = (sampled + toStart + toEnd) / sampled
    factor = rangeSeconds.map { whole / $0 } ?? whole
  }

  /// The rise over the whole window, or that of a second.
  func carried(_ rise: Double) -> Double { rise * factor }

  /// The same for a counter whose first sample is `first`.
  func carried(_ rise: Double, counterFrom first: Double) -> Double {
    guard rise > 0, first >= 0, sampled * first < toStart * rise else { return rise * factor }
    // A counter is never below zero: it began inside the window, where its line meets zero.
    let whole = (sampled + sampled * (first / rise) + toEnd) / sampled
    return rise * (rangeSeconds.map { whole / $0 } ?? whole)
  }

  /// Whether a distance is 1.1 mean gaps of the window's samples or more; all in milliseconds.
  ///
  /// Samples at whole seconds can lie right at the limit, where rounding decides: it is computed in
  /// seconds then, as Prometheus does it.
  private static func isFar(
    _ distance: Double,
    _ gap: Double,
    _ sampled: Double,
    _ gaps: Double
  ) -> Bool {
    let limit = gap * 1.1
    if (distance - limit).magnitude > limit * 1e-9 { return distance > limit }
    return distance / 1_000 >= sampled / 1_000 / gaps * 1.1
  }
}

extension [Double] {
  /// Whether a value is lower than the one before; looks at all without a branch.
  fileprivate var hasFall: Bool {
    withUnsafeBufferPointer { values in
      var falls: UInt64 = 0
      for position in 1..<Swift.max(values.count, 1) {
        falls |= values[position] < values[position - 1] ? 1 : 0
      }
      return falls != 0
    }
  }
}
