// SPDX-License-Identifier: MIT

/// A decimal number of at most 19 digits, which fits into integers: the fast and exact way.
///
/// What does not fit is left to ``NumberText``.
struct DecimalDigits {
  let isNegative: Bool
  /// All digits, without the point.
  let mantissa: UInt64
  /// The number is the mantissa times ten to this power.
  let exponent: Int
  /// It is written as digits alone, perhaps with a sign.
  let isPlainInteger: Bool

  /// Reads the number at `place` and moves behind it; nil when there is none or it is too long.
  ///
  /// Some byte that belongs to no number must follow, such as a line feed.
  @inline(__always)
  init?(at place: inout UnsafePointer<UInt8>) {
    var at = place
    let isNegative = at.pointee == UInt8(ascii: "-")
    if isNegative || at.pointee == UInt8(ascii: "+") { at += 1 }
    var mantissa: UInt64 = 0
    let start = at
    while let digit = Self.digit(at) {
      mantissa = mantissa &* 10 &+ digit
      at += 1
    }
    var digits = at - start
    let integerEnd = at
    var exponent = 0
    if at.pointee == UInt8(ascii: ".") {
      at += 1
      let fraction = at
      while let digit = Self.digit(at) {
        mantissa = mantissa &* 10 &+ digit
        at += 1
      }
      exponent = fraction - at
      digits -= exponent
    }
    // 10^19 - 1 is the most that 64 bits hold of every digit.
    guard digits > 0, digits <= 19 else { return nil }
    if at.pointee | 0x20 == UInt8(ascii: "e") {
      at += 1
      let isDivided = at.pointee == UInt8(ascii: "-")
      if isDivided || at.pointee == UInt8(ascii: "+") { at += 1 }
      let start = at
      var power = 0
      while let digit = Self.digit(at), at - start < 4 {
        power = power * 10 + Int(digit)
        at += 1
      }
      guard at > start, Self.digit(at) == nil else { return nil }
      exponent += isDivided ? -power : power
    }
    self.isNegative = isNegative
    self.mantissa = mantissa
    self.exponent = exponent
    isPlainInteger = at == integerEnd
    place = at
  }

  @inline(__always)
  private static func digit(_ place: UnsafePointer<UInt8>) -> UInt64? {
    let digit = place.pointee &- UInt8(ascii: "0")
    return digit <= 9 ? UInt64(digit) : nil
  }

  /// The nearest double, ties to even; nil when integers of 128 bits do not suffice to find it.
  @inline(__always)
  var double: Double? {
    let size: Double
    if exponent == 0 {
      size = Double(mantissa)
    } else if mantissa == 0 {
      size = 0
    } else if exponent < 0, exponent >= -19 {
      // Both are exact as doubles, so that the division rounds once (Clinger, 1990).
      size =
        mantissa <= 1 << 53
        ? Double(mantissa) / Double(powersOfTen[-exponent])
        : Self.quotient(mantissa, powersOfTen[-exponent])
    } else if exponent > 0, exponent <= 19 {
      size = Self.product(mantissa, powersOfTen[exponent])
    } else {
      return nil
    }
    return isNegative ? -size : size
  }

  /// The number times 1,000 as an integer, halves rounded away from 0; the limits of 62 bits when it
  /// is beyond them.
  @inline(__always)
  var thousandths: Int64 {
    let power = exponent + 3
    let limit: UInt64 = 1 << 61
    var size: UInt64
    if power == 0 || mantissa == 0 {
      size = mantissa
    } else if power > 0 {
      let product = power <= 19 ? mantissa.multipliedReportingOverflow(by: powersOfTen[power]) : nil
      size = product.map { $0.overflow ? limit : $0.partialValue } ?? limit
    } else if power >= -19 {
      let (quotient, rest) = mantissa.quotientAndRemainder(dividingBy: powersOfTen[-power])
      size = quotient + (rest >= powersOfTen[-power] - rest ? 1 : 0)
    } else {
      size = 0
    }
    size = min(size, limit)
    return isNegative ? -Int64(size) : Int64(size)
  }

  /// `dividend` / `divisor`, both at least 1, rounded once.
  private static func quotient(_ dividend: UInt64, _ divisor: UInt64) -> Double {
    let shift = (dividend.leadingZeroBitCount, divisor.leadingZeroBitCount)
    let normal = (dividend << UInt64(shift.0), divisor << UInt64(shift.1))
    // The quotient has 63 or 64 bits: more than the 55 that rounding to 53 takes.
    let (quotient, rest) = normal.1.dividingFullWidth((normal.0 >> 1, normal.0 << 63))
    return rounded(quotient, hasMore: rest != 0, timesTwoTo: shift.1 - shift.0 - 63)
  }

  /// `left` * `right`, both at least 1, rounded once.
  private static func product(_ left: UInt64, _ right: UInt64) -> Double {
    let (high, low) = left.multipliedFullWidth(by: right)
    guard high != 0 else { return Double(low) }
    let shift = UInt64(high.leadingZeroBitCount)
    let top = shift == 0 ? high : high << shift | low >> (64 - shift)
    return rounded(top, hasMore: low << shift != 0, timesTwoTo: 64 - Int(shift))
  }

  /// The double nearest to (`bits` + a rest between 0 and 1, if `hasMore`) * 2^`power`; `bits` is at
  /// least 2^54 and the result a normal number.
  private static func rounded(_ bits: UInt64, hasMore: Bool, timesTwoTo power: Int) -> Double {
    let extra = UInt64(11 - bits.leadingZeroBitCount)
    var kept = bits >> extra
    let rest = bits & (1 << extra - 1)
    let half: UInt64 = 1 << (extra - 1)
    if rest > half || rest == half && (hasMore || kept & 1 == 1) { kept += 1 }
    let scale = Double(bitPattern: UInt64(1_023 + power + Int(extra)) << 52)
    return Double(kept) * scale
  }
}

/// Ten to the power of 0 to 19.
private let powersOfTen: [UInt64] = [
  1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
  10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000,
  1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000,
  10_000_000_000_000_000_000,
]
