// SPDX-License-Identifier: MIT
import Glibc
import Net
import TestSupport
import Testing

/// Routes that show what a handler was given.
let echoRoutes: [HTTPRoute] = [
  HTTPRoute(["GET"], .exact("/hello")) { _ in .text("hello") },
  HTTPRoute(["GET"], .exact("/-/healthy"), role: nil) { _ in .text("healthy") },
  HTTPRoute(["GET", "POST"], .exact("/form")) { request in
    .text(request.form.map { "\($0.name)=\($0.value)" }.joined(separator: "|"))
  },
  HTTPRoute(["POST"], .exact("/size")) { request in .text("\(request.body.count)") },
  HTTPRoute(["GET"], .prefix("/label/")) { request in .text(request.path) },
  HTTPRoute(["GET"], .prefix("/label/deep/")) { request in .text("deep") },
  HTTPRoute(["GET"], .exact("/who")) { request in
    .text("\(request.tokenName ?? "-") \(request.role.map { "\($0)" } ?? "-")")
  },
  HTTPRoute(["POST"], .exact("/operate"), role: .operate) { _ in .text("done") },
  HTTPRoute(["GET"], .exact("/large")) { _ in
    .text(String(repeating: "line of text\n", count: 1_000))
  },
]

@Suite struct HTTPServerTests {
  let client = HTTPClient(userAgent: "test", maxIdleConnections: 200)

  func settings(_ change: (inout HTTPServerSettings) -> Void = { _ in }) -> HTTPServerSettings {
    var settings = HTTPServerSettings(port: 0)
    change(&settings)
    return settings
  }

  func send(
    _ server: HTTPServer,
    _ path: String,
    method: String = "GET",
    headers: HTTPHeaders = [:],
    body: [UInt8] = []
  ) async throws -> HTTPResponse {
    try await client.send(
      HTTPRequest(
        method: method,
        url: "http://127.0.0.1:\(server.port)\(path)",
        headers: headers,
        body: body
      )
    )
  }

  @Test func `requests on one connection are answered one after the other`() async throws {
    let server = try HTTPServer.start(settings(), routes: echoRoutes)
    for number in 0..<50 {
      let response = try await send(server, "/hello")
      #expect(response.text == "hello")
      #expect(response.didReuseConnection == (number > 0))
    }
    #expect(server.statistics.requests == 50)
    await server.stop(grace: .seconds(1))
  }

  @Test func `a route answers at once what it can, and hands over the rest`() async throws {
    let route = HTTPRoute(["GET"], .exact("/hello")) { _ in .text("handed over") }
      .with { $0.query.isEmpty ? .text("at once") : nil }
    let server = try HTTPServer.start(settings(), routes: [route])
    for _ in 0..<3 {
      #expect(try await send(server, "/hello").text == "at once")
      let other = try await send(server, "/hello?a=1")
      #expect(other.text == "handed over")
      #expect(other.didReuseConnection)
    }
    #expect(try await send(server, "/hello", method: "HEAD").body.isEmpty)
    #expect(await eventually { server.statistics.activeRequests == 0 })
    await server.stop(grace: .seconds(1))
  }

  @Test func `a body of any length arrives as it was given`() async throws {
    let lengths = [0, 1, 4_096, 262_143, 262_144, 262_145, 1_000_003, 5 << 20]
    let bytes = (0..<5 << 20).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    let server = try HTTPServer.start(
      settings(),
      routes: [
        HTTPRoute(["GET"], .prefix("/")) { request in
          let length = Int(request.path.dropFirst()) ?? 0
          return .data(Array(bytes.prefix(length)), type: "application/octet-stream")
        }
      ]
    )
    for length in lengths {
      let response = try await send(server, "/\(length)")
      #expect(response.headers["Content-Length"] == "\(length)")
      #expect((response.body == Array(bytes.prefix(length))) == true, "\(length)")
      let head = try await send(server, "/\(length)", method: "HEAD")
      #expect(head.headers["Content-Length"] == "\(length)" && head.body.isEmpty)
    }
    await server.stop(grace: .seconds(1))
  }

