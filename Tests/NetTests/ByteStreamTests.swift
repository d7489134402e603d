// SPDX-License-Identifier: MIT
import Net
import TestSupport
import Testing

@Suite struct ByteStreamTests {
  private let connector = StreamConnector()

  private func connect(
    _ port: UInt16,
    host: String = "127.0.0.1",
    tls: StreamEndpoint.TLS? = nil,
    within limit: Duration = .seconds(10)
  ) async throws(StreamError) -> ByteStream {
    try await connector.connect(
      to: StreamEndpoint(host: host, port: port, tls: tls),
      within: limit
    )
  }

  /// Why something that must fail failed.
  private func failure<T>(_ work: () async throws -> T) async -> StreamError? {
    do {
      _ = try await work()
      return nil
    } catch {
      return error as? StreamError
    }
  }

  /// Bytes until there are so many.
  private func receive(_ count: Int, from stream: ByteStream) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      bytes += try await stream.receive(upTo: count - bytes.count, within: .seconds(10))
    }
    return bytes
  }

  @Test func `bytes go out and come in as they are, and nothing else is said`() async throws {
    let server = try RawServer(.read(5), .sendBytes([0, 1, 255]), .read(1), .send("end"))
    let stream = try await connect(server.port)
    #expect(stream.peer == "127.0.0.1:\(server.port)")
    #expect(stream.certificate == nil)
    try await stream.send(Array("hello".utf8), within: .seconds(5))
    #expect(try await receive(3, from: stream) == [0, 1, 255])
    try await stream.send([], within: .seconds(5))
    try await stream.send([7], within: .seconds(5))
    #expect(try await receive(3, from: stream) == Array("end".utf8))
    #expect(
      await failure { try await stream.receive(upTo: 1, within: .seconds(5)) }
        == .closedByPeer(peer: stream.peer)
    )
    #expect(await failure { try await stream.send([1], within: .seconds(5)) } == .closed)
  }

  @Test func `megabytes pass both ways although the peer is slow to take them`() async throws {
    let size = 3 << 20
    let server = try RawServer(.waitForRelease, .read(size), .flood(bytes: size), .wait)
    let stream = try await connect(server.port)
    async let sent: Void = stream.send(
      [UInt8](repeating: 1, count: size),
      within: .seconds(20)
    )
    server.release()
    try await sent
    let received = try await receive(size, from: stream)
    #expect(received.count == size && received.allSatisfy { $0 == UInt8(ascii: "x") })
    await connector.close()
  }

  @Test func `a silent peer costs the time allowed and the stream stays usable`() async throws {
    let server = try RawServer(.waitForRelease, .send("late"), .wait)
    let stream = try await connect(server.port)
    let limit = Duration.milliseconds(80)
    let clock = ContinuousClock()
    let began = clock.now
    #expect(
      await failure { try await stream.receive(upTo: 4, within: limit) }
        == .timedOut(peer: stream.peer, after: limit, phase: .receive)
    )
    #expect(clock.now - began >= limit)
    server.release()
    #expect(try await receive(4, from: stream) == Array("late".utf8))
    // The peer takes nothing: the system's buffers fill up.
    let large = [UInt8](repeating: 0, count: 64 << 20)
    let blocked = try RawServer(.waitForRelease)
    let full = try await connect(blocked.port)
    #expect(
      await failure { try await full.send(large, within: limit) }
        == .timedOut(peer: full.peer, after: limit, phase: .send)
    )
    // A part is out, so whatever came next would not be understood.
    #expect(await failure { try await full.send([1], within: limit) } == .closed)
  }

  @Test func `a step ends at once when its task is cancelled`() async throws {
    let server = try RawServer(.wait)
    let stream = try await connect(server.port)
    let waiting = Task { await failure { try await stream.receive(upTo: 1, within: .seconds(60)) } }
    waiting.cancel()
    #expect(await waiting.value == .cancelled)
    let silent = try RawServer(.wait)
    let trust = StreamEndpoint.TLS(trust: .system)
    let opening = Task { await failure { try await connect(silent.port, tls: trust) } }
    #expect(await eventually { silent.acceptedConnections == 1 })
    opening.cancel()
    #expect(await opening.value == .cancelled)
    // Two receives at once would have to share what comes.
    let limit = Duration.milliseconds(50)
    async let one = failure { try await stream.receive(upTo: 1, within: limit) }
    async let two = failure { try await stream.receive(upTo: 1, within: limit) }
    #expect(Set([await one?.kind, await two?.kind]) == ["timeout", "internal_failure"])
  }

  @Test func `closing ends what is under way and tells the peer`() async throws {
    let server = try RawServer(.wait)
    let stream = try await connect(server.port)
    async let waiting = failure { try await stream.receive(upTo: 1, within: .seconds(60)) }
    #expect(await eventually { server.acceptedConnections == 1 })
    stream.close()
    #expect(await waiting == .closed)
    let other = try await connect(server.port)
    async let also = failure { try await other.receive(upTo: 1, within: .seconds(60)) }
    await connector.close()
    #expect(await also == .closed)
    #expect(await failure { try await connect(server.port) } == .closed)
  }

  @Test func `the close of an idle stream is told once, at once`() async throws {
    let server = try RawServer(.wait)
    let stream = try await connect(server.port)
    let closes = Tally()
    stream.watchIdle { closes.add() }
    #expect(await eventually { server.acceptedConnections == 1 })
    server.closeConnections()
    #expect(await closes.next())
    #expect(closes.count == 1)
    // A byte that nobody asked for counts too, and is not lost.
    let talker = try RawServer(.waitForRelease, .send("x"), .wait)
    let other = try await connect(talker.port)
    other.watchIdle { closes.add() }
    talker.release()
    #expect(await closes.next())
    #expect(try await other.receive(upTo: 10, within: .seconds(5)) == [UInt8(ascii: "x")])
    // A stream that is gone is told to be.
    stream.watchIdle { closes.add() }
    #expect(await closes.next())
  }

  @Test func `a stream that goes away closes its connection`() async throws {
    let server = try RawServer(.wait, .send("never"))
    do { _ = try await connect(server.port) }
    let again = try RawServer { _ in [.wait] }
    for _ in 0..<300 { _ = try await connect(again.port) }
    #expect(await eventually { again.acceptedConnections == 300 })
  }

  @Test func `why there is no connection is told apart`() async throws {
    let refusing = try RawServer(.wait)
    refusing.stop()
    #expect(await eventually { await failure { try await connect(refusing.port) } != nil })
    #expect(
      await failure { try await connect(refusing.port) }
        == .connectionRefused(peer: "127.0.0.1:\(refusing.port)")
    )
    #expect(
      await failure { try await connect(1, host: "nowhere.invalid") }
        == .nameNotResolved(peer: "nowhere.invalid:1")
    )
    for host in ["", "a b", "a/b", "user@host", "[::1]", "a?b", "a#b", "a%b"] {
      guard case .invalidEndpoint? = await failure({ try await connect(1, host: host) }) else {
        Issue.record("\(host) is taken")
        continue
      }
    }
    #expect(await failure { try await connect(0) }?.kind == "invalid_endpoint")
    #expect(
      await failure { try await connect(1, tls: .init(trust: .fingerprint(sha256: "12"))) }?.kind
        == "invalid_endpoint"
    )
  }

  @Test func `a reset is a close`() async throws {
    let server = try RawServer(.read(1), .reset)
    let stream = try await connect(server.port)
    try await stream.send([1], within: .seconds(5))
    #expect(
      await failure { try await stream.receive(upTo: 1, within: .seconds(5)) }
        == .closedByPeer(peer: stream.peer)
    )
  }

  @Test func `no more streams are opened than the limit`() async throws {
    let server = try RawServer(.wait)
    let connector = StreamConnector(streamLimit: 8)
    let endpoint = StreamEndpoint(host: "127.0.0.1", port: server.port)
    func connect() async throws(StreamError) -> ByteStream {
      try await connector.connect(to: endpoint, within: .seconds(5))
    }
    var streams: [ByteStream] = []
    for _ in 0..<8 { streams.append(try await connect()) }
    #expect(await failure { try await connect() } == .tooManyStreams(limit: 8))
    streams.removeAll()
    #expect(await eventually { await failure { try await connect() } == nil })
  }
}

