// SPDX-License-Identifier: MIT

/// The shortest decimal digits that read back as a number.
///
/// Schubfach: the digits follow from three products of 64 by 126 bits, without a loop.
/// Source: Raffaello Giulietti, "The Schubfach way to render doubles", 2021.
struct ShortestDecimal {
  /// Without zeros at the end.
  private(set) var digits: UInt64
  /// The number is the digits times ten to this power.
  private(set) var exponent: Int

  /// A power of ten, cut to 126 bits and rounded up, in halves of 63.
  private struct Power {
    let high: UInt64
    let low: UInt64
    /// The bits of the power, less one.
    let log2: Int

    init(_ exponent: Int) {
      var power: UInt128 = 1
      for _ in 0..<exponent { power *= 10 }
      let bits = UInt128.bitWidth - power.leadingZeroBitCount
      let scaled = power << UInt128(126 - bits) + 1
      high = UInt64(scaled >> 63)
      low = UInt64(truncatingIfNeeded: scaled) & Self.lowMask
      log2 = bits - 1
    }

    static let lowMask: UInt64 = 1 << 63 - 1

    /// The power times a number, rounded to odd.
    func product(_ number: UInt64) -> UInt64 {
      let carried = low.multipliedFullWidth(by: number).high
      let whole = high.multipliedFullWidth(by: number)
      let middle = whole.low >> 1 + carried
      let sum = whole.high + middle >> 63
      return sum | ((middle & Self.lowMask) + Self.lowMask) >> 63
    }
  }

  private static let powers = (0...20).map { Power($0) }

  /// What fits the fast way: what has digits behind the point and is neither huge nor tiny.
  private static let span = 1e-4..<1e15

  /// Nil for numbers that the fast way does not reach, whole ones and powers of two among them.
  init?(_ number: Double) {
    let size = number.magnitude
    let fraction = size.significandBitPattern
    guard Self.span.contains(size), fraction != 0, size.rounded(.towardZero) != size else {
      return nil
    }
    let significand = fraction | 1 << 52
    let binary = Int(size.exponentBitPattern) - 1_075
    // Ten to this power is not more than the distance of two neighbours.
    let ten = Self.log10(ofTwoTo: binary)
    let power = Self.powers[-ten]
    let shift = UInt64(binary + power.log2 + 2)
    let isOdd = significand & 1
    let center = significand << 2
    let lower = power.product((center - 2) << shift) + isOdd
    let middle = power.product(center << shift)
    let upper = power.product((center + 2) << shift) - isOdd
    let near = middle >> 2
    // With one digit less, if exactly one such number lies between the neighbours.
    let short = near / 10 * 10
    let isShortIn = lower <= short << 2
    if isShortIn != ((short + 10) << 2 <= upper) {
      digits = isShortIn ? short : short + 10
    } else {
      let isNearIn = lower <= near << 2
      if isNearIn != ((near + 1) << 2 <= upper) {
        digits = isNearIn ? near : near + 1
      } else {
        // Both or neither: the nearer one, of two as near the even one.
        let half = near << 2 + 2
        let isNearer = middle < half || (middle == half && near & 1 == 0)
        digits = isNearer ? near : near + 1
      }
    }
    exponent = ten
    dropZeros(8, as: 100_000_000)
    dropZeros(4, as: 10_000)
    dropZeros(2, as: 100)
    dropZeros(1, as: 10)
    dropZeros(1, as: 10)
  }

  /// The whole part of the decimal logarithm of a power of two.
  private static func log10(ofTwoTo exponent: Int) -> Int { (exponent * 315_653) >> 20 }

  private mutating func dropZeros(_ count: Int, as divisor: UInt64) {
    let (quotient, rest) = digits.quotientAndRemainder(dividingBy: divisor)
    guard rest == 0 else { return }
    digits = quotient
    exponent += count
  }
}
