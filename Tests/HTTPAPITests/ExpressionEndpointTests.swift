// SPDX-License-Identifier: MIT
import MetricModel
import PromQL
import Testing

@testable import HTTPAPI

/// `/api/v1/format_query`, `parse_query` and `query_exemplars`.
@Suite struct ExpressionEndpointTests {
  private static func ask(
    _ path: String,
    _ query: String
  ) async throws -> (status: Int, text: String, tree: JSONTree?) {
    try await APIPorts.standIn().ask("/api/v1/" + path, [("query", query)], method: "POST")
  }

  @Test func `a short expression is written in one line`() async throws {
    let (status, _, tree) = try await Self.ask("format_query", "foo/bar")
    #expect(status == 200)
    #expect(tree?["data"]?.string == "foo / bar")
  }

  @Test func `a long expression is written over several lines`() async throws {
    let long = "a_rather_long_metric_name{job=\"a\"}"
    let query = "sum by(job)(rate(\(long)[5m]))/on(job) group_left avg(-(\(long)+\(long)*\(long)))"
    let text = try #require(try await Self.ask("format_query", query).tree?["data"]?.string)
    #expect(
      text == """
          sum by (job) (rate(\(long)[5m]))
        / on (job) group_left ()
          avg(
            -(
                \(long)
              +
                \(long) * \(long)
            )
          )
        """
    )
    let (before, after) = (try PromQLParser.parse(query), try PromQLParser.parse(text))
    #expect(before == after)
  }

  @Test func `the layout of any long expression reads back as the same`() throws {
    let name = String(repeating: "x", count: 60)
    for query in [
      "topk(3, sum without (a) (rate(\(name)[5m:1m]) + \(name) @ start()))",
      "max_over_time((\(name) > bool \(name) offset 5m)[1h:] @ end() offset -1m)",
      "label_replace(\(name) and ignoring (a) \(name), \"a\", \"b\", \"c\", \"d\")",
      "count_values(\"v\", \(name) unless on () \(name)) ^ 2 ^ \(name)",
    ] {
      let expression = try PromQLParser.parse(query)
      let text = ExpressionLayout.text(of: expression)
      #expect(text.contains("\n"))
      #expect(try PromQLParser.parse(text) == expression, "\(text)")
    }
  }

  @Test(arguments: [
    ("1e-7", #"{"type":"numberLiteral","val":"0.0000001"}"#),
    (
      "-(up)",
      #"{"type":"unaryExpr","op":"-","expr":{"type":"parenExpr","expr":{"type":"vectorSelector","name":"up","matchers":[{"name":"__name__","value":"up","type":"="}],"offset":0,"timestamp":null,"startOrEnd":null}}}"#
    ),
    (
      "time()",
      #"{"type":"call","func":{"name":"time","argTypes":[],"variadic":0,"returnType":"scalar"},"args":[]}"#
    ),
  ])
  func `a syntax tree is written as JSON`(query: String, tree: String) async throws {
    let (status, text, _) = try await Self.ask("parse_query", query)
    #expect(status == 200)
    #expect(text == #"{"status":"success","data":\#(tree)}"#)
  }

  @Test func `every form of a syntax tree is written`() async throws {
    let query = """
      sum without (a) (rate(x{b!~"c"}[5m] @ 10 offset 1m)) / on (d) group_left (e)
      topk(2, max_over_time(up[1h:5m] @ end())) > bool 1 or vector(1) == label_join(up, "a", "b")
      """
    let (status, text, tree) = try await Self.ask("parse_query", query)
    #expect(status == 200)
    #expect(tree?["data"]?["type"]?.string == "binaryExpr")
    for part in [
      #""card":"many-to-one","labels":["d"],"on":true,"include":["e"]"#, #""card":"many-to-many""#,
      #""range":300000"#, #""offset":60000,"timestamp":10000"#, #""startOrEnd":"end""#,
      #""step":300000"#, #""grouping":["a"],"without":true"#, #""param":{"type":"numberLiteral""#,
      #""bool":true"#, #""variadic":-1"#, #""matching":null"#,
    ] {
      #expect(text.contains(part), "\(part) in \(text)")
    }
  }

  @Test func `no query has exemplars, and a faulty one is refused`() async throws {
    let (status, text, _) = try await Self.ask("query_exemplars", "up")
    #expect(status == 200 && text == #"{"status":"success","data":[]}"#)
    for path in ["format_query", "parse_query", "query_exemplars"] {
      let refused = try await Self.ask(path, "sum(")
      #expect(refused.status == 400)
      #expect(refused.text.contains(#"invalid parameter \"query\": 1:"#))
    }
  }
}
