// SPDX-License-Identifier: MIT

/// The values of one series as bytes, bit for bit.
///
/// ```
/// +----------------+-----------------------+---------------------+-------------------------+
/// | coding         | exceptions, if any:   | divisor, if any:    | constant  8 bytes       |
/// | 1 byte:        |   count, then for each|   first number      | decimals  integers      |
/// |  bits 0-1 kind |   places since the    |   (signed), divisor | patterns  integers      |
/// |  2 divisor     |   last, 8 bytes       |                     | xor       bit string    |
/// |  3 exceptions  |                       |                     |                         |
/// |  4-7 decimals  |                       |                     |                         |
/// +----------------+-----------------------+---------------------+-------------------------+
/// ```
/// *Decimals* are whole numbers that, divided by ten to the power in the coding, give the values; an
/// exception is a value that no whole number gives, such as a staleness marker. *Patterns* are the
/// bits of the values, folded so that they rise with them. With a divisor the integers count its
/// multiples from the first number. *Xor* is Gorilla's code: 64 bits, then for each value 0 when it
/// is the same, or 1 and 0 and the bits that differ in the window as before, or 1 and 1, 6 bits of
/// zeros before the window, 6 bits of its width less one, and the window.
///
/// Source of xor: Pelkonen et al., Gorilla (VLDB 2015).
enum ValueColumn {
  private enum Kind: UInt8 {
    case constant = 0
    case decimals = 1
    case patterns = 2
    case xor = 3
  }

  private static let divisorFlag: UInt8 = 1 << 2
  private static let exceptionsFlag: UInt8 = 1 << 3

  // Writing.

  /// Adds the values in the coding that takes the fewest bytes; their count is not written.
  static func append(_ values: [Double], to sink: inout ByteSink) {
    guard let first = values.first else { return }
    let isConstant = values.allSatisfy { $0.bitPattern == first.bitPattern }
    if let decimals = Decimals(values) {
      var coded = ByteSink()
      write(decimals, to: &coded)
      if isConstant, coded.bytes.count > 9 { return writeConstant(first, to: &sink) }
      // Values with few digits that jump about can be shorter as they are.
      if decimals.exceptions.isEmpty, decimals.exponent == 0 { return sink.append(coded) }
      let patterns = patterns(of: values)
      sink.append(patterns.bytes.count < coded.bytes.count ? patterns : coded)
      return
    }
    if isConstant { return writeConstant(first, to: &sink) }
    let patterns = patterns(of: values)
    let xor = xor(of: values, shorterThan: patterns.bytes.count)
    sink.append(xor ?? patterns)
  }

  private static func writeConstant(_ value: Double, to sink: inout ByteSink) {
    sink.append(byte: Kind.constant.rawValue)
    sink.append(littleEndian: value.bitPattern, count: 8)
  }

  private static func write(_ decimals: Decimals, to sink: inout ByteSink) {
    let divided = Divided(decimals.numbers)
    var coding = Kind.decimals.rawValue | decimals.exponent << 4
    if divided != nil { coding |= divisorFlag }
    if !decimals.exceptions.isEmpty { coding |= exceptionsFlag }
    sink.append(byte: coding)
    if !decimals.exceptions.isEmpty {
      sink.append(varint: UInt64(decimals.exceptions.count))
      var last = 0
      for (place, bits) in decimals.exceptions {
        sink.append(varint: UInt64(place - last))
        sink.append(littleEndian: bits, count: 8)
        last = place
      }
    }
    write(divided, orelse: decimals.numbers, to: &sink)
  }

  private static func patterns(of values: [Double]) -> ByteSink {
    let numbers = values.map { ordered($0.bitPattern) }
    let divided = Divided(numbers)
    var sink = ByteSink()
    sink.append(byte: Kind.patterns.rawValue | (divided == nil ? 0 : divisorFlag))
    write(divided, orelse: numbers, to: &sink)
    return sink
  }

