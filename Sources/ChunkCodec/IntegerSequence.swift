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

    /// A number is the sum of all differences before it.
    var isSum: Bool { self == .delta || self == .curve }

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

  /// Which of a sequence's numbers are wanted.
  struct Wish {
    /// How many the sequence has.
    let total: Int
    /// The first that is wanted; those before it may be left as they are.
    let first: Int

    /// All of so many.
    init(all total: Int) { self.init(from: 0, of: total) }

    init(from first: Int, of total: Int) {
      self.total = total
      self.first = first
    }
  }

  /// Restores as many numbers as `numbers` has room for.
  static func read(
    from source: inout ByteSource,
    into numbers: UnsafeMutableBufferPointer<Int64>
  ) throws(ChunkError) {
    try read(from: &source, into: numbers, Wish(all: numbers.count))
  }

  /// Restores as many numbers as `numbers` has room for, which are the first ones of a sequence; only
  /// after all of them the source stands behind the sequence.
  static func read(
    from source: inout ByteSource,
    into numbers: UnsafeMutableBufferPointer<Int64>,
    _ wish: Wish
  ) throws(ChunkError) {
    try read(from: &source, into: numbers, wish, mayHaveRuns: true)
  }

  private static func read(
    from source: inout ByteSource,
    into numbers: UnsafeMutableBufferPointer<Int64>,
    _ wish: Wish,
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
    // A number that does not depend on the one before it can be had alone.
    let first = predictor.isSum ? 0 : wish.first
    if packing == .runs {
      try readRuns(from: &source, into: rest, Wish(from: first, of: wish.total))
    } else {
      try unpack(packing, from: &source, into: rest, from: first)
    }
    switch predictor {
    case .none: break
    case .delta: sum(numbers, from: 1)
    case .curve:
      sum(UnsafeMutableBufferPointer(rebasing: numbers[1...]), from: 1)
      sum(numbers, from: 1)
    case .line:
      var height = slope &* Int64(first)
      for index in first..<numbers.count {
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
    into numbers: UnsafeMutableBufferPointer<Int64>,
    from first: Int
  ) throws(ChunkError) {
    switch packing {
    case .constant:
      let number = try source.signed()
      for index in first..<numbers.count { numbers[index] = number }
    case .frame:
      try readFrame(from: &source, into: numbers, from: first)
    case .frames:
      var start = 0
      while start < numbers.count {
        let end = min(start + frameCount, numbers.count)
        try readFrame(
          from: &source,
          into: UnsafeMutableBufferPointer(rebasing: numbers[start..<end]),
          from: min(max(first - start, 0), end - start)
        )
        start = end
      }
    case .rice: try readRice(from: &source, into: numbers)
    case .runs: throw .malformed(reason: "runs within runs")
    }
  }

  private static func readFrame(
    from source: inout ByteSource,
    into numbers: UnsafeMutableBufferPointer<Int64>,
    from first: Int
  ) throws(ChunkError) {
    let base = try source.signed()
    let width = Int(try source.byte())
    guard width <= 64 else { throw .malformed(reason: "a number has more than 64 bits") }
    try source.unpack(width: width, base: base, into: numbers, from: first)
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
    into numbers: UnsafeMutableBufferPointer<Int64>,
    _ wish: Wish
  ) throws(ChunkError) {
    let count = try source.count(max: wish.total, of: "runs")
    var lengths = [Int64](repeating: 0, count: count)
    var values = [Int64](repeating: 0, count: count)
    let all = Wish(all: count)
    try lengths.withUnsafeMutableBufferPointer { lengths throws(ChunkError) in
      try read(from: &source, into: lengths, all, mayHaveRuns: false)
    }
    try values.withUnsafeMutableBufferPointer { values throws(ChunkError) in
      try read(from: &source, into: values, all, mayHaveRuns: false)
    }
    var start = 0
    for run in 0..<count {
      let length = lengths[run]
      guard length > 0, length <= wish.total - start else {
        throw .malformed(reason: "a run does not fit")
      }
      let end = start + Int(length)
      if end > wish.first, start < numbers.count {
        for index in max(start, wish.first)..<min(end, numbers.count) {
          numbers[index] = values[run]
        }
      }
      start = end
    }
    guard start == wish.total else { throw .malformed(reason: "runs are missing") }
  }
}
