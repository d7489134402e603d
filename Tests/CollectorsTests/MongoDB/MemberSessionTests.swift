// SPDX-License-Identifier: MIT
import MetricModel
import MongoWire
import Net
import Polling
import Simulator
import Synchronization
import TestSupport
import Testing

@testable import Collectors

/// What several collectors share of one member.
@Suite(.timeLimit(.minutes(1))) struct MemberSessionTests {
  private let clock = ManualTimeSource(SimulatedProxmox.start)
  private let cluster: SimulatedCluster
  private let book = MemberBook()
  private let connector = StreamConnector()

  init() throws {
    cluster = try SimulatedCluster(clock: clock)
  }

  private func endpoint(_ place: Int) -> MongoEndpoint {
    let databases = cluster.databases
    return MongoEndpoint(
      stream: StreamEndpoint(host: databases.guests[place].address, port: databases.port),
      credential: MongoCredential(
        username: databases.user.name,
        password: databases.user.password
      )
    )
  }

  private func session(_ place: Int) -> MemberSession {
    book.session(endpoint(place), using: connector)
  }

  /// How many ask at the same time, and how many ever did.
  private final class Askers: Sendable {
    private let counts = Mutex((now: 0, most: 0))
    var most: Int { counts.withLock { $0.most } }

    func come() {
      counts.withLock { counts in
        counts.now += 1
        counts.most = max(counts.most, counts.now)
      }
    }

    func go() { counts.withLock { $0.now -= 1 } }
  }

  @Test func `one who asks waits for another, and both are answered over one connection`()
    async throws
  {
    #expect(session(0) === session(0) && session(0) !== session(1))
    let session = session(0)
    let askers = Askers()
    let numbers = try await withThrowingTaskGroup(of: Int64?.self) { group in
      for _ in 0..<6 {
        group.addTask {
          try await session.withTurn(until: Deadline(after: .seconds(10))) {
            () async throws(MongoError) in
            askers.come()
            defer { askers.go() }
            let answer = try await session.ask(
              .hello,
              at: .epoch,
              until: Deadline(after: .seconds(10))
            )
            return answer.reply["connectionId"]?.integer
          }
        }
      }
      return try await group.reduce(into: Set<Int64?>()) { $0.insert($1) }
    }
    #expect(numbers.count == 1 && askers.most == 1)
    await cluster.stop()
  }

  @Test func `a turn that does not come is given up in time, and when nobody wants it any more`()
    async throws
  {
    let session = session(0)
    let (begins, begun) = AsyncStream.makeStream(of: Void.self)
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    let holder = Task {
      try await session.withTurn(until: Deadline(after: .seconds(10))) {
        () async throws(MongoError) in
        begun.yield()
        for await _ in ends { break }
      }
    }
    for await _ in begins { break }
    let clock = ContinuousClock()
    let start = clock.now
    await #expect(throws: MongoError.timedOut(step: "turn", after: .milliseconds(50))) {
      try await session.withTurn(until: Deadline(after: .milliseconds(50))) {}
    }
    #expect(clock.now - start < .seconds(5))
    let waiting = Task {
      try await session.withTurn(until: Deadline(after: .seconds(60))) {}
    }
    waiting.cancel()
    await #expect(throws: MongoError.cancelled) { try await waiting.value }
    end.yield()
    try await holder.value
    try await session.withTurn(until: Deadline(after: .seconds(1))) {}
    await cluster.stop()
  }

  @Test func `all who watch are told when the process ends`() async throws {
    let told = AsyncStream.makeStream(of: String.self)
    let set = ReplicaSetCollector([endpoint(0)], using: connector, sharing: book)
    let member = MongoDBCollector(session(0))
    func poll(_ name: String) -> Poll {
      Poll(time: clock.now, timeout: .seconds(5)) { told.continuation.yield(name) }
    }
    #expect(try await member.collect(poll("member")).value("mongodb_up") == 1)
    #expect(try await set.collect(poll("set")).value("hvsmon_mongodb_set_primaries") == 1)
    await cluster.apply(.begin(.processDown(103)))
    var names: Set<String> = []
    for await name in told.stream {
      names.insert(name)
      if names.count == 2 { break }
    }
    #expect(names == ["member", "set"])
    await cluster.stop()
  }
}
