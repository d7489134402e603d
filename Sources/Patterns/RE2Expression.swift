// SPDX-License-Identifier: MIT
import CRE2

/// Owns one compiled RE2 expression.
///
/// Unchecked, because the compiler cannot see into C++: RE2 documents a compiled expression as safe
/// to use from many threads at once, and the handle never changes.
final class RE2Expression: @unchecked Sendable {
  private let handle: OpaquePointer
  private let groupCount: Int

  init(_ pattern: String) throws(PatternError) {
    var pattern = pattern
    var reason = [UInt8](repeating: 0, count: 256)
    let compiled: OpaquePointer? = pattern.withUTF8 { bytes in
      reason.withUnsafeMutableBytes { room in
        bytes.withMemoryRebound(to: CChar.self) { text in
          hv_re2_compile(
            text.baseAddress,
            text.count,
            room.baseAddress?.assumingMemoryBound(to: CChar.self),
            room.count
          )
        }
      }
    }
    guard let compiled else {
      throw PatternError(pattern, String(decoding: reason.prefix { $0 != 0 }, as: UTF8.self))
    }
    handle = compiled
    groupCount = Int(hv_re2_group_count(compiled))
  }

  deinit {
    hv_re2_free(handle)
  }

  func matches(_ value: String) -> Bool {
    var value = value
    return value.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        hv_re2_full_match(handle, text.baseAddress, text.count) != 0
      }
    }
  }

  /// The texts of the whole match and of each group, or nil when `value` does not match.
  func captures(in value: String) -> [String]? {
    var value = value
    let absent = hv_re2_span(start: -1, length: -1)
    var spans = [hv_re2_span](repeating: absent, count: groupCount + 1)
    return value.withUTF8 { bytes -> [String]? in
      let matched = bytes.withMemoryRebound(to: CChar.self) { text in
        hv_re2_captures(handle, text.baseAddress, text.count, &spans, groupCount + 1) != 0
      }
      guard matched else { return nil }
      return spans.map { span in
        guard span.start >= 0 else { return "" }
        return String(decoding: bytes[span.start..<span.start + span.length], as: UTF8.self)
      }
    }
  }

  /// Where the leftmost match from byte `start` on lies, and each group, nil for one that took no
  /// part; nil when nothing matches.
  func search(in text: [UInt8], from start: Int) -> [Range<Int>?]? {
    let absent = hv_re2_span(start: -1, length: -1)
    var spans = [hv_re2_span](repeating: absent, count: groupCount + 1)
    let isFound = text.withUnsafeBytes { bytes in
      // An empty array has no address, and RE2 takes a null text for no text at all.
      let address = bytes.assumingMemoryBound(to: CChar.self).baseAddress
      return withUnsafePointer(to: CChar(0)) { empty in
        hv_re2_search(handle, address ?? empty, text.count, start, &spans, groupCount + 1) != 0
      }
    }
    guard isFound else { return nil }
    return spans.map { $0.start < 0 ? nil : $0.start..<($0.start + $0.length) }
  }

  /// The number of the group of this name, or nil when there is none.
  func groupNumber(of name: String) -> Int? {
    var name = name
    let number = name.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        hv_re2_group_number(handle, text.baseAddress, text.count)
      }
    }
    return number > 0 ? Int(number) : nil
  }
}

/// A replacement text with `$` references to groups.
struct GroupTemplate {
  private let bytes: [UInt8]

  init(_ template: String) { bytes = Array(template.utf8) }

  /// The text with each reference replaced by what `group` says for its name.
  func expanded(_ group: (String) -> String) -> String {
    let dollar = UInt8(ascii: "$")
    var output: [UInt8] = []
    var index = 0
    while index < bytes.count {
      guard bytes[index] == dollar, index + 1 < bytes.count else {
        output.append(bytes[index])
        index += 1
        continue
      }
      if bytes[index + 1] == dollar {
        output.append(dollar)
        index += 2
      } else if let (name, next) = reference(at: index + 1) {
        output += Array(group(name).utf8)
        index = next
      } else {
        // A dollar sign that starts no reference stands for itself.
        output.append(dollar)
        index += 1
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// The name at `start`, braces or not, and the index behind it.
  private func reference(at start: Int) -> (String, Int)? {
    let isBraced = bytes[start] == UInt8(ascii: "{")
    let first = isBraced ? start + 1 : start
    var end = first
    while end < bytes.count, Self.isNameByte(bytes[end]) { end += 1 }
    guard end > first else { return nil }
    let name = String(decoding: bytes[first..<end], as: UTF8.self)
    guard isBraced else { return (name, end) }
    guard end < bytes.count, bytes[end] == UInt8(ascii: "}") else { return nil }
    return (name, end + 1)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
