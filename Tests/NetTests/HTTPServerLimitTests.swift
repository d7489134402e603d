// SPDX-License-Identifier: MIT
import Glibc
import Net
import TestSupport
import Testing

@Suite struct HTTPServerLimitTests {
  let client = HTTPClient(userAgent: "test")

  func start(
    _ routes: [HTTPRoute] = echoRoutes,
    _ change: (inout HTTPServerSettings) -> Void = { _ in }
  ) throws -> HTTPServer {
    var settings = HTTPServerSettings(port: 0)
    change(&settings)
    return try HTTPServer.start(settings, routes: routes)
  }

  func url(_ server: HTTPServer, _ path: String) -> String {
    "http://127.0.0.1:\(server.port)\(path)"
  }

  @Test func `a body over the limit is answered 413 every time`() async throws {
    let server = try start(echoRoutes) { $0.maxBodyBytes = 10_000 }
    for count in [10_001, 200_000, 4 << 20] {
      for _ in 0..<5 {
        let body = [UInt8](repeating: 0x61, count: count)
        let request = HTTPRequest(method: "POST", url: url(server, "/size"), body: body)
        let response = try await client.send(request)
        #expect(response.status == 413)
        #expect(response.text.contains("10000"))
      }
    }
    let fitting = [UInt8](repeating: 0x61, count: 10_000)
    let request = HTTPRequest(method: "POST", url: url(server, "/size"), body: fitting)
    #expect(try await client.send(request).text == "10000")
    let chunks = String(repeating: "1000\r\n\(String(repeating: "a", count: 4_096))\r\n", count: 4)
    let head = "POST /size HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    let chunked = head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n"
    let answer = await RawExchange.send(Array(chunked.utf8), port: server.port)
    #expect(try #require(answer).hasPrefix("HTTP/1.1 413"))
    let asking = head + "Content-Length: 20000\r\nExpect: 100-continue\r\n\r\n"
    let early = await RawExchange.send(Array(asking.utf8), port: server.port)
    #expect(try #require(early).hasPrefix("HTTP/1.1 413"))
    let huge = head + "Content-Length: 99999999999\r\n\r\n"
    let atOnce = await RawExchange.send(Array(huge.utf8), port: server.port)
    #expect(try #require(atOnce).hasPrefix("HTTP/1.1 413"))
    await server.stop(grace: .zero)
  }

  @Test func `a route may take larger or smaller bodies than the others`() async throws {
    let own = HTTPRoute(["POST"], .exact("/own"), maxBodyBytes: 20_000) { request in
      .text("\(request.body.count)")
    }
    let server = try start(echoRoutes + [own]) { $0.maxBodyBytes = 10_000 }
    for (path, count, status) in [
      ("/own", 20_000, 200), ("/own", 20_001, 413), ("/size", 10_000, 200), ("/size", 10_001, 413),
    ] {
      let body = [UInt8](repeating: 0x61, count: count)
      let request = HTTPRequest(method: "POST", url: url(server, path), body: body)
      let response = try await client.send(request)
      #expect(response.status == status, "\(path) \(count)")
      #expect(response.text.contains("\(status == 200 ? count : path == "/own" ? 20_000 : 10_000)"))
    }
    await server.stop(grace: .zero)
  }

  @Test func `a header over the limit is answered 431`() async throws {
    let server = try start(echoRoutes) { $0.maxHeaderBytes = 8_192 }
    let long = HTTPRequest(
      url: url(server, "/hello"),
      headers: ["X-Long": String(repeating: "a", count: 8_300)]
    )
    let response = try await client.send(long)
    #expect(response.status == 431)
    #expect(response.text.contains("8192"))
    let query = HTTPRequest(url: url(server, "/hello?" + String(repeating: "a", count: 8_300)))
    #expect(try await client.send(query).status == 431)
    let endless = "GET /hello HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 20_000)
    let answer = await RawExchange.send(Array(endless.utf8), port: server.port)
    #expect(answer?.isEmpty != false || answer?.contains("431") == true)
    #expect(try await client.send(HTTPRequest(url: url(server, "/hello"))).text == "hello")
    await server.stop(grace: .zero)
  }