  private static func write(
    _ divided: Divided?,
    orelse numbers: [Int64],
    to sink: inout ByteSink
  ) {
    guard let divided else { return IntegerSequence.append(numbers, to: &sink) }
    sink.append(signed: divided.first)
    sink.append(varint: divided.divisor)
    IntegerSequence.append(divided.multiples, to: &sink)
  }

  private static func xor(of values: [Double], shorterThan limit: Int) -> ByteSink? {
    var sink = ByteSink()
    sink.append(byte: Kind.xor.rawValue)
    var state = XORState()
    for value in values {
      state.write(value.bitPattern, to: &sink)
      if sink.bytes.count >= limit { return nil }
    }
    sink.finishBits()
    return sink.bytes.count < limit ? sink : nil
  }

  /// Folds the bits of a number so that, as integers, they rise with it; undoes itself.
  private static func ordered(_ bits: UInt64) -> Int64 {
    let signed = Int64(bitPattern: bits)
    return signed ^ (signed >> 63 & Int64.max)
  }

  // Reading.

  /// Restores as many values as `values` has room for, which are the first ones of a column; those
  /// before the first that is wanted may be any.
  ///
  /// Only after all of them the source stands behind the column.
  static func read(
    from source: inout ByteSource,
    into values: UnsafeMutableBufferPointer<Double>,
    _ wish: IntegerSequence.Wish
  ) throws(ChunkError) {
    guard !values.isEmpty else { return }
    let coding = try source.byte()
    switch Kind(rawValue: coding & 3) ?? .constant {
    case .constant:
      let value = Double(bitPattern: try source.littleEndian(count: 8))
      for index in wish.first..<values.count { values[index] = value }
    case .decimals:
      let exceptions =
        coding & exceptionsFlag == 0 ? [] : try readExceptions(&source, count: wish.total)
      try readIntegers(&source, coding, into: values, wish)
      restore(values, from: wish.first, exponent: Int(coding >> 4))
      for (place, bits) in exceptions where place < values.count {
        values[place] = Double(bitPattern: bits)
      }
    case .patterns:
      try readIntegers(&source, coding, into: values, wish)
      for index in wish.first..<values.count {
        let bits = ordered(values[index].bitPattern)
        values[index] = Double(bitPattern: UInt64(bitPattern: bits))
      }
    case .xor:
      var state = XORState()
      var bit = 0
      for index in values.indices {
        values[index] = Double(bitPattern: try state.read(source, &bit))
      }
      _ = try source.part(count: (bit + 7) / 8)
    }
  }

  /// Restores whole numbers in the places of values, as their bits.
  private static func readIntegers(
    _ source: inout ByteSource,
    _ coding: UInt8,
    into values: UnsafeMutableBufferPointer<Double>,
    _ wish: IntegerSequence.Wish
  ) throws(ChunkError) {
    try values.withMemoryRebound(to: Int64.self) { numbers throws(ChunkError) in
      guard coding & divisorFlag != 0 else {
        return try IntegerSequence.read(from: &source, into: numbers, wish)
      }
      let first = try source.signed()
      let divisor = Int64(bitPattern: try source.varint())
      try IntegerSequence.read(from: &source, into: numbers, wish)
      for index in wish.first..<numbers.count {
        numbers[index] = first &+ numbers[index] &* divisor
      }
    }
  }

  /// Turns whole numbers, which stand as bits in the places of values, into values.
  private static func restore(
    _ values: UnsafeMutableBufferPointer<Double>,
    from first: Int,
    exponent: Int
  ) {
    guard exponent > 0 else {
      for index in first..<values.count {
        values[index] = Double(Int64(bitPattern: values[index].bitPattern))
      }
      return
    }
    let power = Decimals.powers[exponent]
    for index in first..<values.count {
      values[index] = Double(Int64(bitPattern: values[index].bitPattern)) / power
    }
  }

  private static func readExceptions(
    _ source: inout ByteSource,
    count: Int
  ) throws(ChunkError) -> [(place: Int, bits: UInt64)] {
    let found = try source.count(max: count, of: "exceptions")
    var exceptions: [(place: Int, bits: UInt64)] = []
    var place = 0
    for _ in 0..<found {
      place += try source.count(max: count, of: "places")
      guard place < count else { throw .malformed(reason: "an exception is out of place") }
      exceptions.append((place, try source.littleEndian(count: 8)))
    }
    return exceptions
  }
}

