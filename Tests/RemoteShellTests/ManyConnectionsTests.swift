// SPDX-License-Identifier: MIT
import Glibc
import TestSupport
import Testing

@testable import RemoteShell

@Suite struct ManyConnectionsTests {
  /// The address that the far side was called by.
  private static let ownAddress = "while [ \"$1\" != -- ]; do shift; done; host=$2"

  /// So many hosts, all played by one script.
  private func destinations(_ count: Int, of standIn: StandIn) throws -> [SSHDestination] {
    try (1...count).map { try SSHDestination("192.0.2.\($0)", standIn.destination.settings) }
  }

  private func output(of host: RemoteHost) async throws -> String {
    let answer = try await host.ask([.addresses], timeout: .seconds(60))
    return String(decoding: answer.sections[0].output, as: UTF8.self)
  }

  @Test func `each of many hosts answers its own questions`() async throws {
    let standIn = try await StandIn(
      """
      \(Self.ownAddress)
      \(StandIn.greeting)
      while read -r line; do \(StandIn.answer("echo \"$host\"")); done
      """
    )
    let connections = try SSHConnections.limited { _ in }
    let hosts = try destinations(40, of: standIn).map { connections.host($0) }
    for _ in 0..<3 {
      let wrong = try await withThrowingTaskGroup(of: Bool.self) { group in
        for host in hosts {
          group.addTask { try await output(of: host) != "\(host.destination.address)\n" }
        }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(wrong == 0)
    }
    #expect(processes(whoseCommandHolds: standIn.folder.path).count == hosts.count)
    await connections.stop()
    #expect(processes(whoseCommandHolds: standIn.folder.path).isEmpty)
  }

  @Test func `a host that does not greet holds up the next start only until its time is over`()
    async throws
  {
    let standIn = try await StandIn(
      """
      \(Self.ownAddress)
      [ "$host" != 192.0.2.1 ] || { echo >"${0%/*}/first"; exec sleep 60; }
      \(StandIn.greeting)
      while read -r line; do \(StandIn.answer("echo \"$host\"")); done
      """
    )
    let connections = try SSHConnections.limited {
      $0.startsMax = 1
      $0.greetingTime = .seconds(2)
      $0.graceTime = .milliseconds(50)
    }
    let hosts = try destinations(6, of: standIn).map { connections.host($0) }
    async let silent = failure(of: hosts[0], timeout: .seconds(60))
    #expect(await eventually { access(standIn.folder.file("first"), R_OK) == 0 })
    // In line, and gone before their turn.
    let impatient = Task { await failure(of: hosts[1], timeout: .seconds(60)) }
    let late = await failure(of: hosts[2], timeout: .milliseconds(20))
    #expect(late == .timedOut(during: .connecting, after: .milliseconds(20)))
    impatient.cancel()
    #expect(await impatient.value == .cancelled)
    let answers = try await withThrowingTaskGroup(of: String.self) { group in
      for host in hosts[3...] { group.addTask { try await output(of: host) } }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(answers == ["192.0.2.4\n", "192.0.2.5\n", "192.0.2.6\n"])
    #expect(await silent == .timedOut(during: .connecting, after: .seconds(2)))
    // Those that lost their place can still be asked.
    #expect(try await output(of: hosts[1]) == "192.0.2.2\n")
    #expect(try await output(of: hosts[2]) == "192.0.2.3\n")
    await connections.stop()
  }

  @Test func `a script that the pipe does not take at once is sent to its last byte`() async throws
  {
    let size = 300_000
    let standIn = try await StandIn(
      """
      echo 'hvsmon-facts 1 send'
      while [ ! -e "${0%/*}/go" ]; do sleep 0.02; done
      head -c \(size) | wc -c >"${0%/*}/size"
      \(StandIn.greeting)
      while read -r line; do \(StandIn.answer("cat \"${0%/*}/size\"")); done
      """
    )
    var limits = ShellLimits()
    limits.greetingTime = .seconds(60)
    let script = [UInt8](repeating: UInt8(ascii: "#"), count: size)
    let connections = try #require(SSHConnections(limits: limits, script: script))
    let host = connections.host(standIn.destination)
    let task = Task { try await output(of: host) }
    #expect(await eventually { processes(whoseCommandHolds: standIn.folder.path).count == 1 })
    _ = try standIn.folder.write("go", "")
    #expect(try await task.value == "\(size)\n")
    #expect(try await output(of: host) == "\(size)\n")
    await connections.stop()
  }
}
