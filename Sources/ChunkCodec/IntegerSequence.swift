// SPDX-License-Identifier: MIT

/// Whole numbers of a known count as bytes: how each is predicted from those before it, and how the
/// differences to the predictions are packed.
///
/// ```
/// +-------------------------+------------------------------+------------------------------+
/// | predictor + packing * 8 | none   nothing               | constant  number (signed)    |
/// | 1 byte                  | delta  first number (signed) | frame     smallest (signed), |
/// |                         | curve  first, first delta    |           width, bit string  |
/// |                         | line   slope * 65536 (signed)| frames    the same for each  |
/// |                         |                              |           64 numbers         |
/// |                         |                              | rice      center (signed),   |
/// |                         |                              |           bits, bit string   |
/// |                         |                              | runs      count, sequence of |
/// |                         |                              |           lengths, of values |
/// +-------------------------+------------------------------+------------------------------+
/// ```
/// All sums wrap around: encoder and decoder wrap alike, and made-up bytes cannot trap.
enum IntegerSequence {
  /// How a number is guessed from those before it.
  enum Predictor: UInt8, CaseIterable {
    /// 0: the number itself is packed.
    case none = 0
    /// The number before.
    case delta = 1
    /// The number before and its distance to the one before it.
    case curve = 2
    /// A straight line through all of them; for counters with a steady rate, and times.
    case line = 3

    /// Numbers that are written as they are, before the packed ones.
    var headCount: Int {
      switch self {
      case .none, .line: 0
      case .delta: 1
      case .curve: 2
      }
    }
  }

  /// How the differences are packed.
  enum Packing: UInt8 {
    case constant = 0
    /// Distances to the smallest, all of one width.
    case frame = 1
    /// A frame for each 64 numbers.
    case frames = 2
    /// Rice's code of the folded distance to a center: the quotient by a power of two as ones and a
    /// zero, then the remainder.
    case rice = 3
    /// Lengths of runs of equal numbers, and the number of each run.
    case runs = 4
  }

  /// Fraction bits of a line's slope.
  static let slopeBits: Int64 = 16
  /// Numbers that share a frame when there are several.
  static let frameCount = 64
  /// Ones at which Rice's code gives the number in 64 bits instead.
  static let quotientMax: UInt64 = 40

  /// Restores as many numbers as `numbers` has room for.
  static func read(
    from source: inout ByteSource,
    into numbers: UnsafeMutableBufferPointer<Int64>
  ) throws(ChunkError) {
    try read(from: &source, into: numbers, mayHaveRuns: true)
  }

  private static func read(
    from source: inout ByteSource,
    into numbers: UnsafeMutableBufferPointer<Int64>,
    mayHaveRuns: Bool
  ) throws(ChunkError) {
    guard !numbers.isEmpty else { return }
    let header = try source.byte()
    guard let predictor = Predictor(rawValue: header & 7),
      let packing = Packing(rawValue: header >> 3),
      packing != .runs || (mayHaveRuns && predictor == .none), numbers.count >= predictor.headCount
    else { throw .malformed(reason: "unknown integer coding \(header)") }
    var slope: Int64 = 0
    for index in 0..<predictor.headCount { numbers[index] = try source.signed() }
    if predictor == .line { slope = try source.signed() }
    let rest = UnsafeMutableBufferPointer(rebasing: numbers[predictor.headCount...])
    if packing == .runs {
      try readRuns(from: &source, into: rest)
    } else {
      try unpack(packing, from: &source, into: rest)
    }
    switch predictor {
    case .none: break
    case .delta: sum(numbers, from: 1)
    case .curve:
      sum(UnsafeMutableBufferPointer(rebasing: numbers[1...]), from: 1)
      sum(numbers, from: 1)
    case .line:
      var height: Int64 = 0
      for index in numbers.indices {
        numbers[index] = numbers[index] &+ (height >> slopeBits)
        height = height &+ slope
      }
    }
  }

  /// Turns distances into numbers: each gets the one before it added.
  private static func sum(_ numbers: UnsafeMutableBufferPointer<Int64>, from start: Int) {
    guard numbers.count > start else { return }
    var last = numbers[start - 1]
    for index in start..<numbers.count {
      last = last &+ numbers[index]
      numbers[index] = last
    }
  }

  private static func unpack(
    _ packing: Packing,
    from source: inout ByteSource,
    into numbers: UnsafeMutableBufferPointer<Int64>
  ) throws(ChunkError) {
    switch packing {
    case .constant:
      let number = try source.signed()
      for index in numbers.indices { numbers[index] = number }
    case .frame:
      try readFrame(from: &source, into: numbers)
    case .frames:
      var start = 0
      while start < numbers.count {
        let end = min(start + frameCount, numbers.count)
        try readFrame(
          from: &source,
          into: UnsafeMutableBufferPointer(rebasing: numbers[start..<end])
        )
        start = end
      }
    case .rice: try readRice(from: &source, into: numbers)
    case .runs: throw .malformed(reason: "runs within runs")
    }
  }

  private static func readFrame(
    from source: inout ByteSource,
    into numbers: UnsafeMutableBufferPointer<Int64>
  ) throws(ChunkError) {
    let base = try source.signed()
    let width = Int(try source.byte())
    guard width <= 64 else { throw .malformed(reason: "a number has more than 64 bits") }
    try source.unpack(width: width, base: base, into: numbers)
  }

  private static func readRice(
    from source: inout ByteSource,
    into numbers: UnsafeMutableBufferPointer<Int64>
  ) throws(ChunkError) {
    let center = try source.signed()
    let bits = UInt64(try source.byte())
    guard bits <= 57 else { throw .malformed(reason: "a remainder has more than 57 bits") }
    let mask: UInt64 = (1 << bits) - 1
    let end = source.left * 8
    var bit = 0
    for index in numbers.indices {
      guard bit < end else { throw .truncated }
      let word = source.word(atBit: source.position * 8 + bit)
      let quotient = UInt64((~word).trailingZeroBitCount)
      let folded: UInt64
      if quotient >= quotientMax {
        bit += Int(quotientMax)
        folded = source.word(atBit: source.position * 8 + bit)
        bit += 64
      } else {
        bit += Int(quotient) + 1
        let remainder =
          quotient + 1 + bits <= 64
          ? word >> (quotient + 1) : source.word(atBit: source.position * 8 + bit)
        folded = quotient << bits | remainder & mask
        bit += Int(bits)
      }
      numbers[index] = center &+ unzigzag(folded)
    }
    guard bit <= end else { throw .truncated }
    _ = try source.part(count: (bit + 7) / 8)
  }

  private static func readRuns(
    from source: inout ByteSource,
    into numbers: UnsafeMutableBufferPointer<Int64>
  ) throws(ChunkError) {
    let count = try source.count(max: numbers.count, of: "runs")
    var lengths = [Int64](repeating: 0, count: count)
    var values = [Int64](repeating: 0, count: count)
    try lengths.withUnsafeMutableBufferPointer { lengths throws(ChunkError) in
      try read(from: &source, into: lengths, mayHaveRuns: false)
    }
    try values.withUnsafeMutableBufferPointer { values throws(ChunkError) in
      try read(from: &source, into: values, mayHaveRuns: false)
    }
    var start = 0
    for (length, value) in zip(lengths, values) {
      guard length > 0, length <= numbers.count - start else {
        throw .malformed(reason: "a run does not fit")
      }
      for index in start..<start + Int(length) { numbers[index] = value }
      start += Int(length)
    }
    guard start == numbers.count else { throw .malformed(reason: "runs are missing") }
  }
}
