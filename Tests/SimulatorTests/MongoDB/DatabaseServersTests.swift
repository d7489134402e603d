// SPDX-License-Identifier: MIT
import Glibc
import MetricModel
import Net
import TestSupport
import Testing

@testable import Simulator

/// Members over TCP.
@Suite struct DatabaseServersTests {
  private let clock = ManualTimeSource(tuesday)
  private let connector = StreamConnector()

  private func connect(
    _ cluster: SimulatedCluster,
    _ place: Int
  ) async throws -> ByteStream {
    let guest = cluster.databases.guests[place]
    return try await connector.connect(
      to: StreamEndpoint(host: guest.address, port: cluster.databases.port),
      within: .seconds(5)
    )
  }

  private func ask(_ stream: ByteStream, _ command: MongoDocument) async throws -> MongoDocument {
    try await stream.send(command.message(), within: .seconds(5))
    return try await answer(stream)
  }

  private func answer(_ stream: ByteStream) async throws -> MongoDocument {
    var bytes: [UInt8] = []
    while true {
      bytes += try await stream.receive(upTo: 1 << 16, within: .seconds(5))
      if let size = try MongoFrame.size(bytes[...]), bytes.count >= size {
        return try MongoFrame(bytes[..<size]).body
      }
    }
  }

  @Test func `each member answers on its own address and only while its process works`()
    async throws
  {
    let cluster = try SimulatedCluster(clock: clock)
    for (place, guest) in cluster.databases.guests.enumerated() {
      let stream = try await connect(cluster, place)
      let hello = try await ask(stream, ["hello": 1])
      #expect(hello["me"] == .text("\(guest.address):\(cluster.databases.port)"))
      stream.close()
    }
    let first = try await connect(cluster, 0)
    _ = try await ask(first, ["ping": 1])
    await cluster.apply(.begin(.processDown(103)))
    #expect(cluster.databases.running.map(\.name) == ["mongo2", "mongo3"])
    await #expect(throws: StreamError.self) { try await ask(first, ["ping": 1]) }
    await #expect(throws: StreamError.self) { try await connect(cluster, 0) }
    clock.advance(by: .seconds(1))
    await cluster.apply(.end(.processDown(103)))
    let again = try await connect(cluster, 0)
    #expect(try await ask(again, ["hello": 1])["isreplicaset"] == true)
    await cluster.stop()
    await #expect(throws: StreamError.self) { try await connect(cluster, 1) }
    #expect(cluster.databases.running.isEmpty)
  }

  @Test func `who waits for a change is told of the election`() async throws {
    let cluster = try SimulatedCluster(clock: clock)
    let stream = try await connect(cluster, 1)
    let hello = try await ask(stream, ["hello": 1])
    let wait: MongoDocument = [
      "hello": 1, "topologyVersion": hello["topologyVersion"] ?? .null, "maxAwaitTimeMS": 30_000,
    ]
    try await stream.send(wait.message(), within: .seconds(5))
    await cluster.apply(.begin(.primaryDown))
    clock.advance(by: .seconds(12))
    let told = try await answer(stream)
    #expect(told["primary"] != hello["primary"])
    await cluster.stop()
  }

  @Test func `a client that breaks the protocol is hung up on, the others are not`() async throws {
    let cluster = try SimulatedCluster(clock: clock)
    let good = try await connect(cluster, 0)
    let bad = try await connect(cluster, 0)
    try await bad.send(Array("GET / HTTP/1.1\r\n\r\n".utf8), within: .seconds(5))
    await #expect(throws: StreamError.self) { try await answer(bad) }
    #expect(try await ask(good, ["ping": 1]).isGood)
    await cluster.stop()
  }

  @Test func `equal seeds make equal passwords`() throws {
    #expect(MongoUser(seed: 3).password == MongoUser(seed: 3).password)
    #expect(MongoUser(seed: 3).password != MongoUser(seed: 4).password)
    #expect(MongoUser(seed: 3).password.count > 15)
  }
}
