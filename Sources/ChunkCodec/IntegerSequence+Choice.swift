// SPDX-License-Identifier: MIT

extension IntegerSequence {
  /// Adds numbers in the coding that takes the fewest bytes; their count is not written.
  static func append(_ numbers: [Int64], to sink: inout ByteSink) {
    guard !numbers.isEmpty else { return }
    let best = plan(for: numbers)
    if let runs = runs(of: numbers, in: best.bytes) {
      sink.append(runs)
    } else {
      write(numbers, best, to: &sink)
    }
  }

  /// A predictor with the packing of its differences.
  private struct Plan {
    var predictor = Predictor.none
    var slope: Int64 = 0
    /// Bytes of what is written before the packed numbers, the header left out.
    var headBytes = 0
    var residuals: [Int64]
    var packed: PackingPlan

    var bytes: Int { headBytes + packed.bytes }
  }

  /// Below this many numbers a line or a curve cannot pay for itself.
  private static var shortCount: Int { 8 }

  private static func plan(for numbers: [Int64]) -> Plan {
    var plans = [Plan(residuals: numbers, packed: PackingPlan(framing: numbers))]
    guard plans[0].packed.packing != .constant, numbers.count > 1 else { return plans[0] }
    for predictor in Predictor.allCases where predictor != .none {
      if predictor != .delta, numbers.count < shortCount { continue }
      var slope: Int64 = 0
      if predictor == .line {
        guard let fitted = self.slope(of: numbers) else { continue }
        slope = fitted
      }
      let residuals = residuals(of: numbers, predictor, slope)
      let plan = Plan(
        predictor: predictor,
        slope: slope,
        headBytes: headBytes(of: numbers, predictor, slope),
        residuals: residuals,
        packed: PackingPlan(framing: residuals)
      )
      plans.append(plan)
    }
    // A frame is quickly looked at; the rest only for predictors whose frame is among the shortest.
    let limit = (plans.map(\.bytes).min() ?? 0) * 5 / 4 + 8
    var best: Plan?
    for var plan in plans where plan.bytes <= limit {
      plan.packed.refine(plan.residuals)
      if plan.bytes < best?.bytes ?? .max { best = plan }
    }
    return best ?? plans[0]
  }

  private static func headBytes(
    of numbers: [Int64],
    _ predictor: Predictor,
    _ slope: Int64
  ) -> Int {
    switch predictor {
    case .none: 0
    case .delta: varintBytes(zigzag(numbers[0]))
    case .curve:
      varintBytes(zigzag(numbers[0])) + varintBytes(zigzag(numbers[1] &- numbers[0]))
    case .line: varintBytes(zigzag(slope))
    }
  }

  /// What is left to pack.
  private static func residuals(
    of numbers: [Int64],
    _ predictor: Predictor,
    _ slope: Int64
  ) -> [Int64] {
    switch predictor {
    case .none: return numbers
    case .delta:
      return (1..<numbers.count).map { index in numbers[index] &- numbers[index - 1] }
    case .curve:
      return (2..<numbers.count).map { index in
        let before = numbers[index - 1]
        let guess = before &* 2 &- numbers[index - 2]
        return numbers[index] &- guess
      }
    case .line:
      var height: Int64 = 0
      return numbers.map { number in
        defer { height = height &+ slope }
        return number &- (height >> slopeBits)
      }
    }
  }

  /// The slope of the straight line with the least squares, with ``slopeBits`` bits behind the
  /// point; nil when a line makes no sense.
  private static func slope(of numbers: [Int64]) -> Int64? {
    let count = Double(numbers.count)
    let first = numbers[0]
    let middle = (count - 1) / 2
    var weighted = 0.0
    for index in numbers.indices {
      weighted += (Double(index) - middle) * Double(numbers[index] &- first)
    }
    let slope = weighted * 12 / (count * (count * count - 1)) * Double(1 << slopeBits)
    // Beyond this the heights would leave what a sum of 64 bits holds.
    guard slope.magnitude < 0x1p46 else { return nil }
    let whole = Int64(slope.rounded())
    return whole == 0 ? nil : whole
  }

  private static func write(_ numbers: [Int64], _ plan: Plan, to sink: inout ByteSink) {
    sink.append(byte: plan.predictor.rawValue | plan.packed.packing.rawValue << 3)
    switch plan.predictor {
    case .none: break
    case .delta: sink.append(signed: numbers[0])
    case .curve:
      sink.append(signed: numbers[0])
      sink.append(signed: numbers[1] &- numbers[0])
    case .line: sink.append(signed: plan.slope)
    }
    plan.packed.write(plan.residuals, to: &sink)
  }

  /// The numbers as runs, when that takes fewer bytes than `limit` and a header.
  private static func runs(of numbers: [Int64], in limit: Int) -> ByteSink? {
    // Something has to be shorter: a run takes about as much as a number and a half.
    let runsMax = numbers.count / 3
    guard runsMax > 1 else { return nil }
    var lengths: [Int64] = []
    var values: [Int64] = []
    for number in numbers {
      if number == values.last {
        lengths[lengths.count - 1] += 1
      } else {
        guard values.count < runsMax else { return nil }
        values.append(number)
        lengths.append(1)
      }
    }
    guard values.count > 1 else { return nil }
    var sink = ByteSink()
    sink.append(byte: Predictor.none.rawValue | Packing.runs.rawValue << 3)
    sink.append(varint: UInt64(values.count))
    write(lengths, plan(for: lengths), to: &sink)
    write(values, plan(for: values), to: &sink)
    return sink.bytes.count <= limit ? sink : nil
  }
}

