// SPDX-License-Identifier: MIT
import MetricModel
import PromQL
import PromQLScripts
import TestSupport
import Testing

@Suite struct ParserTests {
  @Test(arguments: [
    ("", "1:1: parse error: no expression found in input"),
    ("  # only a comment", "1:19: parse error: no expression found in input"),
    ("1 +", "1:4: parse error: unexpected end of input in expression"),
    ("(1", "1:3: parse error: unclosed left parenthesis"),
    ("1)", "1:2: parse error: unexpected right parenthesis ')'"),
    ("foo(1)", "1:1: parse error: unknown function with name \"foo\""),
    ("RATE(x[1m])", "1:1: parse error: unknown function with name \"RATE\""),
    ("abs()", "1:1: parse error: expected 1 argument(s) in call to \"abs\", got 0"),
    (
      "label_join(x)",
      "1:1: parse error: expected at least 3 argument(s) in call to \"label_join\", got 1"
    ),
    (
      "round(x, 1, 2)",
      "1:1: parse error: expected at most 2 argument(s) in call to \"round\", got 3"
    ),
    (
      "abs(1)",
      "1:5: parse error: expected type instant vector in call to function \"abs\", got scalar"
    ),
    (
      "rate(x)",
      "1:6: parse error: expected type range vector in call to function \"rate\", "
        + "got instant vector"
    ),
    (
      "topk(x)",
      "1:1: parse error: wrong number of arguments for aggregate expression provided, "
        + "expected 2, got 1"
    ),
    ("sum()", "1:1: parse error: no arguments for aggregate expression provided"),
    (
      "sum(1)",
      "1:5: parse error: expected type instant vector in aggregation expression, got scalar"
    ),
    ("1 == 1", "1:1: parse error: comparisons between scalars must use BOOL modifier"),
    ("x + bool y", "1:1: parse error: bool modifier can only be used on comparison operators"),
    ("x and 1", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"),
    (
      "x or on(a) group_left() y",
      "1:1: parse error: no grouping allowed for \"or\" operation"
    ),
    ("1 + on(a) x", "1:1: parse error: vector matching only allowed between instant vectors"),
    (
      "x + on(a) group_left(a) y",
      "1:1: parse error: label \"a\" must not occur in ON and GROUP clause at once"
    ),
    (
      "x[1m] + 1",
      "1:1: parse error: binary expression must contain only scalar and instant vector types"
    ),
    (
      "-x[1m]",
      "1:1: parse error: unary expression only allowed on expressions of type scalar or instant "
        + "vector, got \"range vector\""
    ),
    ("(x)[1m]", "1:4: parse error: ranges only allowed for vector selectors"),
    ("1[5m:]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"),
    (
      "1 offset 5m",
      "1:3: parse error: offset modifier must be preceded by an instant vector selector or range "
        + "vector selector or a subquery"
    ),
    ("x offset 5m offset 1m", "1:1: parse error: offset may not be set multiple times"),
    ("x @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"),
    ("x offset 1h [5m]", "1:13: parse error: no offset modifiers allowed before range"),
    ("x @ Inf", "1:5: parse error: timestamp out of bounds for @ modifier: inf"),
    ("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
    (
      "{a=~\".*\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"
    ),
    ("{a!=\"x\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
    ("a{__name__=\"b\"}", "1:3: parse error: metric name must not be set twice: \"a\" or \"b\""),
    ("x[0]", "1:3: parse error: duration must be greater than 0"),
    ("x[1m1h]", "1:3: parse error: bad number or duration syntax: \"1m1h\""),
    ("x[300y]", "1:3: parse error: duration out of range"),
    ("1.5h", "1:1: parse error: bad number or duration syntax: \"1.5h\""),
    ("1__0", "1:1: parse error: bad number or duration syntax: \"1__0\""),
    ("\"abc", "1:1: parse error: unterminated quoted string"),
    ("'a\nb'", "1:1: parse error: unterminated quoted string"),
    ("\"\\z\"", "1:1: parse error: unknown escape sequence"),
    ("\"\\ud800\"", "1:1: parse error: escape sequence is an invalid Unicode code point"),
    ("x\n  + ü", "2:5: parse error: unexpected character: 'ü'"),
    ("x = 1", "1:3: parse error: unexpected \"=\" after expression"),
    ("sum by (a) (x) by (b)", "1:16: parse error: unexpected identifier \"by\" after expression"),
    ("abs(x,)", "1:7: parse error: trailing commas not allowed in function call args"),
    ("bool", "1:1: parse error: unexpected identifier \"bool\" in expression"),
    ("x{", "1:3: parse error: unexpected end of input inside braces"),
    ("x[5m", "1:5: parse error: unclosed left bracket"),
    ("sum(x[5m:1m", "1:12: parse error: unclosed left bracket"),
  ])
  func `a fault is told with its place`(text: String, description: String) {
    let error = #expect(throws: PromQLParseError.self) { try PromQLParser.parse(text) }
    #expect(error?.description == description)
  }

  @Test(arguments: [
    ("2 ^ 3 ^ 2", "512"), ("-1 ^ 2", "-1"), ("2 * 3 + 4", "10"), ("2 + 3 * 4", "14"),
    ("1 - -1", "2"), ("--1", "1"), ("10 - 4 - 3", "3"), ("0123", "83"), ("08", "8"),
    ("0x3d", "61"), ("1_000", "1000"), (".5", "0.5"), ("2.", "2"), ("1e3", "1000"),
    ("2.e1", "20"), ("1e-3", "0.001"), ("5m", "300"), ("1m30s", "90"), ("10ms", "0.01"),
    ("-Inf", "-Inf"), ("nAn", "NaN"), ("7 % 4", "3"), ("-7 % 4", "-3"), ("2 ^ -1", "0.5"),
    ("1 ==BOOL 1", "1"), ("3 atan2 0 > bool 1", "1"), ("(1 + 2) * 3", "9"), ("+5", "5"),
    ("1 # one\n + 2", "3"),
  ])
  func `operators bind as they should`(text: String, value: String) throws {
    let result = try QueryEngine().instant(
      try PromQLParser.parse(text),
      at: .epoch,
      reading: MemorySeries()
    )
    guard case .scalar(let number) = result.value else {
      Issue.record("\(text) gave \(result.value)")
      return
    }
    #expect(number.sampleValueText == value)
  }

  @Test(arguments: [
    ("SUM BY (a,) (x)", "sum by (a) (x)"), ("sum(x) without (b)", "sum without (b) (x)"),
    ("sum by () (x)", "sum(x)"), ("{\"my.metric\", a='b'}", "{\"my.metric\", a=\"b\"}"),
    ("{a=\"b\", __name__=\"m\"}", "m{a=\"b\"}"), ("{\"on\"}", "{\"on\"}"),
    ("x[90s] offset -1h @ 10.5", "x[1m30s] @ 10.500 offset -1h"),
    ("x[5m:]", "x[5m:]"), ("x[step()*2+1m]", "x[((step() * 2.0) + 60.0)]"),
    ("x offset -step()", "x offset (-(step()))"),
    ("x[1h:max_of(STEP(), 1m)]", "x[1h:max_of(step(), 60.0)]"), ("x @ start()", "x @ start()"),
    ("x[60*5]", "x[5m]"),
    ("a+on(b)group_left b", "a + on (b) group_left () b"),
    ("a * ignoring() b", "a * ignoring () b"), ("offset", "offset"), ("and and and", "and and and"),
    ("sum", "sum"), ("a + fill(1) b", "a + fill_left (1) fill_right (1) b"),
    ("count_values(\"v\", x)", "count_values(\"v\", x)"),
    ("x{`a.b`=~`c\\d`}", "x{\"a.b\"=~\"c\\\\d\"}"),
    ("sum by (\"a.b\") (x)", "sum by (\"a.b\") (x)"),
    ("{__name__=\"a\",__name__=~\"b|a\"}", "a{__name__=~\"b|a\"}"),
    ("rate(x[5m] offset 1m SMOOTHED)", "rate(x[5m] smoothed offset 1m)"),
    ("x smoothed @ 1", "x smoothed @ 1"), ("anchored", "anchored"),
    ("foo:bar:rate5m", "foo:bar:rate5m"), ("x{on=\"1\", by=\"2\"}", "x{on=\"1\", by=\"2\"}"),
    ("-x ^ 2", "-x ^ 2"), ("1e300 + 1e-9", "1e+300 + 1e-09"), ("\"a\\tb\\x41\"", "\"a\tbA\""),
  ])
  func `an expression is printed in one way`(text: String, printed: String) throws {
    let expression = try PromQLParser.parse(text)
    #expect(expression.description == printed)
    #expect(try PromQLParser.parse(printed) == expression)
  }

  @Test func `selectors are listed with how far they look back`() throws {
    let text = """
      rate(a[5m] offset 1m) / on() b offset -2m
        + max_over_time(sum(rate(c{job="x"}[1m]))[1h:5m] offset 10m)
        + d @ 100 + {__name__=~"e|f"}
      """
    let expression = try PromQLParser.parse(text)
    let uses = expression.selectorUses
    #expect(uses.map(\.lookBack) == [.seconds(360), .seconds(-120), .seconds(4_260), nil, .zero])
    #expect(uses.map(\.selector.metricName) == ["a", "b", "c", "d", nil])
    #expect(uses[2].selector.matchers.last == LabelMatcher("job", .equal, "x"))
    #expect(uses[2].position == SourcePosition(line: 2, column: 28))
    #expect(expression.metricNames == ["a", "b", "c", "d"])
    #expect(expression.longestLookBack == .seconds(4_260))
  }

  @Test(arguments: [
    "(", "-", "sum(", "x[5m:][5m:]", "a+", "2^", "x offset (", "x[step()+", "x[-(range()-", "x[(",
    "x[-",
  ])
  func `nesting that is too deep is refused`(piece: String) {
    let text = String(repeating: piece, count: 10_000)
    #expect(throws: PromQLParseError.self) { try PromQLParser.parse(text) }
  }

  @Test func `a long chain is refused before it can exhaust a stack`() throws {
    #expect(throws: Never.self) {
      try PromQLParser.parse("1" + String(repeating: " + 1", count: 150))
    }
    #expect(throws: PromQLParseError.self) {
      try PromQLParser.parse("1" + String(repeating: " + 1", count: 10_000))
    }
    let error = #expect(throws: PromQLParseError.self) {
      try PromQLParser.parse(String(repeating: "x", count: 65_537))
    }
    #expect(error?.message == "query is longer than 65536 bytes")
  }

  @Test func `a long duration formula is refused before it can exhaust a stack`() throws {
    #expect(throws: Never.self) {
      try PromQLParser.parse("x[1" + String(repeating: " + 1", count: 5_000) + "]")
    }
    #expect(throws: PromQLParseError.self) {
      try PromQLParser.parse("x[1" + String(repeating: " + step()", count: 5_000) + "]")
    }
  }

  @Test func `the deepest tree can be walked, printed and evaluated`() async throws {
    let depth = 60
    let open = String(repeating: "-(abs(", count: depth)
    let text = open + "x" + String(repeating: "))", count: depth)
    // On a task of its own, whose stack is not the main thread's.
    let value = try await Task {
      let expression = try PromQLParser.parse(text)
      _ = try PromQLParser.parse(expression.description)
      return try QueryEngine().instant(expression, at: .epoch, reading: MemorySeries()).value
    }.value
    #expect(value == .vector([]))
  }
}
