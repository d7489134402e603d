// SPDX-License-Identifier: MIT
import Net
import TestSupport
import Testing

@Suite struct URLTextTests {
  @Test(arguments: [
    ("", ""), ("a%41b", "aAb"), ("%c3%A9", "é"), ("a+b", "a+b"), ("%", "%"), ("%4", "%4"),
    ("%4g", "%4g"), ("%%41", "%A"), ("a%2", "a%2"), ("%2B%20", "+ "), ("%ff", "\u{fffd}"),
  ])
  func `escapes are decoded, and broken ones stay`(text: String, expected: String) {
    #expect(URLText.decoded(text.utf8) == expected)
    #expect(URLText.decoded(Array(text.utf8)) == expected)
  }

  @Test func `a plus is a blank in parameters`() {
    #expect(URLText.decoded("a+b%2B".utf8, plusIsBlank: true) == "a b+")
    let found = URLText.parameters("query=a+%2B+b&&=x&match%5B%5D=up&empty&two=1=2".utf8)
    #expect(found.map(\.name) == ["query", "match[]", "empty", "two"])
    #expect(found.map(\.value) == ["a + b", "up", "", "1=2"])
  }

  @Test(arguments: UInt64(1)...4)
  func `what is encoded is decoded to the same text`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<200 {
      let scalars = (0..<Int.random(in: 0...30, using: &random)).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 0...0x2_ffff, using: &random))
      }
      let text = String(String.UnicodeScalarView(scalars))
      #expect(URLText.decoded(URLText.encoded(text).utf8).utf8.elementsEqual(text.utf8))
    }
  }
}
