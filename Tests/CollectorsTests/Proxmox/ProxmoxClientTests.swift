// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Polling
import TestSupport
import Testing

@testable import Collectors

@Suite(.timeLimit(.minutes(1))) struct ProxmoxClientTests {
  private func failure(
    _ client: ProxmoxClient,
    _ path: String = "/version",
    node: String? = nil,
    timeout: Duration = .seconds(10)
  ) async -> ProxmoxError? {
    do throws(ProxmoxError) {
      _ = try await client.get(path, node: node, timeout: timeout)
      return nil
    } catch {
      return error
    }
  }

  private var isHere: Bool { ProxmoxFixture.folder != nil }

  @Test func `a token is shown, and the first node answers`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let client = stage.client()
    let reply = try await client.get("/version", timeout: .seconds(10))
    #expect(reply.data["release"]?.string == "9.2" && reply.answeredBy == "CoolerHostname")
    #expect(stage.nodes.map(\.paths) == [["/version"], [], []])
    await stage.stop()
  }

  @Test func `a dead node costs nothing but the first try, and the good one is remembered`()
    async throws
  {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let client = stage.client()
    await stage.nodes[0].stop()
    let first = try await client.get("/version", timeout: .seconds(10))
    #expect(first.answeredBy == "CoolerHostname2" && client.answeringNode == "CoolerHostname2")
    _ = try await client.get("/cluster/status", timeout: .seconds(10))
    #expect(stage.nodes[1].paths == ["/version", "/cluster/status"])
    #expect(stage.nodes[2].paths.isEmpty)
    await stage.nodes[1].stop()
    let last = try await client.get("/version", timeout: .seconds(10))
    #expect(last.answeredBy == "CoolerHostname3")
    await stage.stop()
  }

  @Test func `a silent node is overtaken within the same question`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    stage.nodes[0].set(faults: [.silence("/")])
    let client = stage.client()
    let clock = ContinuousClock()
    let start = clock.now
    let reply = try await client.get("/version", timeout: .seconds(20))
    #expect(reply.answeredBy == "CoolerHostname2")
    #expect(clock.now - start < .seconds(20))
    #expect(client.answeringNode == "CoolerHostname2")
    await stage.stop()
  }

  @Test func `a refused token is told by the first node and asked of no other`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let error = await failure(stage.client(secret: "wrong"))
    #expect(error == .unauthorized && error?.kind == "unauthorized")
    #expect(stage.nodes.map(\.paths.count) == [1, 0, 0])
    #expect(error?.description.contains("wrong,") == true)
    #expect(error?.description.contains(ProxmoxFake.secret) == false)
    await stage.stop()
  }

  @Test func `statuses become what the caller would do differently`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let client = stage.client()
    let body = "{\"data\":null,\"message\":\"Permission check failed (/, Sys.Audit)\\n\"}"
    stage.nodes[0].set(faults: [.answer("/cluster", status: 403, body: body)])
    let forbidden = await failure(client, "/cluster/status")
    #expect(forbidden == .forbidden(reason: "Permission check failed (/, Sys.Audit)"))
    #expect(
      await failure(client, "/cluster/unheard-of")
        == .forbidden(reason: "Permission check failed (/, Sys.Audit)")
    )
    #expect(await failure(client, "/nodes/x/unheard-of") == .unsupported)
    #expect(stage.nodes[1].paths.isEmpty)
    // One node's daemon may be down while its neighbour's works.
    stage.nodes[0].set(faults: [.answer("/cluster", status: 595)])
    stage.nodes[1].set(faults: [.answer("/cluster", status: 500, body: body)])
    let reply = try await client.get("/cluster/status", timeout: .seconds(10))
    #expect(reply.answeredBy == "CoolerHostname3")
    for node in stage.nodes { node.set(faults: [.answer("/", status: 595)]) }
    #expect(await failure(client) == .nodeUnreachable(status: 595))
    for node in stage.nodes { node.set(faults: [.answer("/", status: 200, body: "{\"data\":[")]) }
    #expect(await failure(client)?.kind == "malformed")
    for node in stage.nodes { node.set(faults: [.answer("/", status: 200, body: "[1]")]) }
    #expect(await failure(client)?.collectionError.kind == "malformed")
    await stage.stop()
  }

  @Test func `a question about a node goes to it, and then to one neighbour`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let client = stage.client()
    let path = "/nodes/CoolerHostname2/status"
    let own = try await client.get(path, node: "CoolerHostname2", timeout: .seconds(10))
    #expect(own.answeredBy == "CoolerHostname2" && client.answeringNode == "CoolerHostname")
    await stage.nodes[1].stop()
    let forwarded = try await client.get(path, node: "CoolerHostname2", timeout: .seconds(10))
    #expect(forwarded.answeredBy == "CoolerHostname")
    stage.nodes[0].set(faults: [.answer("/nodes/", status: 595)])
    let error = await failure(client, path, node: "CoolerHostname2")
    #expect(error?.isWorthAnotherNode == true)
    #expect(stage.nodes[2].paths.isEmpty)
    await stage.stop()
  }

  @Test func `a peer of another authority is never shown the token`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let stranger = try TemporaryFolder()
    let other = try TestCertificate(in: stranger, from: "20250101000000Z", to: "20350101000000Z")
    let endpoint = stage.nodes[0].endpoint("CoolerHostname", trust: .caFile(path: other.path))
    let error = await failure(stage.client(endpoints: [endpoint]))
    #expect(error?.kind == "tls")
    #expect(stage.nodes[0].paths.isEmpty)
    await stage.stop()
  }

  @Test func `a connection that the server closed while idle is no failure`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let client = stage.client()
    let body = "{\"data\":{\"release\":\"9.2\"}}"
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    // Plain HTTP: the rule is the same, and the raw server can close when it wants.
    let server = try RawServer(script: { connection in
      connection == 0
        ? [.readHeader, .send(reply), .readHeader] : [.readHeader, .send(reply)]
    })
    let endpoint = ProxmoxSettings.Endpoint(
      node: "a",
      origin: "http://127.0.0.1:\(server.port)",
      trust: .system
    )
    let plain = stage.client(endpoints: [endpoint])
    for _ in 0..<2 {
      let answer = try await plain.get("/version", timeout: .seconds(10))
      #expect(answer.data["release"]?.string == "9.2")
    }
    #expect(server.acceptedConnections == 2)
    server.stop()
    _ = client
    await stage.stop()
  }

  @Test func `a cancelled question ends at once`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    for node in stage.nodes { node.set(faults: [.silence("/")]) }
    let client = stage.client()
    let asking = Task { await failure(client, timeout: .seconds(50)) }
    #expect(await eventually { !stage.nodes[0].paths.isEmpty })
    asking.cancel()
    #expect(await asking.value == .transport(.cancelled))
    await stage.stop()
  }

  @Test func `time that is up is told, whichever node was asked`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    for node in stage.nodes { node.set(faults: [.silence("/")]) }
    let error = await failure(stage.client(), timeout: .milliseconds(400))
    #expect(error?.kind == "timeout" && error?.collectionError.kind == "timeout")
    await stage.stop()
  }
}
