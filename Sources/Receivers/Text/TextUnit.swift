// SPDX-License-Identifier: MIT

/// What a service counts when it limits a text.
enum TextUnit: Sendable {
  /// UTF-16 units: never fewer than the characters that a service may mean by the word.
  case utf16
  /// Bytes of UTF-8.
  case bytes
  /// Bytes of UTF-8 inside a JSON string, escapes included.
  case jsonBytes

  /// How much of a limit the text takes.
  func cost(of text: String) -> Int {
    switch self {
    case .utf16: text.utf16.count
    case .bytes: text.utf8.count
    case .jsonBytes: text.utf8.reduce(0) { $0 + Self.jsonCost(of: $1) }
    }
  }

  /// The bytes that `JSONText` writes for one byte of a string.
  private static func jsonCost(of byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x09, 0x0a, 0x0d: 2
    case 0..<0x20: 6
    default: 1
    }
  }
}
