// SPDX-License-Identifier: MIT
import Net
import TestSupport
import Testing

@Suite struct HTTPStreamTests {
  let client = HTTPClient(userAgent: "test")

  func start(_ pieces: @escaping @Sendable () -> AsyncStream<[UInt8]>) throws -> HTTPServer {
    let route = HTTPRoute(.exact("/events")) { _ in
      .stream(pieces(), type: "text/event-stream")
    }
    return try HTTPServer.start(HTTPServerSettings(port: 0), routes: [route])
  }

  func request(_ server: HTTPServer) -> HTTPRequest {
    HTTPRequest(url: "http://127.0.0.1:\(server.port)/events")
  }

  @Test func `pieces arrive in order, and the connection lives on`() async throws {
    let server = try start {
      AsyncStream { continuation in
        Task {
          for number in 0..<200 {
            continuation.yield(Array("data: \(number)\n\n".utf8))
            if number % 20 == 0 { await Task.yield() }
          }
          continuation.finish()
        }
      }
    }
    let expected = (0..<200).map { "data: \($0)\n\n" }.joined()
    for turn in 0..<3 {
      let response = try await client.send(request(server))
      #expect(response.text == expected)
      #expect(response.headers["Content-Type"] == "text/event-stream")
      #expect(response.didReuseConnection == (turn > 0))
    }
    await server.stop(grace: .seconds(1))
  }

  @Test func `a stop ends endless streams at once and drops their sources`() async throws {
    let began = Tally()
    let dropped = Tally()
    let server = try start {
      let asked = Tally()
      return AsyncStream(
        unfolding: {
          asked.add()
          guard asked.count > 1 else { return Array("data: first\n\n".utf8) }
          // Asked for more, so the first is on its way. Ends by being cancelled.
          began.add()
          try? await Task.sleep(for: .seconds(60))
          return nil
        },
        onCancel: { dropped.add() }
      )
    }
    let readers = (0..<5).map { _ in Task { try await client.send(request(server)) } }
    for _ in 0..<5 { #expect(await began.next()) }
    let started = ContinuousClock.now
    await server.stop(grace: .seconds(20))
    #expect(ContinuousClock.now - started < .seconds(20))
    for reader in readers { #expect(try await reader.value.text == "data: first\n\n") }
    for _ in 0..<5 { #expect(await dropped.next()) }
  }

  @Test func `a reader that went away is noticed when something is sent`() async throws {
    let began = Tally()
    let dropped = Tally()
    let (source, feed) = AsyncStream<[UInt8]>.makeStream()
    feed.onTermination = { _ in dropped.add() }
    let server = try start {
      began.add()
      return source
    }
    let reader = Task { await failure(of: request(server), with: client) }
    #expect(await began.next())
    reader.cancel()
    #expect(await reader.value == .cancelled)
    let beat = Task {
      while !Task.isCancelled {
        feed.yield(Array(":\n".utf8))
        try? await Task.sleep(for: .milliseconds(5))
      }
    }
    #expect(await dropped.next())
    beat.cancel()
    await server.stop(grace: .zero)
  }

  @Test func `a reader that takes nothing is dropped at the limit`() async throws {
    let dropped = Tally()
    let server = try start {
      AsyncStream { continuation in
        continuation.onTermination = { _ in dropped.add() }
        // More than the limit and what the sockets between hold.
        for _ in 0..<600 { continuation.yield([UInt8](repeating: 0x2e, count: 1 << 16)) }
      }
    }
    let get = "GET /events HTTP/1.1\r\nHost: x\r\n\r\n"
    async let slow = RawExchange.send(Array(get.utf8), port: server.port)
    #expect(await dropped.next())
    await server.stop(grace: .zero)
    #expect(await slow != nil)
  }
}