@Suite struct TLSStreamTests {
  private let connector = StreamConnector()
  private let folder: TemporaryFolder
  private let identity: TestIdentity
  private let server: HTTPServer

  init() throws {
    folder = try TemporaryFolder()
    identity = try TestIdentity(in: folder, name: "member-one")
    server = try HTTPServer.start(
      HTTPServerSettings(port: 0, tls: identity.server),
      routes: echoRoutes
    )
  }

  private func connect(_ tls: StreamEndpoint.TLS, host: String = "127.0.0.1")
    async throws(StreamError) -> ByteStream
  {
    try await connector.connect(
      to: StreamEndpoint(host: host, port: server.port, tls: tls),
      within: .seconds(10)
    )
  }

  private func failure(_ tls: StreamEndpoint.TLS, host: String = "127.0.0.1") async
    -> StreamError?
  {
    do throws(StreamError) {
      _ = try await connect(tls, host: host)
      return nil
    } catch {
      return error
    }
  }

  @Test func `bytes pass through TLS, and what is decrypted already is not forgotten`() async throws
  {
    let stream = try await connect(.init(trust: .caFile(path: identity.certificatePath)))
    #expect(stream.certificate?.subject == "CN=member-one")
    let request = "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    try await stream.send(Array(request.utf8), within: .seconds(5))
    var reply: [UInt8] = []
    // One byte at a time: poll sees only the first of a record.
    do throws(StreamError) {
      while true { reply += try await stream.receive(upTo: 1, within: .seconds(5)) }
    } catch {
      #expect(error == .closedByPeer(peer: stream.peer))
    }
    let text = String(decoding: reply, as: UTF8.self)
    #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(text.hasSuffix("hello"))
    await server.stop(grace: .zero)
  }

