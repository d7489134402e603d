// SPDX-License-Identifier: MIT

extension [UInt8] {
  /// Adds the text of ``Swift/Double/sampleValueText``; a large answer has hundreds of thousands.
  package mutating func append(sampleValue value: Double) {
    append(PointText.sizeMax) { $0.write(sampleValue: value) }
  }

  /// Adds the text of ``Timestamp/secondsText``.
  package mutating func append(secondsOf time: Timestamp) {
    append(PointText.sizeMax) { $0.write(secondsOf: time) }
  }

  /// Adds a whole number.
  package mutating func append(decimal number: Int64) {
    append(PointText.sizeMax) { $0.write(number) }
  }

  /// Adds points as JSON has them, `[TIME,"VALUE"]`, with commas between.
  mutating func append(points samples: [Sample]) {
    var start = 0
    while start < samples.count {
      let portion = samples[start..<Swift.min(start + PointText.portion, samples.count)]
      append(portion.count * PointText.sizeMax) { text in
        for (index, sample) in zip(portion.indices, portion) {
          if index > 0 { text.write(UInt8(ascii: ",")) }
          text.write(sample)
        }
      }
      start = portion.endIndex
    }
  }

  /// Adds one point.
  mutating func append(point sample: Sample) {
    append(PointText.sizeMax) { $0.write(sample) }
  }

  private mutating func append(_ capacity: Int, _ write: (inout PointText) -> Void) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { room in
      var text = PointText(room)
      write(&text)
      append(contentsOf: UnsafeBufferPointer(rebasing: room[..<text.count]))
    }
  }
}

/// Bytes that are written one after the other into room that is enough for them.
private struct PointText {
  /// The most bytes of one point: brackets, quotes and commas, a time, and a value.
  static let sizeMax = 64
  /// Points that are written at once.
  static let portion = 256

  private let room: UnsafeMutableBufferPointer<UInt8>
  private(set) var count = 0

  init(_ room: UnsafeMutableBufferPointer<UInt8>) { self.room = room }

  mutating func write(_ byte: UInt8) {
    room[count] = byte
    count += 1
  }

  mutating func write(_ sample: Sample) {
    write(UInt8(ascii: "["))
    write(secondsOf: sample.timestamp)
    write(UInt8(ascii: ","))
    write(UInt8(ascii: "\""))
    write(sampleValue: sample.value)
    write(UInt8(ascii: "\""))
    write(UInt8(ascii: "]"))
  }

  mutating func write(secondsOf time: Timestamp) {
    if time.unixMilliseconds < 0 { write(UInt8(ascii: "-")) }
    let (seconds, rest) = time.unixMilliseconds.magnitude.quotientAndRemainder(dividingBy: 1_000)
    write(digitsOf: seconds)
    guard rest != 0 else { return }
    write(UInt8(ascii: "."))
    write(digitsOf: rest, width: 3)
  }

  mutating func write(_ number: Int64) {
    if number < 0 { write(UInt8(ascii: "-")) }
    write(digitsOf: number.magnitude)
  }

  mutating func write(sampleValue value: Double) {
    if value.magnitude < 1e15, value.rounded(.towardZero) == value {
      if value == 0, value.sign == .minus { write(UInt8(ascii: "-")) }
      return write(Int64(value))
    }
    guard let decimal = ShortestDecimal(value) else {
      // Longer than there is room for is no such text.
      for byte in value.sampleValueText.utf8 { write(byte) }
      return
    }
    if value < 0 { write(UInt8(ascii: "-")) }
    write(decimal)
  }

  /// Writes a number with digits behind the point.
  private mutating func write(_ decimal: ShortestDecimal) {
    let places = -decimal.exponent
    // With twenty there is nothing before the point.
    let (whole, fraction) =
      places < Self.powers.count
      ? decimal.digits.quotientAndRemainder(dividingBy: Self.powers[places]) : (0, decimal.digits)
    write(digitsOf: whole)
    write(UInt8(ascii: "."))
    write(digitsOf: fraction, width: places)
  }

  /// Ten to the powers that fit.
  private static let powers = (0...19).map { exponent in
    (0..<exponent).reduce(UInt64(1)) { power, _ in power * 10 }
  }

  private mutating func write(digitsOf number: UInt64) {
    // 1233 / 4096 is the decimal logarithm of 2, near enough for 64 bits.
    let width = ((UInt64.bitWidth - number.leadingZeroBitCount) * 1_233) >> 12
    write(digitsOf: number, width: number >= Self.powers[width] ? width + 1 : Swift.max(width, 1))
  }

  /// Writes a number with zeros before it where it has fewer digits.
  private mutating func write(digitsOf number: UInt64, width: Int) {
    var rest = number
    var place = count + width
    count = place
    while place - 2 >= count - width {
      let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
      rest = quotient
      place -= 2
      room[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: pair / 10)
      room[place + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: pair % 10)
    }
    if place > count - width { room[place - 1] = UInt8(ascii: "0") + UInt8(rest % 10) }
  }
}