  @Test(arguments: [1, 20, 100])
  func `a header just under the limit is answered`(fields: Int) async throws {
    let server = try start(echoRoutes)
    let limit = HTTPServerSettings(port: 0).maxHeaderBytes
    let names = (0..<fields).map { "X-\($0)" }
    let value = String(repeating: "a", count: (limit - 300) / fields - 10)
    var headers = HTTPHeaders()
    for name in names { headers.add(name, value) }
    let request = HTTPRequest(url: url(server, "/hello"), headers: headers)
    for _ in 0..<2 { #expect(try await client.send(request).text == "hello") }
    await server.stop(grace: .zero)
  }

  @Test func `long answers that nobody reads are bounded`() async throws {
    // More than the system keeps for a connection that is not read.
    let length = 16 << 20
    let long = HTTPRoute(["GET"], .exact("/long")) { _ in
      .data([UInt8](repeating: 0x61, count: length), type: "text/plain")
    }
    let unread = UnreadAnswers(limitBytes: 2 * length)
    let server = try start(echoRoutes + [long]) { settings in
      settings.unreadAnswers = unread
      settings.gzipMinimumBytes = .max
    }
    let head = Array("GET /long HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
    let readers = try (0..<2).map { _ in try #require(RawExchange.open(head, port: server.port)) }
    #expect(await eventually { !unread.hasRoom(bytes: 1) })
    let request = HTTPRequest(url: url(server, "/long"), maxBodyBytes: length)
    let refused = try await client.send(request)
    #expect(refused.status == 503)
    #expect(String(refused.text.prefix(200)).contains("33554432 bytes"))
    #expect(refused.headers["Retry-After"] == "1")
    #expect(server.statistics.refusals == [503: 1])
    #expect(try await client.send(HTTPRequest(url: url(server, "/hello"))).text == "hello")
    close(readers[0])
    #expect(await eventually { unread.hasRoom(bytes: length) })
    #expect(try await client.send(request).body.count == length)
    close(readers[1])
    #expect(await eventually { unread.hasRoom(bytes: 2 * length) })
    await server.stop(grace: .zero)
  }

  @Test func `one answer alone is sent, however long`() async throws {
    let long = HTTPRoute(["GET"], .exact("/long")) { _ in
      .data([UInt8](repeating: 0x61, count: 1 << 20), type: "text/plain")
    }
    let unread = UnreadAnswers(limitBytes: 1_000)
    let server = try start([long]) { settings in
      settings.unreadAnswers = unread
      settings.gzipMinimumBytes = .max
    }
    for _ in 0..<2 {
      let response = try await client.send(HTTPRequest(url: url(server, "/long")))
      #expect(response.body.count == 1 << 20)
      #expect(await eventually { unread.hasRoom(bytes: 2_000) })
    }
    await server.stop(grace: .zero)
  }

  @Test func `a handler past its deadline is cancelled and answered 503`() async throws {
    let cancelled = Tally()
    let slow = HTTPRoute(.exact("/slow")) { _ in
      do {
        try await Task.sleep(for: .seconds(60))
      } catch {
        cancelled.add()
      }
      return .text("late")
    }
    let server = try start([slow]) { $0.handlerDeadline = .milliseconds(100) }
    let response = try await client.send(HTTPRequest(url: url(server, "/slow")))
    #expect(response.status == 503)
    #expect(response.text.contains("0.1 s"))
    #expect(await cancelled.next())
    #expect(server.statistics.refusals == [503: 1])
    await server.stop(grace: .seconds(5))
  }

  @Test func `connections over the limit wait until one is free`() async throws {
    let server = try start(echoRoutes) { $0.maxConnections = 2 }
    let statuses = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<20 {
        group.addTask {
          let request = HTTPRequest(url: self.url(server, "/hello"), reusesConnection: false)
          return (try? await self.client.send(request))?.status ?? 0
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(statuses.allSatisfy { $0 == 200 }, "\(statuses)")
    await server.stop(grace: .zero)
  }

  @Test func `malformed requests are answered or dropped, and the server lives`() async throws {
    let server = try start()
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(seed: seed)
    var inputs: [[UInt8]] = [
      Array("GET\r\n\r\n".utf8), Array("\r\n\r\n\r\n".utf8), Array("GET /hello\r\n\r\n".utf8),
      Array("GET /hello HTTP/1.1\r\nContent-Length: -1\r\n\r\n".utf8),
      Array("POST /size HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".utf8),
      Array("GET /%00%ff%zz HTTP/1.1\r\nHost: \0\r\n\r\n".utf8),
      Array("GET http://x/hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8),
    ]
    for _ in 0..<50 {
      inputs.append((0..<200).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
    for input in inputs {
      _ = await RawExchange.send(input, port: server.port, then: .reset)
    }
    let whole = try #require(inputs.dropFirst(6).first)
    #expect(await RawExchange.send(whole, port: server.port)?.contains("hello") == true)
    let response = try await client.send(HTTPRequest(url: url(server, "/hello")))
    #expect(response.text == "hello", "seed \(seed)")
    await server.stop(grace: .zero)
  }

  @Test func `a stop without grace ends a request that is under way`() async throws {
    // The end of the grace and the wait for it are two tasks: either may come first.
    for _ in 0..<50 {
      let entered = Tally()
      let slow = HTTPRoute(.exact("/slow")) { _ in
        entered.add()
        try? await Task.sleep(for: .seconds(60))
        return .text("late")
      }
      let server = try start([slow])
      async let status = client.send(HTTPRequest(url: url(server, "/slow"))).status
      #expect(await entered.next())
      await server.stop(grace: .zero)
      #expect(try await status == 503)
    }
  }

  @Test func `requests whose senders went away do not hold up a stop`() async throws {
    let entered = Tally()
    let slow = HTTPRoute(.exact("/slow")) { _ in
      entered.add()
      try? await Task.sleep(for: .seconds(60))
      return .text("late")
    }
    let server = try start([slow])
    for _ in 0..<10 {
      let request = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
      let hanging = Task { [client] in
        await failure(of: HTTPRequest(url: url(server, "/slow")), with: client)
      }
      #expect(await entered.next())
      hanging.cancel()
      #expect(await hanging.value == .cancelled)
      _ = await RawExchange.send(Array(request.utf8), port: server.port, then: .reset)
    }
    let started = ContinuousClock.now
    await server.stop(grace: .milliseconds(50))
    #expect(ContinuousClock.now - started < .seconds(20))
  }

  @Test func `a stop lets a request end within the grace and refuses new ones`() async throws {
    let entered = Tally()
    let gate = AsyncStream<Void>.makeStream()
    let slow = HTTPRoute(.exact("/slow")) { _ in
      entered.add()
      for await _ in gate.stream { break }
      return .text("complete")
    }
    let server = try start([slow])
    let running = Task { [client] in try await client.send(HTTPRequest(url: url(server, "/slow"))) }
    #expect(await entered.next())
    let stop = Task { await server.stop(grace: .seconds(30)) }
    let again = Task { await server.stop(grace: .seconds(30)) }
    // A new connection is refused as soon as the stop has begun.
    var refusal: HTTPClientError?
    while refusal == nil {
      let request = HTTPRequest(
        url: url(server, "/nothing"),
        timeout: .milliseconds(200),
        reusesConnection: false
      )
      do throws(HTTPClientError) {
        _ = try await client.send(request)
      } catch {
        refusal = error
      }
    }
    gate.continuation.yield()
    #expect(try await running.value.text == "complete")
    await stop.value
    await again.value
    #expect(
      await failure(of: HTTPRequest(url: url(server, "/slow")), with: client)?.kind == "refused"
    )
  }

  @Test func `a stop under load ends every request with a reply or a closed connection`()
    async throws
  {
    let server = try start([
      HTTPRoute(.exact("/work")) { _ in
        try? await Task.sleep(for: .milliseconds(5))
        return .text("ok")
      }
    ])
    let address = url(server, "/work")
    let workers = (0..<40).map { _ in
      Task { [client] in
        var answered = 0
        while true {
          do throws(HTTPClientError) {
            let response = try await client.send(HTTPRequest(url: address))
            guard response.status == 200 else { return answered }
            answered += 1
          } catch {
            return answered
          }
        }
      }
    }
    while server.statistics.requests < 200 { await Task.yield() }
    await server.stop(grace: .milliseconds(3))
    var answered = 0
    for worker in workers { answered += await worker.value }
    #expect(answered > 0)
    #expect(server.statistics.activeRequests == 0)
  }

  @Test func `a server that goes away stops by itself`() async throws {
    var server: HTTPServer? = try start()
    let port = try #require(server?.port)
    _ = try await client.send(HTTPRequest(url: "http://127.0.0.1:\(port)/hello"))
    server = nil
    while await quietFailure("http://127.0.0.1:\(port)/hello")?.kind != "refused" {
      await Task.yield()
    }
  }

  private func quietFailure(_ url: String) async -> HTTPClientError? {
    do throws(HTTPClientError) {
      _ = try await client.send(HTTPRequest(url: url, reusesConnection: false))
      return nil
    } catch {
      return error
    }
  }
}
