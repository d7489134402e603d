// SPDX-License-Identifier: MIT
import PromQL
import Testing

@testable import HTTPAPI

@Suite struct ParsedQueriesTests {
  @Test func `an expression is the same the second time`() throws {
    let queries = ParsedQueries()
    for text in ["sum by (a) (rate(b[5m]))", "1 + 1", "up"] {
      let expected = try PromQLParser.parse(text)
      #expect(try queries.expression(text) == expected)
      #expect(try queries.expression(text) == expected)
    }
  }

  @Test func `texts that look alike are told apart`() throws {
    let queries = ParsedQueries()
    let composed = "up{a=\"\u{e9}\"}"
    let decomposed = "up{a=\"e\u{301}\"}"
    #expect(composed == decomposed)
    for text in [composed, decomposed] {
      #expect(try queries.expression(text).description.utf8.elementsEqual(text.utf8))
    }
  }

  @Test func `a query that cannot be parsed fails each time`() {
    let queries = ParsedQueries()
    for _ in 0..<2 { #expect(throws: PromQLParseError.self) { try queries.expression("sum(") } }
  }

  @Test func `more queries than are kept are all answered`() throws {
    let queries = ParsedQueries()
    for number in 0..<2_000 {
      let text = "up{instance=\"\(number)\", job=\"\(String(repeating: "x", count: number))\"}"
      #expect(try queries.expression(text) == PromQLParser.parse(text))
    }
    #expect(try queries.expression("up{instance=\"0\", job=\"\"}").description.contains("\"0\""))
  }
}