  @Test func `an idle TLS stream is silent until the peer closes it`() async throws {
    let stream = try await connect(.init(trust: .caFile(path: identity.certificatePath)))
    let closes = Tally()
    stream.watchIdle { closes.add() }
    // Tickets of TLS 1.3 arrive after the handshake and are no reason to think of a close.
    try await Task.sleep(for: .milliseconds(50))
    #expect(closes.count == 0)
    await server.stop(grace: .zero)
    #expect(await closes.next())
  }

  @Test func `only the right certificate under the right name is believed`() async throws {
    let other = try TestIdentity(in: folder, name: "member-two")
    let trusts: [(TLSTrust, String)] = [
      (.system, "127.0.0.1"), (.caFile(path: other.certificatePath), "127.0.0.1"),
      (.caFile(path: identity.certificatePath), "localhost"),
      (.fingerprint(sha256: String(repeating: "00", count: 32)), "127.0.0.1"),
    ]
    for (trust, host) in trusts {
      guard case .tls(let peer, _, let shown?)? = await failure(.init(trust: trust), host: host)
      else {
        Issue.record("\(trust) at \(host) is no TLS error")
        continue
      }
      #expect(peer == "\(host):\(server.port)")
      let pinned = StreamEndpoint.TLS(trust: .fingerprint(sha256: shown.sha256Fingerprint))
      #expect(try await connect(pinned, host: host).certificate == shown)
    }
    let missing = StreamEndpoint.TLS(
      trust: .caFile(path: identity.certificatePath),
      clientCertificatePath: folder.file("missing.pem")
    )
    #expect(await failure(missing)?.kind == "tls")
    await server.stop(grace: .zero)
  }

  @Test func `a peer that speaks no TLS is a TLS error`() async throws {
    let plain = try RawServer(.read(20), .send("HTTP/1.1 400 Bad Request\r\n\r\n"))
    let endpoint = StreamEndpoint(host: "127.0.0.1", port: plain.port, tls: .init())
    do throws(StreamError) {
      _ = try await connector.connect(to: endpoint, within: .seconds(5))
      Issue.record("connected")
    } catch {
      #expect(error.kind == "tls")
    }
    let silent = try RawServer(.wait)
    do throws(StreamError) {
      _ = try await connector.connect(
        to: StreamEndpoint(host: "127.0.0.1", port: silent.port, tls: .init()),
        within: .milliseconds(80)
      )
      Issue.record("connected")
    } catch {
      let peer = "127.0.0.1:\(silent.port)"
      #expect(error == .timedOut(peer: peer, after: .milliseconds(80), phase: .tls))
    }
    await server.stop(grace: .zero)
  }
}
