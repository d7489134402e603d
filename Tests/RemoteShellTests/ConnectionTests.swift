// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import RemoteShell

@Suite struct ConnectionTests {
  @Test func `many questions go over one process, one after the other`() async throws {
    let standIn = try await StandIn(
      """
      echo started >>"${0%/*}/starts"
      \(StandIn.greeting)
      while read -r line; do \(StandIn.answer("echo \"$1\"")); done
      """
    )
    let connections = try SSHConnections.limited { $0.questionsMax = 200 }
    let host = connections.host(standIn.destination)
    let answers = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<100 {
        group.addTask { await failure(of: host) == nil }
      }
      return await group.reduce(into: [Bool]()) { $0.append($1) }
    }
    #expect(answers == Array(repeating: true, count: 100))
    #expect(try String(contentsOfFile: standIn.folder.file("starts")) == "started\n")
    await connections.stop()
    #expect(processes(whoseCommandHolds: standIn.folder.path).isEmpty)
  }

  @Test func `a program that is missing is named`() async throws {
    let settings = try SSHSettings(
      user: "nobody",
      identityFile: "/nonexistent",
      knownHostsFile: "/nonexistent",
      program: "/nonexistent/ssh"
    )
    let connections = try SSHConnections.limited { _ in }
    let host = connections.host(try SSHDestination("192.0.2.1", settings))
    #expect(await failure(of: host) == .programMissing("/nonexistent/ssh"))
    await connections.stop()
  }

  @Test func `an answer beyond the limit ends the process`() async throws {
    let standIn = try await StandIn(
      """
      \(StandIn.greeting)
      while read -r line; do \(StandIn.answer("yes")); done
      """
    )
    let connections = try SSHConnections.limited { $0.answerBytesMax = 1 << 20 }
    let host = connections.host(standIn.destination)
    #expect(await failure(of: host) == .outputTooLarge(.output, limitBytes: 1 << 20))
    #expect(await eventually { processes(whoseCommandHolds: standIn.folder.path).isEmpty })
    await connections.stop()
  }

  @Test func `error output beyond the limit ends the process`() async throws {
    let standIn = try await StandIn("\(StandIn.greeting); read -r line; yes >&2")
    let connections = try SSHConnections.limited { $0.errorBytesMax = 10_000 }
    let host = connections.host(standIn.destination)
    #expect(await failure(of: host) == .outputTooLarge(.errorOutput, limitBytes: 10_000))
    #expect(await eventually { processes(whoseCommandHolds: standIn.folder.path).isEmpty })
    await connections.stop()
  }

  @Test func `a late answer costs the process, its group and no other question`() async throws {
    let standIn = try await StandIn(
      """
      trap '' TERM
      \(StandIn.greeting)
      while read -r line; do
        [ -e "${0%/*}/quick" ] || sh -c 'trap "" TERM; sleep 60; : "$0"' "$0"
        \(StandIn.answer("echo late"))
      done
      """
    )
    let connections = try SSHConnections.limited { $0.graceTime = .milliseconds(100) }
    let host = connections.host(standIn.destination)
    let clock = ContinuousClock()
    let start = clock.now
    let limit = Duration.milliseconds(400)
    #expect(
      await failure(of: host, timeout: limit) == .timedOut(during: .answering, after: limit)
    )
    #expect(clock.now - start < .seconds(10))
    _ = try standIn.folder.write("quick", "")
    #expect(await failure(of: host) == nil)
    await connections.stop()
    #expect(processes(whoseCommandHolds: standIn.folder.path).isEmpty)
  }

  @Test func `a far side that does not greet in time is no connection in time`() async throws {
    let standIn = try await StandIn("exec sleep 60")
    let connections = try SSHConnections.limited { $0.graceTime = .milliseconds(100) }
    let host = connections.host(standIn.destination)
    let limit = Duration.milliseconds(200)
    #expect(
      await failure(of: host, timeout: limit) == .timedOut(during: .connecting, after: limit)
    )
    await connections.stop()
    #expect(processes(whoseCommandHolds: standIn.folder.path).isEmpty)
  }

  @Test func `a question behind a slow one says that it only waited`() async throws {
    let standIn = try await StandIn(
      "\(StandIn.greeting); read -r line; echo asked >\"${0%/*}/asked\"; exec sleep 60"
    )
    let connections = try SSHConnections.limited { $0.graceTime = .milliseconds(50) }
    let host = connections.host(standIn.destination)
    async let first = failure(of: host, timeout: .seconds(3))
    #expect(await eventually { access(standIn.folder.file("asked"), R_OK) == 0 })
    let limit = Duration.milliseconds(300)
    let second = await failure(of: host, timeout: limit)
    #expect(second == .timedOut(during: .waiting, after: limit))
    #expect(await first == .timedOut(during: .answering, after: .seconds(3)))
    await connections.stop()
  }

  @Test func `an answer that breaks off is truncated, a far side that ends is named`() async throws
  {
    let cut = try await StandIn(
      "\(StandIn.greeting); read -r line; set -- $line; echo \"@@$2 begin 1 5\"; exit 0"
    )
    let ended = try await StandIn("echo 'sh: 1: pm2: not found' >&2; exit 127")
    let silent = try await StandIn("\(StandIn.greeting); read -r line; exit 255")
    let connections = try SSHConnections.limited { _ in }
    #expect(await failure(of: connections.host(cut.destination)) == .truncated)
    #expect(await failure(of: connections.host(ended.destination)) == .commandFailed(status: 127))
    #expect(await failure(of: connections.host(silent.destination)) == .connectionLost)
    await connections.stop()
  }

  @Test func `a cancelled question returns at once and leaves the connection in use`() async throws
  {
    let standIn = try await StandIn(
      """
      echo started >>"${0%/*}/starts"
      \(StandIn.greeting)
      while read -r line; do
        echo asked >>"${0%/*}/asked"
        while [ ! -e "${0%/*}/go" ]; do sleep 0.02; done
        \(StandIn.answer("echo x"))
      done
      """
    )
    let connections = try SSHConnections.limited { _ in }
    let host = connections.host(standIn.destination)
    let task = Task { await failure(of: host, timeout: .seconds(30)) }
    #expect(await eventually { access(standIn.folder.file("asked"), R_OK) == 0 })
    task.cancel()
    #expect(await task.value == .cancelled)
    _ = try standIn.folder.write("go", "")
    #expect(await failure(of: host) == nil)
    #expect(try String(contentsOfFile: standIn.folder.file("starts")) == "started\n")
    await connections.stop()
  }

  @Test func `more questions than may wait are refused`() async throws {
    let standIn = try await StandIn("exec sleep 60")
    let connections = try SSHConnections.limited { $0.questionsMax = 2 }
    let host = connections.host(standIn.destination)
    let errors = await withTaskGroup(of: RemoteShellError?.self) { group in
      for _ in 0..<3 {
        group.addTask { await failure(of: host, timeout: .milliseconds(300)) }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(errors.count { $0 == .queueFull(limit: 2) } == 1)
    await connections.stop()
    #expect(await failure(of: host) == .closed)
  }

  @Test func `a far side that stops reading costs no more than the deadline`() async throws {
    let standIn = try await StandIn("\(StandIn.greeting); exec <&-; sleep 60")
    let connections = try SSHConnections.limited { $0.graceTime = .milliseconds(50) }
    let host = connections.host(standIn.destination)
    let limit = Duration.milliseconds(500)
    #expect(
      await failure(of: host, timeout: limit) == .timedOut(during: .answering, after: limit)
    )
    await connections.stop()
    #expect(processes(whoseCommandHolds: standIn.folder.path).isEmpty)
  }

  @Test func `the last one who lets go ends the process`() async throws {
    let standIn = try await StandIn(
      "\(StandIn.greeting)\nwhile read -r line; do \(StandIn.answer("echo x")); done"
    )
    let connections = try SSHConnections.limited { _ in }
    var first: RemoteHost? = connections.host(standIn.destination)
    var second: RemoteHost? = connections.host(standIn.destination)
    if let first { #expect(await failure(of: first) == nil) }
    first = nil
    if let second { #expect(await failure(of: second) == nil) }
    #expect(processes(whoseCommandHolds: standIn.folder.path).count == 1)
    second = nil
    #expect(await eventually { processes(whoseCommandHolds: standIn.folder.path).isEmpty })
    await connections.stop()
  }

  @Test func `more hosts than allowed are refused, and starts are spread`() async throws {
    var standIns: [StandIn] = []
    for _ in 0..<3 {
      standIns.append(
        try await StandIn(
          "\(StandIn.greeting)\nwhile read -r line; do \(StandIn.answer("echo x")); done"
        )
      )
    }
    let connections = try SSHConnections.limited {
      $0.hostsMax = 2
      $0.startsMax = 1
    }
    let hosts = standIns.map { connections.host($0.destination) }
    async let first = failure(of: hosts[0])
    async let second = failure(of: hosts[1])
    #expect(await [first, second] == [nil, nil])
    #expect(await failure(of: hosts[2]) == .tooManyHosts(limit: 2))
    await connections.stop()
  }

  @Test func `the program inherits three pipes and nothing else`() async throws {
    let standIn = try await StandIn(
      """
      \(StandIn.greeting)
      while read -r line; do \(StandIn.answer("ls -l /proc/$$/fd; env")); done
      """
    )
    let connections = try SSHConnections.limited { _ in }
    let answer = try await connections.host(standIn.destination)
      .ask([.addresses], timeout: .seconds(5))
    let lines = String(decoding: answer.sections[0].output, as: UTF8.self).split(separator: "\n")
    // Descriptor 10 and above are the shell's own: its script.
    #expect(lines.count { $0.contains("pipe:[") } == 3)
    #expect(!lines.contains { $0.contains("socket:[") || $0.contains("anon_inode") })
    #expect(lines.contains("LC_ALL=C"))
    #expect(!lines.contains { $0.hasPrefix("SSH_") })
    await connections.stop()
  }
}

extension String {
  init(contentsOfFile path: String) throws {
    self = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }
}
