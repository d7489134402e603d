// SPDX-License-Identifier: MIT
import MetricModel

/// Label sets as bytes: for each pair in order the numbers of name and value among the symbols, each
/// a varint of 7 bits a byte, lowest first.
enum LabelCoding {
  static func encode(_ labels: LabelSet, _ symbols: inout SymbolTable) -> [UInt8] {
    var bytes: [UInt8] = []
    for label in labels {
      append(symbols.number(of: label.name), to: &bytes)
      append(symbols.number(of: label.value), to: &bytes)
    }
    return bytes
  }

  /// Restores a label set, or gives nil for bytes that are none.
  static func decode(_ bytes: [UInt8], _ symbols: SymbolTable) -> LabelSet? {
    var labels: [Label] = []
    labels.reserveCapacity(bytes.count / 2)
    var position = 0
    while position < bytes.count {
      guard let name = take(bytes, &position).flatMap({ symbols.text(of: $0) }),
        let value = take(bytes, &position).flatMap({ symbols.text(of: $0) })
      else { return nil }
      labels.append(Label(name, value))
    }
    let count = labels.count
    let set = LabelSet(labels)
    return set.labels.count == count ? set : nil
  }

  private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private static func take(_ bytes: [UInt8], _ position: inout Int) -> UInt64? {
    var number: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count, shift < 35 {
      let part = bytes[position]
      position += 1
      number |= UInt64(part & 0x7f) << shift
      if part < 0x80 { return number }
      shift += 7
    }
    return nil
  }
}
