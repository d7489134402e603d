// SPDX-License-Identifier: MIT
import Exposition
import Glibc
import TestSupport
import Testing

@Suite struct NumberTests {
  @Test func `every decimal text is read as the C library reads it`() throws {
    var random = SeededRandom(seed: 5)
    var texts = [
      "0", "-0", "+0", "1", "-1", "1.", ".5", "-.5", "1e5", "1E-5", "1e+05", "0.1", "1e22", "1e23",
      "9007199254740993", "9007199254740993.0", "9007199254740992.5", "9007199254740991.5",
      "18446744073709551615", "18446744073709551616", "9999999999999999999", "1e-19", "1e19",
      "123456789012345678901234567890", "0.000000000000000000000000000001", "5e-324", "2.5e-324",
      "2.2250738585072011e-308", "1.7976931348623157e308", "0e999", "0.0000000000000000000e5",
      "4503599627370496.5", "4503599627370497.5", "0.30000000000000004", "100000000000000016777215",
      "9223372036854775808", "000000000000000000000000000000000001.2e-1", "1e-400",
    ]
    for _ in 0..<20_000 { texts.append(randomText(&random)) }
    var page = ""
    for text in texts { page += "a \(text)\n" }
    let read = try ReadText(page, .text)
    try #require(read.lines.count == texts.count)
    let wrong = zip(texts, read.lines).filter { text, line in
      line.value.bitPattern != strtod(text, nil).bitPattern
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(5))")
  }

  @Test func `every double comes back from its shortest text`() throws {
    var random = SeededRandom(seed: 6)
    var values: [Double] = []
    while values.count < 10_000 {
      let value = Double(bitPattern: random.next())
      if value.isFinite { values.append(value) }
    }
    var page = ""
    for value in values { page += "a \(value)\n" }
    let read = try ReadText(page, .text)
    #expect(read.lines.map(\.value.bitPattern) == values.map(\.bitPattern))
  }

  @Test(arguments: [
    ("NaN", Double.nan), ("nan", .nan), ("+Inf", .infinity), ("-inf", -.infinity),
    ("Inf", .infinity), ("Infinity", .infinity),
  ]) func `words for numbers are read`(word: String, value: Double) throws {
    let read = try ReadText("a \(word)\n", .text)
    #expect(read.lines.first?.value.bitPattern == value.bitPattern)
  }

  @Test(arguments: [
    "", ".", "e5", "1e", "1e+", "-", "+-1", "1.2.3", "0x10", "1_000", "1e999", "-1e999", "nanx",
    "--1", "1 e5", "٣", "1d", "-nan", "infin",
  ]) func `what is no number is refused`(text: String) {
    #expect(throws: ExpositionFault.self) { try ReadText("a \(text)\n", .text) }
    #expect(throws: ExpositionFault.self) { try ReadText("a 1\na \(text)\n", .text) }
  }

  @Test(
    arguments: [
      ("1700000000", 1_700_000_000_000), ("1700000000.015", 1_700_000_000_015), ("-1.5", -1_500),
      ("0.0004", 0), ("0.0005", 1), ("1.5e3", 1_500_000), ("1e-30", 0), ("0", 0),
      ("1700000000.0149999", 1_700_000_000_015), ("12345678901234567890.1234567890", 1 << 61),
      ("-1e30", -(1 << 61)), ("9999999999999999999", 1 << 61),
    ] as [(String, Int64)]
  )
  func `OpenMetrics has seconds, rounded to milliseconds`(text: String, time: Int64) throws {
    let read = try ReadText("a 1 \(text)\na 2 \(text)\n# EOF\n", .openMetrics)
    #expect(read.lines.map(\.time) == [time, time])
  }

  @Test(
    arguments: [
      ("1700000000015", 1_700_000_000_015), ("-5", -5), ("0", 0), ("9223372036854775807", 1 << 61),
      ("99999999999999999999", 1 << 61), ("-99999999999999999999", -(1 << 61)),
      ("1152921504606846977", 1_152_921_504_606_846_977),
    ] as [(String, Int64)]
  )
  func `the text format has whole milliseconds`(text: String, time: Int64) throws {
    let read = try ReadText("a 1 \(text)\na 2 \(text)\n", .text)
    #expect(read.lines.map(\.time) == [time, time])
  }

  @Test(arguments: ["1.5", "1.", "1e3", "NaN", "1_0", "0x1"])
  func `the text format has no other times`(text: String) {
    #expect(throws: ExpositionFault.self) { try ReadText("a 1 \(text)\n", .text) }
    #expect(throws: ExpositionFault.self) { try ReadText("a 1\na 1 \(text)\n", .text) }
  }

  private func randomText(_ random: inout SeededRandom) -> String {
    func digits(_ count: ClosedRange<Int>) -> String {
      String(
        (0..<Int.random(in: count, using: &random)).map { _ in
          Character(String(Int.random(in: 0...9, using: &random)))
        }
      )
    }
    var text = Bool.random(using: &random) ? "-" : ""
    text += digits(1...12)
    if Bool.random(using: &random) { text += "." + digits(1...18) }
    if Int.random(in: 0..<4, using: &random) == 0 {
      text += "e\(Int.random(in: -30...30, using: &random))"
    }
    return text
  }
}
