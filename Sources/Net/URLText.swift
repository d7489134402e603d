// SPDX-License-Identifier: MIT

/// The percent encoding of URLs and forms.
package enum URLText {
  /// Decodes `%41` and, where `plusIsBlank`, `+`; a broken escape stays as it is, as browsers do it.
  package static func decoded(_ text: some Collection<UInt8>, plusIsBlank: Bool = false) -> String {
    text.withContiguousStorageIfAvailable { decoded($0[...], plusIsBlank: plusIsBlank) }
      ?? Array(text).withUnsafeBufferPointer { decoded($0[...], plusIsBlank: plusIsBlank) }
  }

  private static func decoded(
    _ text: Slice<UnsafeBufferPointer<UInt8>>,
    plusIsBlank: Bool
  ) -> String {
    String(unsafeUninitializedCapacity: text.count) { result in
      var count = 0
      var index = text.startIndex
      while index < text.endIndex {
        var byte = text[index]
        index += 1
        if byte == UInt8(ascii: "+"), plusIsBlank {
          byte = UInt8(ascii: " ")
        } else if byte == UInt8(ascii: "%"), let value = escapedByte(text[index...].prefix(2)) {
          byte = value
          index += 2
        }
        result[count] = byte
        count += 1
      }
      return count
    }
  }

  /// The byte that two hexadecimal digits stand for; nil for anything else.
  private static func escapedByte(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt8? {
    guard digits.count == 2, let high = Digest.value(ofHexDigit: digits[digits.startIndex]),
      let low = Digest.value(ofHexDigit: digits[digits.startIndex + 1])
    else { return nil }
    return high << 4 | low
  }

  /// Encodes everything but the unreserved characters of RFC 3986, section 2.3, so that the result
  /// fits into a path segment, a query and a form.
  package static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "%" + Digest.hex([byte]).uppercased()
      }
    }
    return result
  }

  /// Splits `a=1&b=2` and decodes each part; parts without a name are left out.
  package static func parameters(_ text: some Collection<UInt8>) -> [ServerRequest.Parameter] {
    text.withContiguousStorageIfAvailable(parameters(in:))
      ?? Array(text).withUnsafeBufferPointer(parameters(in:))
  }

  private static func parameters(
    in text: UnsafeBufferPointer<UInt8>
  ) -> [ServerRequest.Parameter] {
    var found: [ServerRequest.Parameter] = []
    var rest = text[...]
    while !rest.isEmpty {
      let part = rest.prefix { $0 != UInt8(ascii: "&") }
      let name = part.prefix { $0 != UInt8(ascii: "=") }
      let value = part[name.endIndex...].dropFirst()
      rest = rest[part.endIndex...].dropFirst()
      guard !name.isEmpty else { continue }
      found.append(
        ServerRequest.Parameter(
          name: decoded(name, plusIsBlank: true),
          value: decoded(value, plusIsBlank: true)
        )
      )
    }
    return found
  }
}
