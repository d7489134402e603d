// SPDX-License-Identifier: MIT
import Daemon
import Glibc
import Logging
import Net
import Simulator

/// `hvsmon demo`.
enum DemoCommand: Command {
  static let name = "demo"
  static let summary = "watch a simulated cluster fail and recover"
  static let help = """
    hvsmon demo [--scenario NAME] [--speed N] [--nodes N] [--guests N] [--seed N] [--for DURATION]
                [--listen ADDRESS:PORT] [--log-level LEVEL]
    hvsmon demo --list

    Starts a simulated Proxmox cluster with load balancers, apps and a chat room on loopback, and
    hvsmon watching them. A scenario of faults goes round and round; what the chat room is sent is
    printed. Nothing outside this machine is asked, and everything is gone at the end.

    --list        prints the scenarios
    --scenario    chooses one
    --speed       lets its events come N times as fast, 0.1 to 100
    --nodes       how many nodes the cluster has, 3 to \(ClusterPlan.nodesMax)
    --guests      how many guests, 9 to \(ClusterPlan.guestsMax)
    --seed        equal seeds make equal clusters

    Ends after DURATION, or at Ctrl-C.

    Example: hvsmon demo --for 60s
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    if arguments.flag("--list") {
      _ = try arguments.rest(atMost: 0)
      listScenarios()
      return 0
    }
    let length = try arguments.span("--for")
    let wish = try DemoWish(taking: &arguments)
    let levelText = try arguments.value("--log-level") ?? LogLevel.error.rawValue
    guard let level = LogLevel(rawValue: levelText) else {
      throw UsageError(
        description: "--log-level is debug, info, warning or error, not \(levelText)"
      )
    }
    _ = try arguments.rest(atMost: 0)
    let stage: DemoStage
    do {
      stage = try DemoStage(wish)
    } catch {
      Terminal.complain("the demo cannot set up its stage: \(error)")
      return 2
    }
    let status = await play(
      on: stage,
      length: length,
      logger: Logger(area: "demo", threshold: level)
    )
    await stage.close()
    return status
  }

  private static func listScenarios() {
    let width = Scenario.all.map(\.name.count).max() ?? 0
    for scenario in Scenario.all {
      let blanks = String(repeating: " ", count: width - scenario.name.count)
      Terminal.print("\(scenario.name)\(blanks)  \(scenario.summary)")
    }
  }

  private static func play(on stage: DemoStage, length: Duration?, logger: Logger) async -> Int32 {
    let signals = SignalStream([SIGTERM, SIGINT])
    let monitor: Monitor
    do throws(StartFailure) {
      monitor = try await Monitor.start(Program.plan(config: stage.configPath, logger: logger))
    } catch {
      Terminal.complain(error.description)
      return error.exitStatus
    }
    stage.tell("hvsmon watches; its metrics are at http://127.0.0.1:\(monitor.port)/metrics")
    stage.tell("the Proxmox API of \(stage.firstNode.name) is at \(stage.firstNode.url)")
    let stream = signals.stream
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await stage.tellStory() }
      group.addTask {
        for await _ in stream { return }
      }
      if let length {
        // Ends early only when the group is cancelled, which is the end of the demo as well.
        group.addTask { try? await Task.sleep(for: length) }
      }
      await group.next()
      group.cancelAll()
    }
    await monitor.stop(grace: .seconds(2))
    withExtendedLifetime(signals) {}
    return 0
  }
}
