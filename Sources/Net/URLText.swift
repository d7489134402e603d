// SPDX-License-Identifier: MIT

/// The percent encoding of URLs and forms.
package enum URLText {
  /// Decodes `%41` and, where `plusIsBlank`, `+`; a broken escape stays as it is, as browsers do it.
  package static func decoded(_ text: some Collection<UInt8>, plusIsBlank: Bool = false) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var rest = text[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "+"), plusIsBlank {
        result.append(UInt8(ascii: " "))
      } else if byte == UInt8(ascii: "%"), let value = escapedByte(rest.prefix(2)) {
        result.append(value)
        rest = rest.dropFirst(2)
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The byte that two hexadecimal digits stand for; nil for anything else.
  private static func escapedByte(_ digits: some Collection<UInt8>) -> UInt8? {
    guard digits.count == 2, let high = digits.first.flatMap(Digest.value(ofHexDigit:)),
      let low = digits.dropFirst().first.flatMap(Digest.value(ofHexDigit:))
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
    Array(text).split(separator: UInt8(ascii: "&")).compactMap { part in
      let sides = part.split(
        separator: UInt8(ascii: "="),
        maxSplits: 1,
        omittingEmptySubsequences: false
      )
      let name = decoded(sides[0], plusIsBlank: true)
      guard !name.isEmpty else { return nil }
      return ServerRequest.Parameter(
        name: name,
        value: sides.count == 2 ? decoded(sides[1], plusIsBlank: true) : ""
      )
    }
  }
}
