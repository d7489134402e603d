// SPDX-License-Identifier: MIT
import Collectors
import Configuration
import MetricModel
import Net
import Polling
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct NginxCollectorTests {
  private let http = HTTPClient(userAgent: "test")

  private func nginx(_ port: UInt16, scheme: String = "http") -> DeclaredTargets {
    let status = "\(scheme)://{address}:\(port)/nginx_status"
    return DeclaredTargets(
      NginxCollector.self,
      """
      architecture:
        tiers:
          - name: web
            nginx: {status: "\(status)"}
            members: [{name: nginx1, address: 127.0.0.1, node: n1}]
      """,
      http: http
    )
  }

  private static func status(_ accepted: Int, _ requests: Int) -> String {
    "Active connections: 2 \nserver accepts handled requests\n \(accepted) \(accepted) \(requests) \n"
      + "Reading: 0 Writing: 1 Waiting: 1 \n"
  }

  private static func reply(_ body: String, _ head: String = "200 OK") -> String {
    "HTTP/1.1 \(head)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private func expectDown(
    _ collection: Collection,
    _ kind: String,
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(collection.failure?.kind == kind, sourceLocation: location)
    #expect(!collection.isUp, sourceLocation: location)
    #expect(collection.value("nginx_up") == 0, sourceLocation: location)
    #expect(collection.value("nginx_http_requests_total") == nil, sourceLocation: location)
  }

  @Test func `a stub status becomes nginx's metrics`() async throws {
    let body = try NginxFixture.text("stub_status.dropped.txt")
    let route = HTTPRoute(.exact("/nginx_status")) { _ in .text(body) }
    let server = try HTTPServer.start(HTTPServerSettings(port: 0), routes: [route])
    let found = try await nginx(server.port).poll()
    #expect(found.failure == nil && found.isUp)
    let values = [
      "nginx_up": 1.0, "nginx_connections_active": 1, "nginx_connections_accepted": 21,
      "nginx_connections_handled": 9, "nginx_http_requests_total": 9,
      "nginx_connections_reading": 0, "nginx_connections_writing": 1,
      "nginx_connections_waiting": 0, "hvsmon_nginx_restarts_total": 0,
    ]
    #expect(found.samples.count == values.count)
    for (name, value) in values { #expect(found.value(name) == value, "\(name)") }
    await server.stop(grace: .zero)
  }

  @Test(arguments: [
    (["404 Not Found", "<html>no</html>"], "status"),
    (["403 Forbidden", "<html></html>"], "status"),
    (["301 Moved\r\nLocation: /elsewhere", ""], "status"), (["502 Bad Gateway", ""], "status"),
    (["200 OK", "<html>the app</html>"], "malformed"), (["200 OK", "{\"app\":1}"], "malformed"),
    (["200 OK", ""], "malformed"),
  ])
  func `an answer that is no stub status is nginx_up 0 and up 0`(
    answer: [String],
    kind: String
  ) async throws {
    let server = try RawServer(.readHeader, .send(Self.reply(answer[1], answer[0])), .again)
    expectDown(try await nginx(server.port).poll(), kind)
    #expect(server.headersRead == 1)
    server.stop()
  }

  @Test func `a body without end is cut off at its limit`() async throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: \(1 << 30)\r\n\r\n"
    let server = try RawServer(.readHeader, .send(head), .flood(bytes: nil))
    expectDown(try await nginx(server.port).poll(), "body_too_large")
    server.stop()
  }

  @Test func `a slow drip ends at the timeout`() async throws {
    let server = try RawServer(
      .readHeader,
      .drip(String(repeating: "H", count: 100), pauseMilliseconds: 50)
    )
    let clock = ContinuousClock()
    let began = clock.now
    let found = try await nginx(server.port).poll(timeout: .milliseconds(300))
    #expect(["timeout", "malformed_reply"].contains(found.failure?.kind))
    #expect(clock.now - began < .seconds(3))
    #expect(found.value("nginx_up") == 0)
    server.stop()
  }

  @Test func `a reply that breaks off in the middle is a failure`() async throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 97\r\n\r\nActive conn"
    let server = try RawServer(.readHeader, .send(head))
    expectDown(try await nginx(server.port).poll(), "closed_early")
    server.stop()
  }

  @Test func `nobody listening is a failure`() async throws {
    let server = try RawServer(.wait)
    let port = server.port
    server.stop()
    expectDown(try await nginx(port).poll(), "refused")
  }

  @Test func `counters that fell are a restart, a failure in between is not`() async throws {
    let answers = [
      Self.reply(Self.status(10, 20)), Self.reply(Self.status(11, 25)), Self.reply("", "502 Bad"),
      Self.reply(Self.status(12, 30)), Self.reply(Self.status(1, 1)), Self.reply("", "502 Bad"),
      Self.reply(Self.status(2, 2)), Self.reply(Self.status(3, 1)),
    ]
    let server = try RawServer { _ in answers.flatMap { [.readHeader, .send($0)] } }
    let nginx = nginx(server.port)
    var restarts: [Double?] = []
    for _ in answers {
      restarts.append(try await nginx.poll().value("hvsmon_nginx_restarts_total"))
    }
    #expect(restarts == [0, 0, 0, 0, 1, 1, 1, 2])
    #expect(server.acceptedConnections == 1)
    server.stop()
  }

  @Test func `a held connection that closes is told at once`() async throws {
    let server = try RawServer(.readHeader, .send(Self.reply(Self.status(1, 1))), .wait)
    let (closes, continuation) = AsyncStream.makeStream(of: Void.self)
    let found = try await nginx(server.port).poll { continuation.yield() }
    #expect(found.isUp)
    server.closeConnections()
    var iterator = closes.makeAsyncIterator()
    #expect(await iterator.next() != nil)
    server.stop()
  }

  @Test func `a cancelled poll says so and makes no samples`() async throws {
    let server = try RawServer(.readHeader, .wait)
    let nginx = nginx(server.port)
    let poll = Task { () -> CollectionError? in
      do throws(CollectionError) {
        _ = try await nginx.poll()
        return nil
      } catch {
        return error
      }
    }
    while server.headersRead == 0 { await Task.yield() }
    poll.cancel()
    #expect(await poll.value == .cancelled)
    server.stop()
  }
}
