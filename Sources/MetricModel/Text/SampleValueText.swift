// SPDX-License-Identifier: MIT

extension Double {
  /// The value as the query API and the expositions write it: the shortest text that reads back.
  ///
  /// Plain decimals for 0 and 1e-6 <= |x| < 1e21, else with an exponent of at least two digits, such
  /// as `1e-07`; `NaN`, `+Inf`, `-Inf`, `-0`.
  package var sampleValueText: String {
    if let special = specialValueText { return special }
    let size = magnitude
    if size >= 1e-6 && size < 1e21 { return DecimalDigits(self).plainText }
    return DecimalDigits(self).exponentText
  }

  /// The shortest text that reads back, with an exponent also where it is 0: `1e+00`.
  package var exponentText: String {
    if isNaN || isInfinite { return specialValueText ?? "" }
    if self == 0 { return sign == .minus ? "-0e+00" : "0e+00" }
    return DecimalDigits(self).exponentText
  }

  /// The shortest text that reads back, never with an exponent.
  package var plainDecimalText: String { specialValueText ?? DecimalDigits(self).plainText }

  private var specialValueText: String? {
    if isNaN { return "NaN" }
    if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
    if self == 0 { return sign == .minus ? "-0" : "0" }
    // Whole numbers are the common case and need no digits taken apart.
    if magnitude < 1e15, rounded(.towardZero) == self { return String(Int64(self)) }
    return nil
  }
}

extension Timestamp {
  /// Seconds as the query API writes them: no decimal point, or exactly three digits behind it.
  package var secondsText: String {
    let size = unixMilliseconds.magnitude
    let sign = unixMilliseconds < 0 ? "-" : ""
    let (seconds, rest) = size.quotientAndRemainder(dividingBy: 1_000)
    guard rest != 0 else { return "\(sign)\(seconds)" }
    let digits = String(rest)
    return "\(sign)\(seconds)." + String(repeating: "0", count: 3 - digits.count) + digits
  }
}

/// The shortest decimal digits of a finite number other than 0, and where their point stands.
private struct DecimalDigits {
  private var isNegative = false
  /// ASCII digits without zeros at either end.
  private var digits: [UInt8] = []
  /// The number is 0.DIGITS times ten to this power.
  private var pointPosition = 0

  init(_ value: Double) {
    // `description` gives the shortest digits that read back, in one of two layouts.
    var exponent = 0
    var beforePoint = 0
    var isPointSeen = false
    let parts = value.description.utf8.split(separator: UInt8(ascii: "e"))
    if parts.count == 2 { exponent = Int(String(decoding: parts[1], as: UTF8.self)) ?? 0 }
    for byte in parts[0] {
      switch byte {
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "."): isPointSeen = true
      default:
        digits.append(byte)
        if !isPointSeen { beforePoint += 1 }
      }
    }
    pointPosition = beforePoint + exponent
    let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
    digits.removeFirst(leading)
    pointPosition -= leading
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
  }

  var plainText: String {
    let text = String(decoding: digits, as: UTF8.self)
    let sign = isNegative ? "-" : ""
    if pointPosition <= 0 {
      return "\(sign)0." + String(repeating: "0", count: -pointPosition) + text
    }
    if pointPosition >= digits.count {
      return sign + text + String(repeating: "0", count: pointPosition - digits.count)
    }
    return "\(sign)\(text.prefix(pointPosition)).\(text.dropFirst(pointPosition))"
  }

  var exponentText: String {
    let text = String(decoding: digits, as: UTF8.self)
    let exponent = pointPosition - 1
    let fraction = digits.count > 1 ? ".\(text.dropFirst())" : ""
    let size = String(exponent.magnitude)
    let padding = size.count < 2 ? "0" : ""
    let sign = exponent < 0 ? "-" : "+"
    return "\(isNegative ? "-" : "")\(text.prefix(1))\(fraction)e\(sign)\(padding)\(size)"
  }
}