/// How a list of differences is packed, and what that takes.
private struct PackingPlan {
  var packing = IntegerSequence.Packing.constant
  /// The number of a constant, the smallest of a frame, the center of Rice's code.
  var base: Int64 = 0
  /// The width of a frame, the remainder's bits in Rice's code.
  var width: UInt64 = 0
  var bytes = 0

  /// Packs numbers as a constant or in one frame.
  init(framing numbers: [Int64]) {
    guard var low = numbers.first else { return }
    var high = low
    for number in numbers {
      low = min(low, number)
      high = max(high, number)
    }
    base = low
    bytes = varintBytes(zigzag(low))
    guard low != high else { return }
    packing = .frame
    width = UInt64(bitPattern: high &- low).bitWidthNeeded
    bytes += 1 + (numbers.count * Int(width) + 7) / 8
  }

  /// Looks whether another packing takes fewer bytes.
  mutating func refine(_ numbers: [Int64]) {
    guard packing == .frame else { return }
    considerFrames(numbers)
    considerRice(numbers)
  }

  private mutating func considerFrames(_ numbers: [Int64]) {
    guard numbers.count > IntegerSequence.frameCount else { return }
    var total = 0
    for start in stride(from: 0, to: numbers.count, by: IntegerSequence.frameCount) {
      let frame = numbers[start..<min(start + IntegerSequence.frameCount, numbers.count)]
      total += Self.frame(of: frame).bytes
    }
    if total < bytes {
      packing = .frames
      bytes = total
    }
  }

  private static func frame(of numbers: ArraySlice<Int64>) -> (
    low: Int64, width: UInt64, bytes: Int
  ) {
    var low = numbers[numbers.startIndex]
    var high = low
    for number in numbers {
      low = min(low, number)
      high = max(high, number)
    }
    let width = UInt64(bitPattern: high &- low).bitWidthNeeded
    return (low, width, varintBytes(zigzag(low)) + 1 + (numbers.count * Int(width) + 7) / 8)
  }

  /// Rice's code is slower to read than a frame: it has to be this much shorter.
  private static var riceShare: Double { 0.97 }

  private mutating func considerRice(_ numbers: [Int64]) {
    let center = Self.middle(of: numbers)
    var sum = 0.0
    for number in numbers { sum += Double(zigzag(number &- center)) }
    let mean = sum / Double(numbers.count)
    guard mean < 0x1p52 else { return }
    let guess = UInt64(mean).bitWidthNeeded
    let head = varintBytes(zigzag(center)) + 1
    for bits in (guess > 1 ? guess - 2 : 0)...guess {
      var total: UInt64 = 0
      for number in numbers {
        let quotient = zigzag(number &- center) >> bits
        total +=
          quotient >= IntegerSequence.quotientMax
          ? IntegerSequence.quotientMax + 64 : quotient + 1 + bits
      }
      let size = head + Int(total + 7) / 8
      if Double(size) < Double(bytes) * (packing == .rice ? 1 : Self.riceShare) {
        packing = .rice
        base = center
        width = bits
        bytes = size
      }
    }
  }

  /// The middle one of a few numbers spread over all.
  private static func middle(of numbers: [Int64]) -> Int64 {
    let step = max(numbers.count / 31, 1)
    let few = stride(from: 0, to: numbers.count, by: step).map { numbers[$0] }.sorted()
    return few[few.count / 2]
  }

  func write(_ numbers: [Int64], to sink: inout ByteSink) {
    switch packing {
    case .constant: sink.append(signed: base)
    case .frame: Self.write(numbers[...], base, width, to: &sink)
    case .frames:
      for start in stride(from: 0, to: numbers.count, by: IntegerSequence.frameCount) {
        let part = numbers[start..<min(start + IntegerSequence.frameCount, numbers.count)]
        let frame = Self.frame(of: part)
        Self.write(part, frame.low, frame.width, to: &sink)
      }
    case .rice: writeRice(numbers, to: &sink)
    case .runs: preconditionFailure("runs are not a packing of differences")
    }
  }

  private static func write(
    _ numbers: ArraySlice<Int64>,
    _ base: Int64,
    _ width: UInt64,
    to sink: inout ByteSink
  ) {
    sink.append(signed: base)
    sink.append(byte: UInt8(width))
    for number in numbers {
      sink.append(bits: UInt64(bitPattern: number &- base), count: width)
    }
    sink.finishBits()
  }

  private func writeRice(_ numbers: [Int64], to sink: inout ByteSink) {
    sink.append(signed: base)
    sink.append(byte: UInt8(width))
    for number in numbers {
      let folded = zigzag(number &- base)
      let quotient = folded >> width
      if quotient >= IntegerSequence.quotientMax {
        sink.append(bits: .max, count: IntegerSequence.quotientMax)
        sink.append(bits: folded, count: 64)
      } else {
        sink.append(bits: (1 << quotient) - 1, count: quotient + 1)
        sink.append(bits: folded, count: width)
      }
    }
    sink.finishBits()
  }
}
