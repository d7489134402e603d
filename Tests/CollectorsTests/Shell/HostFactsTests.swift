// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Polling
import RemoteShell
import TestSupport
import Testing

@testable import Collectors

@Suite struct HostFactsTests {
  private static let address = "192.0.2.7"

  /// What a load of the settings gives collectors, over hosts that stand in for real ones.
  private struct Load {
    let hosts: FactsHosts
    let services: CollectorServices
    let facts: HostFacts

    init() async throws {
      hosts = try await FactsHosts()
      try hosts.answer(address, "addresses", "[]")
      try hosts.answer(address, "pm2", "[]\n")
      try hosts.answer(address, "nginx-config", "# newest 5\n")
      services = CollectorServices(http: HTTPClient(userAgent: "test"))
      let tree = SettingsTree(parsing: Array(hosts.settings.utf8), file: "f")
      let (_, declared) = tree.readSettings()
      facts = try #require(try HostBook.shared(declared, services).facts(at: address))
      // The book is one for all, and so is the host.
      #expect(try HostBook.shared(declared, services).facts(at: address) === facts)
      #expect(try HostBook.shared(declared, services).facts(at: address, as: "app") !== facts)
      #expect(throws: SSHSettingsFault.address) {
        _ = try HostBook.shared(declared, services).facts(at: "-oProxyCommand=id")
      }
    }

    func end() async {
      await services.stop()
      await services.http.close()
    }
  }

  private static func poll(_ seconds: Int64, isAsked: Bool = false) -> Poll {
    Poll(
      time: Timestamp(unixMilliseconds: seconds * 1_000),
      timeout: .seconds(5),
      isAsked: isAsked
    )
  }

  @Test func `collectors that are polled together ask one question`() async throws {
    let load = try await Load()
    let shares = [RemoteCommand.addresses, .pm2List, .nginxConfiguration].map { command in
      load.facts.share(every: .seconds(10)) { _ in [command] }
    }
    #expect(Set(shares.map(\.slotKey)).count == 1)
    try await withThrowingTaskGroup(of: RemoteSection?.self) { group in
      for (share, command) in zip(shares, [RemoteCommand.addresses, .pm2List, .nginxConfiguration])
      {
        group.addTask { try await share.ask(Self.poll(1))[command] }
      }
      for try await section in group { #expect(section?.outcome == .good) }
    }
    #expect(
      load.hosts.questions(Self.address).map(Set.init) == [["addresses", "pm2", "nginx-config"]]
    )
    // Who asks again asks the host again; what the others want is not due yet.
    let again = try await shares[1].ask(Self.poll(2))
    #expect(again[.pm2List]?.outcome == .good && again[.addresses] == nil)
    #expect(again.unixSeconds == 1_795_455_400)
    #expect(load.hosts.questions(Self.address).last == ["pm2"])
    await load.end()
  }

  @Test func `an answer to a question is never older than it`() async throws {
    let load = try await Load()
    let first = load.facts.share(every: .seconds(10)) { _ in [.addresses] }
    let second = load.facts.share(every: .seconds(10)) { _ in [.pm2List] }
    _ = try await first.ask(Self.poll(1))
    // The answer holds the second's part, but was asked for before the question came.
    _ = try await second.ask(Self.poll(2, isAsked: true))
    #expect(load.facts.roundCount == 2)
    // The first was asked for as well, in the same moment.
    _ = try await first.ask(Self.poll(2, isAsked: true))
    #expect(load.facts.roundCount == 2)
    await load.end()
  }

  @Test func `wishes follow the time, and what does not fit waits for its own poll`() async throws {
    let load = try await Load()
    let units = try (0..<16).map { try RemoteCommand.unit("pm2-user\($0).service") }
    let small = load.facts.share(every: .seconds(10)) { time in
      time.unixMilliseconds < 2_000 ? [.addresses] : [.nginxConfiguration]
    }
    let large = load.facts.share(every: .seconds(10)) { _ in units }
    _ = try await small.ask(Self.poll(1))
    #expect(load.hosts.questions(Self.address) == [["addresses"]])
    _ = try await large.ask(Self.poll(1))
    _ = try await small.ask(Self.poll(2))
    #expect(load.hosts.questions(Self.address).map(\.count) == [1, 16, 1])
    #expect(load.hosts.questions(Self.address).last == ["nginx-config"])
    await load.end()
  }

  @Test func `a host that refuses fails all who wait, and one who gives up leaves the rest`()
    async throws
  {
    let load = try await Load()
    let first = load.facts.share(every: .seconds(10)) { _ in [.addresses] }
    let second = load.facts.share(every: .seconds(10)) { _ in [.pm2List] }
    _ = try await first.ask(Self.poll(0))
    try load.hosts.remove(Self.address)
    let failure = await #expect(throws: CollectionError.self) {
      _ = try await first.ask(Self.poll(1))
    }
    #expect(failure != .cancelled)
    let refused = await #expect(throws: CollectionError.self) {
      _ = try await second.ask(Self.poll(9, isAsked: true))
    }
    #expect(refused?.kind == "refused", "\(String(describing: refused))")
    let given = Task { try await first.ask(Self.poll(10)) }
    given.cancel()
    let gone = await #expect(throws: CollectionError.self) { _ = try await given.value }
    #expect(gone == .cancelled || gone?.kind == "refused")
    await load.end()
    let stopped = await #expect(throws: CollectionError.self) {
      _ = try await first.ask(Self.poll(11))
    }
    #expect(stopped == .cancelled)
  }
}
