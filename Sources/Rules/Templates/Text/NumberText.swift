// SPDX-License-Identifier: MIT
import Glibc

/// Floats as the template language prints them.
///
/// Source: the Go standard library's documentation of `strconv.FormatFloat`.
enum NumberText {
  /// The fewest digits that read back the same; with an exponent when that is below -4 or above 5.
  static func shortest(_ value: Double) -> String {
    shortest(value, exponentFrom: 6)
  }

  /// The fewest digits that read back the same; with an exponent from `limit` on.
  static func shortest(_ value: Double, exponentFrom limit: Int) -> String {
    guard value.isFinite else { return special(value) }
    let sign = value.sign == .minus ? "-" : ""
    let (digits, exponent) = decimal(of: value.magnitude)
    guard exponent < -4 || exponent >= limit else {
      return sign + plain(digits, exponent: exponent)
    }
    return sign + scientific(digits, exponent: exponent)
  }

  /// The fewest digits with an exponent always.
  static func shortestScientific(_ value: Double) -> String {
    guard value.isFinite else { return special(value) }
    let (digits, exponent) = decimal(of: value.magnitude)
    return (value.sign == .minus ? "-" : "") + scientific(digits, exponent: exponent)
  }

  /// The fewest digits without an exponent.
  static func shortestPlain(_ value: Double) -> String {
    guard value.isFinite else { return special(value) }
    let (digits, exponent) = decimal(of: value.magnitude)
    return (value.sign == .minus ? "-" : "") + plain(digits, exponent: exponent)
  }

  /// At most `precision` significant digits, without zeros at the end.
  static func general(_ value: Double, _ precision: Int) -> String {
    rounded(value, "g", precision)
  }

  /// Rounded by one of the conversions `e`, `E`, `f`, `g`, `G` of C, which rounds exactly; at most
  /// ``precisionMax`` digits.
  static func rounded(_ value: Double, _ conversion: String, _ precision: Int) -> String {
    guard value.isFinite else { return special(value) }
    let precision = min(max(precision, 0), precisionMax)
    // 309 digits before the point, sign, point, and the terminating zero.
    let capacity = 320 + precision
    return String(unsafeUninitializedCapacity: capacity) { buffer in
      buffer.withMemoryRebound(to: CChar.self) { characters in
        withVaList([value]) { arguments in
          let format = "%.\(precision)\(conversion)"
          let count = vsnprintf(characters.baseAddress, capacity, format, arguments)
          return min(max(Int(count), 0), capacity - 1)
        }
      }
    }
  }

  /// More digits are never asked of the C library.
  static let precisionMax = 400

  private static func special(_ value: Double) -> String {
    value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf"
  }

  /// The shortest digits without zeros at either end, and the power of ten of the first.
  private static func decimal(of magnitude: Double) -> (digits: [UInt8], exponent: Int) {
    guard magnitude != 0 else { return ([UInt8(ascii: "0")], 0) }
    let parts = magnitude.description.split(separator: "e")
    var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let whole = Array(mantissa[0].utf8)
    let fraction = mantissa.count > 1 ? Array(mantissa[1].utf8) : []
    var digits = whole + fraction
    exponent += whole.count - 1
    let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
    digits.removeFirst(zeros)
    exponent -= zeros
    while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return (digits, exponent)
  }

  private static func scientific(_ digits: [UInt8], exponent: Int) -> String {
    var text = String(decoding: digits.prefix(1), as: UTF8.self)
    if digits.count > 1 { text += "." + String(decoding: digits.dropFirst(), as: UTF8.self) }
    let power = String(exponent.magnitude)
    return text + "e" + (exponent < 0 ? "-" : "+") + (power.utf8.count < 2 ? "0" : "") + power
  }

  private static func plain(_ digits: [UInt8], exponent: Int) -> String {
    let zero = UInt8(ascii: "0")
    guard exponent >= 0 else {
      let zeros = [UInt8](repeating: zero, count: -exponent - 1)
      return "0." + String(decoding: zeros + digits, as: UTF8.self)
    }
    let wholeCount = exponent + 1
    guard digits.count > wholeCount else {
      let zeros = [UInt8](repeating: zero, count: wholeCount - digits.count)
      return String(decoding: digits + zeros, as: UTF8.self)
    }
    let whole = String(decoding: digits.prefix(wholeCount), as: UTF8.self)
    return whole + "." + String(decoding: digits.dropFirst(wholeCount), as: UTF8.self)
  }
}
