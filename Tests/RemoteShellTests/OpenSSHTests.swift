// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import RemoteShell

@Suite(.enabled(if: RealSSHD.program != nil)) struct OpenSSHTests {
  private func facts() -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path + "/deploy/facts.sh"
  }

  private func client(_ host: SSHDestination) -> Int? {
    processes(whoseCommandHolds: host.settings.knownHostsFile).first
  }

  @Test func `an account without the script is sent it once and asked over one login`() async throws
  {
    let sshd = try await RealSSHD()
    try await sshd.start()
    let connections = try SSHConnections.limited { _ in }
    let host = connections.host(try sshd.destination())
    let answer = try await host.ask(
      [.addresses, .processes(of: .nginx), try .unit("nginx.service")],
      timeout: .seconds(8)
    )
    #expect(answer.sections.count == 3)
    #expect(answer.sections[0].outcome == .good)
    #expect(String(decoding: answer.sections[0].output, as: UTF8.self).hasPrefix("[{\"ifindex\""))
    for _ in 0..<20 { _ = try await host.ask([.processes(of: .nginx)], timeout: .seconds(5)) }
    #expect(sshd.logins == 1)
    await connections.stop()
    #expect(client(try sshd.destination()) == nil)
    try await sshd.stop()
  }

  @Test func `a locked account answers alike and runs nothing else`() async throws {
    let sshd = try await RealSSHD(account: "restrict,command=\"/bin/sh \(facts())\"")
    try await sshd.start()
    let destination = try sshd.destination()
    let connections = try SSHConnections.limited { _ in }
    let answer = try await connections.host(destination).ask([.addresses], timeout: .seconds(8))
    #expect(String(decoding: answer.sections[0].output, as: UTF8.self).hasPrefix("[{\"ifindex\""))
    await connections.stop()
    for command in ["id", "ask 0123456789abcdef addresses; id", "ask 0123456789abcdef `id`"] {
      let arguments = destination.arguments(command: command)
      let ssh = try ChildProcess("/usr/bin/ssh", arguments)
      _ = try await ssh.waitForExit()
      #expect(!ssh.output.contains("uid="), "\(command)")
    }
    let arguments = destination.arguments(command: "ask 0123456789abcdef addresses")
    var once = try ChildProcess("/usr/bin/ssh", arguments)
    // A login has seconds only, which a busy machine may take for other things.
    for _ in 0..<3 where try await once.waitForExit() != .code(0) {
      once = try ChildProcess("/usr/bin/ssh", arguments)
    }
    #expect(try await once.waitForExit() == .code(0), "\(once.errorOutput)")
    #expect(once.output.contains("@@0123456789abcdef end 1 0"))
    try await sshd.stop()
  }

  @Test func `a killed client is noticed at once and replaced`() async throws {
    let sshd = try await RealSSHD()
    try await sshd.start()
    let destination = try sshd.destination()
    let connections = try SSHConnections.limited { _ in }
    let host = connections.host(destination)
    let told = Mutex(0)
    let tell: @Sendable () -> Void = { told.withLock { $0 += 1 } }
    _ = try await host.ask([.processes(of: .nginx)], timeout: .seconds(8), onClose: tell)
    let first = try #require(client(destination))
    kill(pid_t(first), SIGKILL)
    #expect(await eventually { told.withLock { $0 } == 1 })
    #expect(await failure(of: host, timeout: .seconds(8)) == nil)
    #expect(client(destination) != first)
    #expect(sshd.logins == 2)
    // The far side's end of it is noticed as well.
    _ = try await host.ask([.processes(of: .nginx)], timeout: .seconds(8), onClose: tell)
    try await sshd.stop()
    #expect(await eventually { told.withLock { $0 } == 2 })
    #expect(await failure(of: host, timeout: .seconds(8)) == .refused)
    await connections.stop()
  }

  @Test func `a frozen sshd fails in time, before and after the login`() async throws {
    let sshd = try await RealSSHD()
    try await sshd.start()
    let connections = try SSHConnections.limited { $0.graceTime = .milliseconds(100) }
    let host = connections.host(try sshd.destination())
    #expect(await failure(of: host, timeout: .seconds(8)) == nil)
    sshd.send(SIGSTOP)
    let clock = ContinuousClock()
    let start = clock.now
    let limit = Duration.milliseconds(700)
    let late = await failure(of: host, timeout: limit)
    #expect(late == .timedOut(during: .answering, after: limit))
    let early = await failure(of: host, timeout: limit)
    #expect(early == .timedOut(during: .connecting, after: limit))
    #expect(clock.now - start < .seconds(6))
    // Given more time, ssh itself says what is wrong.
    #expect(await failure(of: host, timeout: .seconds(6)) == .bannerTimeout)
    #expect(clock.now - start < .seconds(14))
    sshd.send(SIGCONT)
    #expect(await failure(of: host, timeout: .seconds(8)) == nil)
    await connections.stop()
    try await sshd.stop()
  }

  @Test func `each way of being turned away has its own error`() async throws {
    let sshd = try await RealSSHD()
    try await sshd.start()
    let connections = try SSHConnections.limited { _ in }
    func error(_ destination: SSHDestination) async -> RemoteShellError? {
      await failure(of: connections.host(destination), timeout: .seconds(8))
    }
    #expect(await error(try sshd.destination(identity: "other")) == .authenticationRefused)
    let missing = try sshd.destination(identity: "missing")
    #expect(await error(missing) == .keyFileUnusable(.missing))
    chmod(sshd.folder.file("identity"), 0o644)
    #expect(await error(try sshd.destination()) == .keyFileUnusable(.readableByOthers))
    chmod(sshd.folder.file("identity"), 0o600)
    try sshd.pin(hostKey: "other")
    #expect(await error(try sshd.destination()) == .hostKeyChanged)
    _ = try sshd.folder.write("known_hosts", "")
    #expect(await error(try sshd.destination()) == .hostKeyUnknown)
    try await sshd.stop()
    #expect(await error(try sshd.destination()) == .refused)
    await connections.stop()
  }

  @Test func `what listens there may not be ssh, or share no algorithm`() async throws {
    let sshd = try await RealSSHD(settings: "KexAlgorithms diffie-hellman-group1-sha1")
    try await sshd.start()
    let connections = try SSHConnections.limited { _ in }
    let strange = connections.host(try sshd.destination())
    #expect(await failure(of: strange, timeout: .seconds(8)) == .noCommonAlgorithm)
    let web = try RawServer(.read(4))
    let other = connections.host(try sshd.destination(port: Int(web.port)))
    #expect(await failure(of: other, timeout: .seconds(8)) == .notSSH)
    await connections.stop()
    try await sshd.stop()
  }

  @Test func `a connection that grew old is renewed`() async throws {
    let sshd = try await RealSSHD()
    try await sshd.start()
    let connections = try SSHConnections.limited { $0.lifetime = .milliseconds(1) }
    let host = connections.host(try sshd.destination())
    for _ in 0..<2 { #expect(await failure(of: host, timeout: .seconds(8)) == nil) }
    #expect(sshd.logins == 2)
    await connections.stop()
    try await sshd.stop()
  }

  @Test func `many hosts at once answer and leave no process behind`() async throws {
    let sshd = try await RealSSHD()
    try await sshd.start()
    let connections = try SSHConnections.limited { $0.questionsMax = 64 }
    let hosts = try (1...3).map { connections.host(try sshd.destination("127.0.0.\($0)")) }
    let errors = await withTaskGroup(of: RemoteShellError?.self) { group in
      for host in hosts {
        for _ in 0..<20 { group.addTask { await failure(of: host, timeout: .seconds(20)) } }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(errors == Array(repeating: nil, count: 60))
    #expect(sshd.logins == 3)
    #expect(processes(whoseCommandHolds: sshd.folder.file("known_hosts")).count == 3)
    await connections.stop()
    #expect(processes(whoseCommandHolds: sshd.folder.file("known_hosts")).isEmpty)
    // The far side's shells end with their input.
    #expect(await eventually { sshd.processIDs.count == 1 })
    try await sshd.stop()
  }

  @Test func `words of a login script do no harm`() async throws {
    let noise = "printf 'Welcome to the machine'; exec /bin/sh \(facts())"
    let sshd = try await RealSSHD(account: "restrict,command=\"\(noise)\"")
    try await sshd.start()
    let connections = try SSHConnections.limited { _ in }
    let host = connections.host(try sshd.destination())
    #expect(await failure(of: host, timeout: .seconds(8)) == nil)
    await connections.stop()
    try await sshd.stop()
  }
}
