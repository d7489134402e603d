// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL
import TestSupport
import Testing

@testable import HTTPAPI

/// What a dashboard's data source sends to a server, and what browsers send for it.
@Suite struct DashboardTests {
  private static let ports = APIPorts.standIn(
    reading: MemoryReading(all: [
      MemoryReading.series("up", ["job": "a", "instance": "1"], 1, at: 1_700_000_000),
      MemoryReading.series("load", ["job": "a", "instance": "1"], 0.5, at: 1_700_000_000),
    ]),
    clock: ManualTimeSource(Timestamp(unixSeconds: 1_700_000_030)),
    latest: .standIn([(MetricDefinition("up", .gauge, help: "Works."), [])])
  )

  private static func started(_ tokens: [AccessToken] = []) throws -> HTTPServer {
    var settings = HTTPServerSettings(port: 0)
    settings.tokens = tokens
    return try HTTPServer.start(settings, routes: APIRoutes.routes(over: ports))
  }

  private struct Exchange {
    let method: String
    let path: String
    var form = ""
    let answer: String
  }

  /// In the order in which they come: at set-up, on a panel, in the editor, for alerts.
  private static let exchanges = [
    Exchange(
      method: "POST",
      path: "query",
      form: "query=1%2B1&time=4",
      answer: #"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#
    ),
    Exchange(
      method: "GET",
      path: "query?query=1%2B1&time=4",
      answer: #"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#
    ),
    Exchange(method: "GET", path: "status/buildinfo", answer: #""version":"3.0.0""#),
    Exchange(
      method: "POST",
      path: "query_range",
      form: "query=sum+by+%28job%29+%28up%29&start=1700000000&end=1700000030.000&step=15"
        + "&timeout=30s",
      answer: #"{"resultType":"matrix","result":[{"metric":{"job":"a"},"values":"#
        + #"[[1700000000,"1"],[1700000015,"1"],[1700000030,"1"]]}]}"#
    ),
    Exchange(
      method: "POST",
      path: "query",
      form: "query=up&time=1700000030.5",
      answer: #"{"metric":{"__name__":"up","instance":"1","job":"a"},"value":[1700000030.500,"1"]}"#
    ),
    Exchange(
      method: "GET",
      path: "query_exemplars?query=up&start=1700000000&end=1700000030",
      answer: #"{"status":"success","data":[]}"#
    ),
    Exchange(
      method: "GET",
      path: "label/__name__/values?start=1699999000&end=1700001000&limit=40000",
      answer: #"{"status":"success","data":["load","up"]}"#
    ),
    Exchange(
      method: "POST",
      path: "labels",
      form: "start=1699999000&end=1700001000&limit=40000&match%5B%5D=%7B__name__%21%3D%22%22%7D",
      answer: #"{"status":"success","data":["__name__","instance","job"]}"#
    ),
    Exchange(
      method: "GET",
      path: "labels?match[]=up",
      answer: #"{"status":"success","data":["__name__","instance","job"]}"#
    ),
    Exchange(
      method: "GET",
      path: "label/job/values?match%5B%5D=%7Bjob%3D%22a%22%7D&limit=40000",
      answer: #"{"status":"success","data":["a"]}"#
    ),
    Exchange(
      method: "POST",
      path: "series",
      form: "match[]=%7Bjob%3D%22a%22%7D&limit=1",
      answer: #"{"status":"success","data":[{"__name__":"load","instance":"1","job":"a"}],"#
        + #""warnings":["results truncated due to limit"]}"#
    ),
    Exchange(
      method: "GET",
      path: "metadata?limit=40000&limit_per_metric=1",
      answer: #"{"up":[{"type":"gauge","help":"Works.","unit":""}]}"#
    ),
    Exchange(method: "GET", path: "rules", answer: #"{"status":"success","data":{"groups":[]}}"#),
    Exchange(method: "GET", path: "alerts", answer: #"{"status":"success","data":{"alerts":[]}}"#),
    Exchange(
      method: "POST",
      path: "query",
      form: "query=up&stats=all&lookback_delta=10s&time=1700000030",
      answer: #"{"status":"success","data":{"resultType":"vector","result":[],"stats":{"timings""#
    ),
  ]

  @Test func `every request of a dashboard gets the answer it expects`() async throws {
    let server = try Self.started()
    let client = HTTPClient(userAgent: "test")
    for exchange in Self.exchanges {
      var request = HTTPRequest(
        method: exchange.method,
        url: "http://127.0.0.1:\(server.port)/api/v1/\(exchange.path)"
      )
      request.headers["X-Dashboard-Uid"] = "abc"
      if !exchange.form.isEmpty {
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        request.body = Array(exchange.form.utf8)
      }
      let answer = try await client.send(request)
      #expect(answer.status == 200, "\(exchange.path)")
      #expect(answer.headers["Content-Type"] == "application/json")
      #expect(answer.text.contains(exchange.answer), "\(exchange.path): \(answer.text)")
      #expect((try? JSONReader.read(answer.body)) != nil)
    }
    await client.close()
    await server.stop(grace: .zero)
  }

  @Test func `a wrong method is answered 405, so that the form is sent as a query`() async throws {
    let server = try Self.started()
    let client = HTTPClient(userAgent: "test")
    for path in ["label/job/values", "metadata", "rules", "alerts", "targets", "status/buildinfo"] {
      let answer = try await client.send(
        HTTPRequest(method: "POST", url: "http://127.0.0.1:\(server.port)/api/v1/\(path)")
      )
      #expect(answer.status == 405, "\(path)")
    }
    let unknown = try await client.send(
      HTTPRequest(method: "DELETE", url: "http://127.0.0.1:\(server.port)/api/v1/nothing")
    )
    #expect(unknown.status == 404)
    await client.close()
    await server.stop(grace: .zero)
  }

  @Test func `pages of other sites may read the API, and nothing with what a browser remembers`()
    async throws
  {
    let token = AccessToken(name: "dashboard", role: .operate, secret: "reads")
    let server = try Self.started([token])
    let client = HTTPClient(userAgent: "test")
    func ask(_ method: String, _ path: String, token: String? = nil) async throws -> HTTPResponse {
      var request = HTTPRequest(method: method, url: "http://127.0.0.1:\(server.port)\(path)")
      request.headers["Origin"] = "https://dashboard.example"
      if let token { request.headers["Authorization"] = "Bearer \(token)" }
      return try await client.send(request)
    }
    let origin = "Access-Control-Allow-Origin"
    for path in ["/api/v1/query", "/api/v1/label/a/values", "/api/v1/nothing"] {
      let asked = try await ask("OPTIONS", path)
      #expect(asked.status == 204, "\(path)")
      #expect(asked.headers[origin] == "*")
      #expect(asked.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS")
      #expect(
        asked.headers["Access-Control-Allow-Headers"]
          == "Accept, Authorization, Content-Type, Origin"
      )
      #expect(asked.headers["Access-Control-Expose-Headers"] == "Date")
    }
    let answer = try await ask("GET", "/api/v1/query?query=1", token: "reads")
    #expect(answer.status == 200 && answer.headers[origin] == "*")
    #expect(answer.headers["Access-Control-Allow-Credentials"] == nil)
    let refused = try await ask("GET", "/api/v1/query?query=1")
    #expect(refused.status == 401 && refused.headers[origin] == "*")
    for (method, path) in [
      ("OPTIONS", "/api/v1/write"), ("OPTIONS", "/-/reload"), ("GET", "/metrics"),
      ("GET", "/federate"), ("GET", "/api/hvsmon/v1/explain"), ("POST", "/-/reload"),
    ] {
      let closed = try await ask(method, path, token: "reads")
      #expect(closed.headers[origin] == nil, "\(method) \(path)")
    }
    await client.close()
    await server.stop(grace: .zero)
  }
}
