// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@testable import Simulator

/// The program in the place of ssh, called as a program.
@Suite(.timeLimit(.minutes(1))) struct ShellDoorTests {
  private let folder: TemporaryFolder
  private let clock = ManualTimeSource(tuesday)

  init() throws {
    folder = try TemporaryFolder()
  }

  private func process(_ program: String, _ address: String) throws -> ChildProcess {
    try ChildProcess(program, ["-T", "-o", "ConnectTimeout=3", "-l", "hvsmon", "--", address, "x"])
  }

  @Test func `failures end with status 255 and their text`() async throws {
    let cluster = try SimulatedCluster(clock: clock)
    let program = try cluster.openShell(in: folder.path)
    await cluster.apply(.begin(.shellDown(106)))
    await cluster.apply(.begin(.hostKeyChanged(108)))
    await cluster.apply(.begin(.loginRefused(102)))
    for (address, text) in [
      ("127.0.30.106", "Connection refused"),
      ("127.0.30.108", "REMOTE HOST IDENTIFICATION HAS CHANGED"),
      ("127.0.30.102", "Permission denied (publickey)."),
    ] {
      let process = try process(program, address)
      #expect(try await process.waitForExit() == .code(255), "\(text)")
      #expect(process.errorOutput.contains(text))
      #expect(process.output.isEmpty)
    }
    await cluster.stop()
  }

  @Test func `a host that is gone is known to be only after the time to connect`() async throws {
    let cluster = try SimulatedCluster(clock: clock)
    let program = try cluster.openShell(in: folder.path)
    await cluster.apply(.begin(.guestStopped(107)))
    let process = try process(program, "127.0.30.107")
    #expect(await eventually { cluster.shellSessionCount == 1 })
    #expect(process.exit == nil)
    clock.advance(by: .seconds(3))
    #expect(try await process.waitForExit() == .code(255))
    #expect(process.errorOutput.contains("port 22: Connection timed out"))
    await cluster.stop()
  }

  @Test func `an account whose input ends has been greeted, and ends well`() async throws {
    let cluster = try SimulatedCluster(clock: clock)
    let program = try cluster.openShell(in: folder.path)
    let process = try process(program, "127.0.30.107")
    #expect(try await process.waitForExit() == .code(0))
    #expect(process.output.contains("hvsmon-facts 1 ready\n"))
    await cluster.stop()
    #expect(cluster.shellSessionCount == 0)
  }

  @Test func `nobody is left waiting when the cluster stops`() async throws {
    let cluster = try SimulatedCluster(clock: clock)
    let program = try cluster.openShell(in: folder.path)
    await cluster.apply(.begin(.shellHung(107)))
    let processes = try (0..<20).map { _ in try process(program, "127.0.30.107") }
    #expect(await eventually { cluster.shellSessionCount == 20 })
    await cluster.stop()
    for process in processes { #expect(try await process.waitForExit() == .code(255)) }
    let late = try process(program, "127.0.30.107")
    #expect(try await late.waitForExit() == .code(255))
    #expect(late.errorOutput.contains("the simulated cluster is gone"))
  }

  @Test func `a folder that is taken already is refused`() async throws {
    let cluster = try SimulatedCluster(clock: clock)
    _ = try cluster.openShell(in: folder.path)
    #expect(throws: SimulatorError.self) { try cluster.openShell(in: folder.path) }
    await cluster.stop()
  }
}
