// SPDX-License-Identifier: MIT
import MetricModel

/// The flags, width and precision of one verb, and how they shape a value.
struct FormatDirective {
  var isLeft = false
  var plus = false
  var blank = false
  var zero = false
  var sharp = false
  var width: Int?
  var precision: Int?

  /// Notes a flag; false when the scalar is none.
  mutating func take(flag: Unicode.Scalar) -> Bool {
    switch flag {
    case "-": isLeft = true
    case "+": plus = true
    case " ": blank = true
    case "0": zero = true
    case "#": sharp = true
    default: return false
    }
    return true
  }

  /// Writes a value by a verb.
  func format(_ value: TemplateValue, _ verb: Unicode.Scalar) -> String {
    if verb == "T" { return padded(value.typeName) }
    switch value {
    case .text(let text): return string(text, verb) ?? mismatch(value, verb)
    case .number(let number): return float(number, verb) ?? mismatch(value, verb)
    case .integer(let integer): return whole(integer, verb) ?? mismatch(value, verb)
    case .flag(let flag):
      return verb == "t" || verb == "v" ? padded(flag ? "true" : "false") : mismatch(value, verb)
    case .list(let items):
      return "[\(items.map { format($0, verb) }.joined(separator: " "))]"
    case .map(let entries):
      let pairs = entries.sortedByName.map {
        "\(format(.text($0.key), verb)):\(format($0.value, verb))"
      }
      return "map[\(pairs.joined(separator: " "))]"
    case .span(let span) where verb == "d": return whole(Int(span.wholeMilliseconds), verb) ?? ""
    case .none: return verb == "v" ? padded("<nil>") : "%!\(verb)(<nil>)"
    case .record, .instant, .span, .object:
      return string(value.printed, verb) ?? mismatch(value, verb)
    }
  }

  private func mismatch(_ value: TemplateValue, _ verb: Unicode.Scalar) -> String {
    "%!\(verb)(\(value.typeName)=\(value.printed))"
  }

  private func string(_ text: String, _ verb: Unicode.Scalar) -> String? {
    let cut =
      precision.map { String(String.UnicodeScalarView(text.unicodeScalars.prefix($0))) } ?? text
    switch verb {
    case "v" where sharp: return padded(Self.quoted(text))
    case "s", "v": return padded(cut)
    case "q": return padded(Self.quoted(cut))
    case "x", "X":
      let bytes = precision.map { Array(text.utf8.prefix($0)) } ?? Array(text.utf8)
      return padded(bytes.map { Self.hexadecimal($0, isUpper: verb == "X") }.joined())
    default: return nil
    }
  }

  private static func hexadecimal(_ byte: UInt8, isUpper: Bool) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: isUpper)
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        quoted += "\\x" + hexadecimal(UInt8(scalar.value), isUpper: false)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  private func float(_ value: Double, _ verb: Unicode.Scalar) -> String? {
    let digits: String
    switch (verb, precision) {
    case ("v", nil), ("g", nil), ("G", nil): digits = NumberText.shortest(value.magnitude)
    case ("v", let count?), ("g", let count?): digits = NumberText.general(value.magnitude, count)
    case ("G", let count?): digits = NumberText.rounded(value.magnitude, "G", count)
    case ("f", let count), ("F", let count):
      digits = NumberText.rounded(value.magnitude, "f", count ?? 6)
    case ("e", let count): digits = NumberText.rounded(value.magnitude, "e", count ?? 6)
    case ("E", let count): digits = NumberText.rounded(value.magnitude, "E", count ?? 6)
    default: return nil
    }
    let number = verb == "G" ? digits.uppercased() : digits
    if value.isNaN { return padded(plus ? "+NaN" : blank ? " NaN" : "NaN") }
    if value.isInfinite { return padded(value < 0 ? "-Inf" : blank && !plus ? " Inf" : "+Inf") }
    return signed(number, isNegative: value.sign == .minus)
  }

  private func whole(_ value: Int, _ verb: Unicode.Scalar) -> String? {
    var digits: String
    switch verb {
    case "d", "v": digits = String(value.magnitude)
    case "b": digits = String(value.magnitude, radix: 2)
    case "o": digits = (sharp ? "0" : "") + String(value.magnitude, radix: 8)
    case "O": digits = "0o" + String(value.magnitude, radix: 8)
    case "x", "X":
      digits = String(value.magnitude, radix: 16, uppercase: verb == "X")
    case "c", "q", "U":
      guard let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init) else {
        return padded("\u{fffd}")
      }
      if verb == "U" {
        let code = String(scalar.value, radix: 16, uppercase: true)
        return padded("U+" + String(repeating: "0", count: max(0, 4 - code.count)) + code)
      }
      return padded(verb == "c" ? String(Character(scalar)) : "'\(Character(scalar))'")
    default: return nil
    }
    if let precision {
      digits = String(repeating: "0", count: max(0, precision - digits.count)) + digits
    }
    if sharp, verb == "x" || verb == "X" { digits = "0\(verb)" + digits }
    return signed(digits, isNegative: value < 0, zeros: precision == nil)
  }

  private func signed(_ digits: String, isNegative: Bool, zeros: Bool = true) -> String {
    let sign = isNegative ? "-" : plus ? "+" : blank ? " " : ""
    guard zero, zeros, !isLeft, let width else { return padded(sign + digits) }
    let filler = String(repeating: "0", count: max(0, width - sign.count - digits.count))
    return sign + filler + digits
  }

  private func padded(_ text: String) -> String {
    guard let width else { return text }
    let count = text.unicodeScalars.count
    guard count < width else { return text }
    let filler = String(repeating: " ", count: width - count)
    return isLeft ? text + filler : filler + text
  }
}
