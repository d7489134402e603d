// SPDX-License-Identifier: MIT
import MongoWire
import Net
import TestSupport
import Testing

/// What a member can do to a real connection.
@Suite struct SocketTests {
  private let connector = StreamConnector()
  private let hello = ScriptedMember.reply(to: 1, .primaryHello)

  private func open(
    _ server: RawServer,
    within limit: Duration = .seconds(10)
  ) async throws(MongoError) -> MongoConnection {
    try await MongoConnection.open(
      MongoEndpoint(stream: StreamEndpoint(host: "127.0.0.1", port: server.port)),
      using: connector,
      within: limit
    )
  }

  private func failure<T>(_ work: () async throws -> T) async -> MongoError? {
    do {
      _ = try await work()
      return nil
    } catch {
      return error as? MongoError
    }
  }

  @Test func `a question is answered over a socket, and asked again on the same one`() async throws
  {
    let pong = (2...4).map { ScriptedMember.reply(to: $0, ["ok": 1]) }
    let server = try RawServer(
      .read(16),
      .sendBytes(hello),
      .waitForRelease,
      .sendBytes(pong[0]),
      .waitForRelease,
      .sendBytes(pong[1]),
      .wait
    )
    let connection = try await open(server)
    #expect(connection.peer == "127.0.0.1:\(server.port)")
    for _ in 0..<2 {
      server.release()
      #expect(try await connection.run(.ping, within: .seconds(10)) == ["ok": 1])
    }
    #expect(server.acceptedConnections == 1)
  }

  @Test func `the limit is for the whole answer, however it trickles in`() async throws {
    let text = "@\0\0\0" + String(repeating: "a", count: 8)
    let server = try RawServer(
      .read(16),
      .sendBytes(hello),
      .waitForRelease,
      .drip(text, pauseMilliseconds: 40),
      .wait
    )
    let connection = try await open(server)
    server.release()
    let limit = Duration.milliseconds(200)
    let error = await failure { try await connection.run(.ping, within: limit) }
    #expect(error == .timedOut(step: "ping", after: limit))
    #expect(await failure { try await connection.run(.ping, within: limit) } == .closed)
    let silent = try RawServer(.wait)
    #expect(
      await failure { try await open(silent, within: limit) }
        == .timedOut(step: "hello", after: limit)
    )
  }

  @Test func `a flood, a cut and a close are failures, each of its kind`() async throws {
    let flood = try RawServer(.read(16), .flood(bytes: 1 << 20), .wait)
    #expect(await failure { try await open(flood) }?.kind == "malformed_reply")
    let cut = try RawServer(.read(16), .sendBytes(Array(hello.dropLast())))
    #expect(await failure { try await open(cut) }?.kind == "closed_early")
    let full = try RawServer(.read(1))
    #expect(
      await failure { try await open(full) } == .closedUnanswered(peer: "127.0.0.1:\(full.port)")
    )
    let reset = try RawServer(.read(1), .reset)
    #expect(await failure { try await open(reset) }?.kind == "closed_unanswered")
    full.stop()
    let gone = await eventually { await failure { try await open(full) }?.kind == "refused" }
    #expect(gone)
  }

  @Test func `the end of a kept connection is told at once, and a cancelled question closes one`()
    async throws
  {
    let server = try RawServer(.read(16), .sendBytes(hello), .wait)
    let connection = try await open(server)
    let told = AsyncStream<Void>.makeStream()
    connection.watchIdle { told.continuation.yield() }
    server.closeConnections()
    for await _ in told.stream { break }
    #expect(await failure { try await connection.run(.ping, within: .seconds(5)) } != nil)
    let other = try await open(server)
    let question = Task { await failure { try await other.run(.ping, within: .seconds(60)) } }
    question.cancel()
    #expect(await question.value == .cancelled)
    #expect(await failure { try await other.run(.ping, within: .seconds(5)) } == .closed)
  }
}