  @Test func `a hundred clients at once are all answered`() async throws {
    let server = try HTTPServer.start(
      settings(),
      routes: [
        HTTPRoute(["POST"], .exact("/echo")) { request in
          await Task.yield()
          return .data(request.body, type: "application/octet-stream")
        }
      ]
    )
    let url = "http://127.0.0.1:\(server.port)/echo"
    let good = await withTaskGroup(of: Int.self) { group in
      for number in 0..<100 {
        group.addTask {
          let client = number % 10 == 0 ? HTTPClient(userAgent: "own") : self.client
          var good = 0
          for turn in 0..<5 {
            let body = Array("body \(number) \(turn)".utf8)
            let request = HTTPRequest(method: "POST", url: url, body: body)
            if let reply = try? await client.send(request), reply.body == body { good += 1 }
          }
          return good
        }
      }
      return await group.reduce(0, +)
    }
    #expect(good == 500)
    await server.stop(grace: .seconds(1))
  }

  @Test func `paths, methods and the server's own answers`() async throws {
    let server = try HTTPServer.start(settings(), routes: echoRoutes)
    #expect(try await send(server, "/nothing").status == 404)
    #expect(try await send(server, "/label/a%20b%2fc").text == "/label/a b/c")
    #expect(try await send(server, "/label/deep/x").text == "deep")
    let wrong = try await send(server, "/form", method: "DELETE")
    #expect(wrong.status == 405)
    #expect(wrong.headers["Allow"] == "GET, HEAD, OPTIONS, POST")
    let options = try await send(server, "/hello", method: "OPTIONS")
    #expect(options.status == 204)
    #expect(options.headers["Allow"] == "GET, HEAD, OPTIONS")
    let head = try await send(server, "/hello", method: "HEAD")
    #expect(head.status == 200)
    #expect(head.headers["Content-Length"] == "5")
    #expect(head.body.isEmpty)
    let refused = try await send(server, "/size", method: "HEAD")
    #expect(refused.status == 405)
    #expect(server.statistics.refusals == [404: 1, 405: 2, 204: 1])
    await server.stop(grace: .zero)
  }

  @Test func `query and form come decoded, in order, with repeated names`() async throws {
    let server = try HTTPServer.start(settings(), routes: echoRoutes)
    let query = try await send(server, "/form?a=1&b=x+y%2Bz&a=%C3%A9&empty=&bare&=nameless&%zz=%4")
    #expect(query.text == "a=1|b=x y+z|a=é|empty=|bare=|%zz=%4")
    let form = try await send(
      server,
      "/form?q=1",
      method: "POST",
      headers: ["content-type": "application/x-www-form-urlencoded; charset=utf-8"],
      body: Array("query=up+%3D%3D+0&q=2".utf8)
    )
    #expect(form.text == "q=1|query=up == 0|q=2")
    let json = try await send(server, "/form?q=1", method: "POST", body: Array("a=b".utf8))
    #expect(json.text == "q=1")
    await server.stop(grace: .zero)
  }

  @Test func `tokens open what their role allows`() async throws {
    let tokens = [
      AccessToken(name: "grafana", role: .read, secret: "r-secret"),
      AccessToken(name: "ops", role: .operate, secret: "o-secret"),
    ]
    let server = try HTTPServer.start(settings { $0.tokens = tokens }, routes: echoRoutes)
    #expect(try await send(server, "/-/healthy").status == 200)
    let none = try await send(server, "/who")
    #expect(none.status == 401)
    #expect(none.headers["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
    for wrong in ["Bearer r-secre", "Bearer ", "Bearer", "Digest r-secret", "Basic %%", "r-secret"]
    {
      let response = try await send(server, "/who", headers: ["Authorization": wrong])
      #expect(response.status == 401, "\(wrong)")
      #expect(!response.text.contains("r-secre"))
    }
    let reader: HTTPHeaders = ["Authorization": "bearer r-secret"]
    #expect(try await send(server, "/who", headers: reader).text == "grafana read")
    let forbidden = try await send(server, "/operate", method: "POST", headers: reader)
    #expect(forbidden.status == 403)
    #expect(forbidden.text.contains("grafana"))
    let operator_: HTTPHeaders = ["Authorization": "Bearer o-secret"]
    #expect(try await send(server, "/operate", method: "POST", headers: operator_).text == "done")
    // "anybody:o-secret", as a browser sends it.
    let browser: HTTPHeaders = ["Authorization": "Basic YW55Ym9keTpvLXNlY3JldA=="]
    #expect(try await send(server, "/who", headers: browser).text == "ops operate")
    #expect(!"\(tokens) \(String(reflecting: tokens))".contains("secret"))
    await server.stop(grace: .zero)
  }

