// SPDX-License-Identifier: MIT
import Glibc
import Net
import Synchronization
import TestSupport
import Testing

/// Counts what happens on other threads and lets a test wait for it.
final class Tally: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation
  private let counter = Mutex((count: 0, latest: ContinuousClock.now))

  init() {
    (stream, continuation) = AsyncStream.makeStream()
  }

  var count: Int { counter.withLock { $0.count } }
  /// When the latest was added, by the clock of the thread that did it.
  var latest: ContinuousClock.Instant { counter.withLock { $0.latest } }

  func add() {
    counter.withLock { $0 = ($0.count + 1, .now) }
    continuation.yield()
  }

  /// Waits until at least one more was added, or the time is over; tells which.
  func next(within limit: Duration = .seconds(5)) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        for await _ in self.stream { return true }; return false
      }
      group.addTask { (try? await Task.sleep(for: limit)) == nil }
      defer { group.cancelAll() }
      return await group.next() ?? false
    }
  }
}

@Suite struct HTTPClientLifeTests {
  @Test func `cancelling the task ends a hanging request at once`() async throws {
    let client = HTTPClient(userAgent: "test")
    let server = try RawServer(.readHeader, .wait)
    let started = ContinuousClock.now
    let hanging = Task { await failure(of: HTTPRequest(url: server.url()), with: client) }
    while server.headersRead == 0 { await Task.yield() }
    hanging.cancel()
    #expect(await hanging.value == .cancelled)
    let early = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return await failure(of: HTTPRequest(url: server.url()), with: client)
    }
    #expect(await early.value == .cancelled)
    #expect(ContinuousClock.now - started < .seconds(20))
  }

  @Test func `closing ends live requests and refuses later ones`() async throws {
    let client = HTTPClient(userAgent: "test")
    let server = try RawServer(.readHeader, .wait)
    let live = (0..<20).map { _ in
      Task { await failure(of: HTTPRequest(url: server.url()), with: client) }
    }
    while server.headersRead < 20 { await Task.yield() }
    await client.close()
    for task in live { #expect(await task.value == .clientClosed) }
    #expect(await failure(of: HTTPRequest(url: server.url()), with: client) == .clientClosed)
    await client.close()
  }

  @Test func `many requests at once all get their own reply`() async throws {
    let client = HTTPClient(userAgent: "test")
    let server = try RawServer(.readHeader, .send(reply("ok")), .again)
    let good = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<200 {
        group.addTask { (try? await client.send(HTTPRequest(url: server.url())))?.text == "ok" }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(good == 200)
    #expect(server.headersRead == 200)
  }

  @Test func `the close of an idle connection is reported once and at once`() async throws {
    let client = HTTPClient(userAgent: "test")
    let server = try RawServer(.readHeader, .send(reply("x")), .again)
    let closes = Tally()
    let request = HTTPRequest(url: server.url(), onIdleClose: { closes.add() })
    for _ in 0..<5 { _ = try await client.send(request) }
    #expect(server.acceptedConnections == 1)
    #expect(closes.count == 0)
    let started = ContinuousClock.now
    server.closeConnections()
    #expect(await closes.next())
    let delay = closes.latest - started
    print("idle close reported after \(delay)")
    #expect(delay < .milliseconds(500))
    // The connection is gone: the next request makes a new one, and its watch works too.
    _ = try await client.send(request)
    #expect(server.acceptedConnections == 2)
    server.closeConnections()
    #expect(await closes.next())
    #expect(closes.count == 2)
    await client.close()
    #expect(closes.count == 2)
  }

  @Test func `a byte that nobody asked for counts as a close`() async throws {
    let client = HTTPClient(userAgent: "test")
    let server = try RawServer(.readHeader, .send(reply("x")), .waitForRelease, .send("?"), .wait)
    let closes = Tally()
    _ = try await client.send(HTTPRequest(url: server.url(), onIdleClose: { closes.add() }))
    #expect(closes.count == 0)
    server.release()
    #expect(await closes.next())
    #expect(closes.count == 1)
  }

  @Test func `a later request on the same connection ends the watch`() async throws {
    let client = HTTPClient(userAgent: "test")
    let server = try RawServer(.readHeader, .send(reply("x")), .again)
    let first = Tally()
    let second = Tally()
    _ = try await client.send(HTTPRequest(url: server.url(), onIdleClose: { first.add() }))
    _ = try await client.send(HTTPRequest(url: server.url(), onIdleClose: { second.add() }))
    server.closeConnections()
    #expect(await second.next())
    _ = try await client.send(HTTPRequest(url: server.url(), onIdleClose: { first.add() }))
    let bare = try await client.send(HTTPRequest(url: server.url()))
    #expect(bare.didReuseConnection)
    // Another watched connection tells that the loop has seen what happened before.
    let other = try RawServer(.readHeader, .send(reply("x")), .again)
    let seen = Tally()
    _ = try await client.send(HTTPRequest(url: other.url(), onIdleClose: { seen.add() }))
    server.closeConnections()
    other.closeConnections()
    #expect(await seen.next())
    #expect(first.count == 0)
    #expect(second.count == 1)
  }

  @Test func `no close is reported that the client causes itself`() async throws {
    let closes = Tally()
    let server = try RawServer(.readHeader, .send(reply("x")), .again)
    let other = try RawServer(.readHeader, .send(reply("x")), .again)
    // Room for one connection: one of the two pushes the other one out. libcurl chooses the
    // moment, and of two that were used in the same millisecond which one goes.
    let client = HTTPClient(userAgent: "test", maxIdleConnections: 1)
    func connections() -> Int { server.acceptedConnections + other.acceptedConnections }
    for _ in 0..<20 where connections() < 3 {
      for each in [server, other] {
        _ = try await client.send(HTTPRequest(url: each.url(), onIdleClose: { closes.add() }))
      }
    }
    #expect(connections() >= 3)
    await client.close()
    #expect(closes.count == 0)
  }

  @Test func `a connection that ends with its reply is not watched`() async throws {
    let closes = Tally()
    let client = HTTPClient(userAgent: "test")
    let server = try RawServer(.readHeader, .send(reply("x", headers: "Connection: close\r\n")))
    for _ in 0..<10 {
      _ = try await client.send(HTTPRequest(url: server.url(), onIdleClose: { closes.add() }))
    }
    await client.close()
    #expect(closes.count == 0)
  }
}
