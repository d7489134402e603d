// SPDX-License-Identifier: MIT

/// Spans of time and sizes as settings and rule files write them.
package enum QuantityText {
  private static let spans: [(unit: String, milliseconds: Int64)] = [
    ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000),
    ("m", 60_000), ("s", 1_000), ("ms", 1),
  ]
  private static let sizes: [(unit: String, bytes: Int64)] = [
    ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
  ]

  /// Reads `500ms`, `15s`, `1h30m`, `90d` or `0`: units from large to small, each at most once.
  ///
  /// - Returns: Nil when the text is not a span or too long to count in milliseconds.
  package static func span(_ text: String) -> Duration? {
    if text == "0" { return .zero }
    var total: Int64 = 0
    var rest = Substring(text)
    var allowed = spans[...]
    while !rest.isEmpty {
      guard let number = Int64(rest.prefix { $0.isASCII && $0.isNumber }) else { return nil }
      rest = rest.drop { $0.isASCII && $0.isNumber }
      let unit = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(unit.count)
      guard let position = allowed.firstIndex(where: { $0.unit == unit }) else { return nil }
      let (part, overflow) = number.multipliedReportingOverflow(by: allowed[position].milliseconds)
      let (sum, carry) = total.addingReportingOverflow(part)
      guard !overflow, !carry else { return nil }
      total = sum
      allowed = allowed[(position + 1)...]
    }
    return text.isEmpty ? nil : .milliseconds(total)
  }

  /// Writes a span in the shortest form that reads back the same, such as `1h30m`.
  package static func text(of span: Duration) -> String {
    let (seconds, attoseconds) = span.components
    var rest = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    guard rest > 0 else { return "0s" }
    var text = ""
    for (unit, milliseconds) in spans where unit != "y" && unit != "w" && rest >= milliseconds {
      text += "\(rest / milliseconds)\(unit)"
      rest %= milliseconds
    }
    return text
  }

  /// Reads `64MiB`, `2GiB`, `4096B`.
  ///
  /// - Returns: Bytes, or nil when the text is not a size.
  package static func bytes(_ text: String) -> Int64? {
    for (unit, factor) in sizes where text.hasSuffix(unit) {
      let digits = text.dropLast(unit.count)
      guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int64(digits) else {
        return nil
      }
      let (total, overflow) = number.multipliedReportingOverflow(by: factor)
      return overflow ? nil : total
    }
    return nil
  }

  /// Writes a size in the largest unit that divides it, such as `64MiB`.
  package static func text(ofBytes bytes: Int64) -> String {
    for (unit, factor) in sizes where bytes >= factor && bytes % factor == 0 {
      return "\(bytes / factor)\(unit)"
    }
    return "\(bytes)B"
  }
}