/// Values as whole numbers over a power of ten.
private struct Decimals {
  /// Ten to the powers that a coding can name.
  static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]
  /// The highest power that is tried: fractions with more digits are noise to the last bit.
  private static let exponentMax = 9

  var exponent: UInt8 = 0
  var numbers: [Int64] = []
  /// Values that no number gives, by place.
  var exceptions: [(place: Int, bits: UInt64)] = []

  /// Finds the smallest power of ten that gives all values but a few; nil when there is none.
  init?(_ values: [Double]) {
    let exceptionsMax = values.count / 16 + 1
    numbers.reserveCapacity(values.count)
    var power = 0
    for (place, value) in values.enumerated() {
      if let number = Self.number(value, power) {
        numbers.append(number)
        continue
      }
      if let higher = Self.power(for: value, above: power) {
        guard raise(to: higher, from: power) else { return nil }
        power = higher
        numbers.append(Self.number(value, power) ?? 0)
        continue
      }
      guard exceptions.count < exceptionsMax else { return nil }
      exceptions.append((place, value.bitPattern))
      // Any number will do there: the next one of a steady series costs least.
      let last = numbers.last ?? 0
      numbers.append(last &+ (numbers.count > 1 ? last &- numbers[numbers.count - 2] : 0))
    }
    guard exceptions.count < values.count else { return nil }
    exponent = UInt8(power)
    fillLeadingExceptions()
  }

  /// Gives exceptions at the beginning the number of the first value that has one.
  private mutating func fillLeadingExceptions() {
    var place = 0
    while place < exceptions.count, exceptions[place].place == place { place += 1 }
    guard place > 0, place < numbers.count else { return }
    for index in 0..<place { numbers[index] = numbers[place] }
  }

  private mutating func raise(to power: Int, from old: Int) -> Bool {
    let factor = Int64(Self.powers[power - old])
    for index in numbers.indices {
      let (number, isTooLarge) = numbers[index].multipliedReportingOverflow(by: factor)
      guard !isTooLarge, number.magnitude <= 1 << 53 else { return false }
      numbers[index] = number
    }
    return true
  }

  private static func power(for value: Double, above power: Int) -> Int? {
    guard power < exponentMax, value.isFinite else { return nil }
    return (power + 1...exponentMax).first { number(value, $0) != nil }
  }

  /// The whole number that gives the value's bits back; -0, NaN and infinity have none.
  private static func number(_ value: Double, _ power: Int) -> Int64? {
    let scaled = power == 0 ? value : value * powers[power]
    guard scaled.magnitude <= 0x1p53 else { return nil }
    let number = Int64(scaled.rounded())
    let back = power == 0 ? Double(number) : Double(number) / powers[power]
    return back.bitPattern == value.bitPattern ? number : nil
  }
}

/// Numbers as multiples of a common divisor, counted from the first.
private struct Divided {
  let first: Int64
  let divisor: UInt64
  let multiples: [Int64]

  /// Nil when the divisor is 1 or all numbers are the same.
  init?(_ numbers: [Int64]) {
    guard let first = numbers.first else { return nil }
    var divisor: UInt64 = 0
    for number in numbers {
      let (distance, isTooLarge) = number.subtractingReportingOverflow(first)
      guard !isTooLarge else { return nil }
      divisor = Self.commonDivisor(divisor, distance.magnitude)
      if divisor == 1 { return nil }
    }
    guard divisor > 1, divisor <= UInt64(Int64.max) else { return nil }
    self.first = first
    self.divisor = divisor
    let signed = Int64(divisor)
    multiples = numbers.map { ($0 - first) / signed }
  }

  private static func commonDivisor(_ left: UInt64, _ right: UInt64) -> UInt64 {
    var (high, low) = (left, right)
    while low != 0 { (high, low) = (low, high % low) }
    return high
  }
}
