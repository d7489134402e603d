// SPDX-License-Identifier: MIT

/// JSON being written as bytes; the caller writes the brackets and commas.
package struct JSONText: Sendable {
  /// The text so far, in UTF-8.
  package private(set) var bytes: [UInt8] = []

  /// Starts an empty text.
  package init() {}

  /// Adds text that is JSON already.
  package mutating func raw(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// Adds another text.
  package mutating func append(_ other: JSONText) {
    bytes.append(contentsOf: other.bytes)
  }

  /// Adds a string in quotes; control characters, quotes and backslashes are escaped.
  package mutating func string(_ text: String) {
    var text = text
    text.withUTF8 { string($0) }
  }

  private mutating func string(_ text: UnsafeBufferPointer<UInt8>) {
    bytes.append(UInt8(ascii: "\""))
    guard text.contains(where: Self.mustBeEscaped) else {
      bytes.append(contentsOf: text)
      bytes.append(UInt8(ascii: "\""))
      return
    }
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""): raw("\\\"")
      case UInt8(ascii: "\\"): raw("\\\\")
      case UInt8(ascii: "\n"): raw("\\n")
      case UInt8(ascii: "\r"): raw("\\r")
      case UInt8(ascii: "\t"): raw("\\t")
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        raw("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func mustBeEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  /// Adds a point of a series: the time in seconds and the value as a string.
  package mutating func point(_ sample: Sample) {
    bytes.append(point: sample)
  }

  /// Adds points with commas between.
  package mutating func points(_ samples: [Sample]) {
    bytes.append(points: samples)
  }

  /// Adds an object of names and values.
  package mutating func object(_ labels: LabelSet) {
    bytes.append(UInt8(ascii: "{"))
    for (index, label) in labels.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      string(label.name)
      bytes.append(UInt8(ascii: ":"))
      string(label.value)
    }
    bytes.append(UInt8(ascii: "}"))
  }
}