  @Test func `pages of other sites cannot make a browser operate`() async throws {
    let server = try HTTPServer.start(settings(), routes: echoRoutes)
    let own = "http://127.0.0.1:\(server.port)"
    #expect(
      try await send(server, "/operate", method: "POST", headers: ["Origin": own]).status == 200
    )
    for headers: HTTPHeaders in [
      ["Origin": "http://evil.example"], ["Origin": "null"],
      ["Origin": own, "Sec-Fetch-Site": "cross-site"],
    ] {
      #expect(try await send(server, "/operate", method: "POST", headers: headers).status == 403)
    }
    #expect(try await send(server, "/who").text == "- operate")
    await server.stop(grace: .zero)
  }

  @Test func `an address that others can reach needs a token`() throws {
    for host in ["0.0.0.0", "::", ""] {
      #expect(throws: HTTPServerError.openToEveryone(host: host)) {
        try HTTPServer.start(settings { $0.host = host }, routes: [])
      }
    }
    let token = AccessToken(name: "a", role: .read, secret: "s")
    let open = settings {
      $0.host = "0.0.0.0"
      $0.tokens = [token]
    }
    #expect(try HTTPServer.start(open, routes: []).port > 0)
    let first = try HTTPServer.start(settings(), routes: [])
    #expect(throws: HTTPServerError.addressInUse(host: "127.0.0.1", port: first.port)) {
      try HTTPServer.start(settings { $0.port = first.port }, routes: [])
    }
    #expect(throws: HTTPServerError.self) {
      try HTTPServer.start(settings { $0.host = "nobody.invalid" }, routes: [])
    }
    let broken = HTTPServerSettings.TLSIdentity(certificatePEM: "no", keyPEM: "no")
    #expect(throws: HTTPServerError.badCertificate) {
      try HTTPServer.start(settings { $0.tls = broken }, routes: [])
    }
  }

  @Test func `a server on the IPv6 loopback answers`() async throws {
    let server = try HTTPServer.start(settings { $0.host = "::1" }, routes: echoRoutes)
    let response = try await client.send(HTTPRequest(url: "http://[::1]:\(server.port)/hello"))
    #expect(response.text == "hello")
    #expect(response.remoteAddress == "::1")
    await server.stop(grace: .zero)
    #expect(
      await failure(of: HTTPRequest(url: "http://[::1]:\(server.port)/"), with: client)
        == .connectionRefused(host: "[::1]:\(server.port)")
    )
  }

  @Test func `text is compressed for those who take it, from a size on`() async throws {
    let server = try HTTPServer.start(settings(), routes: echoRoutes)
    let packed = try await send(server, "/large")
    #expect(packed.headers["Content-Encoding"] == "gzip")
    #expect(packed.headers["Vary"] == "Accept-Encoding")
    #expect(packed.body.count == 13_000)
    #expect(try #require(packed.headers["Content-Length"].flatMap { Int($0) }) < 1_000)
    #expect(try await send(server, "/hello").headers["Content-Encoding"] == nil)
    for encoding in ["identity", "gzip;q=0", "gzip; q=0.0, br"] {
      let plain = await RawExchange.send(
        Array(
          "GET /large HTTP/1.1\r\nHost: x\r\nAccept-Encoding: \(encoding)\r\nConnection: close\r\n\r\n"
            .utf8
        ),
        port: server.port
      )
      #expect(try #require(plain).contains("Content-Length: 13000"))
    }
    await server.stop(grace: .zero)
  }

  @Test func `the statistics count what is under way`() async throws {
    let entered = Tally()
    let server = try HTTPServer.start(
      settings(),
      routes: [
        HTTPRoute(.exact("/wait")) { _ in
          entered.add()
          try? await Task.sleep(for: .seconds(60))
          return .text("late")
        }
      ]
    )
    let waiting = Task { try await send(server, "/wait") }
    #expect(await entered.next())
    #expect(server.statistics.activeRequests == 1)
    await server.stop(grace: .zero)
    #expect(try await waiting.value.status == 503)
    #expect(server.statistics.activeRequests == 0)
  }
}
