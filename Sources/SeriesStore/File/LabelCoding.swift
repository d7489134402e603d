// SPDX-License-Identifier: MIT
import MetricModel

/// Label sets as bytes: for each pair in order, name and value, each a length and UTF-8.
///
/// A length below 255 is one byte; else the byte 255 and four bytes, highest first.
enum LabelCoding {
  static func encode(_ labels: LabelSet) -> [UInt8] {
    var bytes: [UInt8] = []
    for label in labels {
      append(label.name, to: &bytes)
      append(label.value, to: &bytes)
    }
    return bytes
  }

  /// Restores a label set, or gives nil for bytes that are none.
  static func decode(_ bytes: [UInt8]) -> LabelSet? {
    var rest = bytes[...]
    var labels: [Label] = []
    while !rest.isEmpty {
      guard let name = take(&rest), let value = take(&rest) else { return nil }
      labels.append(Label(name, value))
    }
    let set = LabelSet(labels)
    return set.labels.count == labels.count ? set : nil
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    let count = text.utf8.count
    if count < 255 {
      bytes.append(UInt8(count))
    } else {
      bytes.append(255)
      for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
    }
    bytes.append(contentsOf: text.utf8)
  }

  private static func take(_ rest: inout ArraySlice<UInt8>) -> String? {
    guard let first = rest.popFirst() else { return nil }
    var count = Int(first)
    if first == 255 {
      guard rest.count >= 4 else { return nil }
      count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(4)
    }
    guard count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return String(validating: rest.prefix(count), as: UTF8.self)
  }
}
