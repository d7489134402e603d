// SPDX-License-Identifier: MIT
import Daemon
import FoundationEssentials
import Glibc
import Logging
import Net
import Simulator

/// `hvsmon demo`.
enum DemoCommand: Command {
  static let name = "demo"
  static let summary = "watch a small simulated cluster fail and recover"
  static let help = """
    hvsmon demo [--for DURATION] [--listen ADDRESS:PORT] [--log-level LEVEL]

    Starts two nginx-like servers, an app and a chat room on loopback, and hvsmon watching them. A
    short story of faults goes round and round; what the chat room is sent is printed. Nothing
    outside this machine is asked, and everything is gone at the end.

    Ends after DURATION, or at Ctrl-C.

    Example: hvsmon demo --for 60s
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let length = try arguments.span("--for")
    let listen = try arguments.value("--listen") ?? "127.0.0.1:9820"
    let levelText = try arguments.value("--log-level") ?? LogLevel.error.rawValue
    guard let level = LogLevel(rawValue: levelText) else {
      throw UsageError(
        description: "--log-level is debug, info, warning or error, not \(levelText)"
      )
    }
    _ = try arguments.rest(atMost: 0)
    let stage: DemoStage
    do {
      stage = try DemoStage(listen: listen)
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

/// The simulated cluster, the chat room and the settings file of a demo.
final class DemoStage: Sendable {
  /// The settings that make hvsmon watch the stage.
  let configPath: String
  private let folder: String
  private let cluster: SimulatedCluster
  private let chat: ChatSink
  private let began = ContinuousClock().now

  init(listen: String) throws {
    let began = began
    cluster = try SimulatedCluster()
    chat = try ChatSink { text in DemoStage.print("chat", text, since: began) }
    folder = FileManager.default.temporaryDirectory.path + "/hvsmon-demo-\(getpid())"
    configPath = "\(folder)/hvsmon.yml"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(PackageResources.alerts_yml).write(to: URL(fileURLWithPath: "\(folder)/alerts.yml"))
    try Data(settings(listen: listen).utf8).write(to: URL(fileURLWithPath: configPath))
  }

  /// Prints a line of the story.
  func tell(_ text: String) {
    Self.print("story", text, since: began)
  }

  /// Lets the story happen, again and again, until the task is cancelled.
  func tellStory() async {
    let story = Story.failAndRecover
    var start = ContinuousClock().now
    while true {
      for event in story.events {
        do {
          try await Task.sleep(until: start.advanced(by: event.time), clock: .continuous)
        } catch {
          return
        }
        tell(event.narration)
        await event.happen(in: cluster)
      }
      start = start.advanced(by: story.length)
    }
  }

  /// Ends the servers and removes the files.
  func close() async {
    await cluster.stop()
    await chat.stop()
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      Terminal.complain("\(folder) could not be removed: \(error)")
    }
  }

  /// Everything goes as shipped, but for shorter intervals: a demo has only a minute.
  private func settings(listen: String) -> String {
    let balancers = cluster.loadBalancers.map {
      "{name: \($0.name), address: \"127.0.0.1:\($0.port)\"}"
    }
    return """
      cluster: {name: demo}
      architecture:
        tiers:
          - name: load-balancer
            members: [\(balancers.joined(separator: ", "))]
            nginx: {status: "http://{address}/nginx_status"}
          - name: app
            members: [{name: webapp1, address: "127.0.0.1:\(cluster.app.port)"}]
            http: {url: "http://{address}/"}
      poll: {interval: 2s, timeout: 1s}
      storage: {path: \(folder)/demo.sqlite, retention: 1d}
      http: {listen: "\(listen)"}
      rules: [alerts.yml]
      notifications:
        route: {receiver: chat, group_by: [alertname, tier]}
        receivers:
          - name: chat
            slack: [{webhook_url: "\(chat.webhookURL)"}]
      """
  }

  private static func print(_ who: String, _ text: String, since began: ContinuousClock.Instant) {
    let seconds = (ContinuousClock().now - began).components.seconds
    let time = String(repeating: " ", count: max(0, 4 - String(seconds).count)) + "\(seconds) s"
    for (index, line) in text.split(separator: "\n").enumerated() {
      Terminal.print(index == 0 ? "\(time)  \(who)  \(line)" : "               \(line)")
    }
  }
}
