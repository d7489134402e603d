// SPDX-License-Identifier: MIT
import Daemon
import Glibc
import Logging

/// `hvsmon serve`.
enum ServeCommand: Command {
  static let name = "serve"
  static let summary = "run the daemon"
  static let help = """
    hvsmon serve [--config FILE] [--log-level debug|info|warning|error]

    Polls, stores, evaluates rules, sends messages and answers HTTP until SIGTERM or SIGINT.
    SIGHUP loads the settings anew; a faulty file keeps the old ones.

    Exit status: 0 stopped by a signal, 1 the settings have faults, 2 it could not start.

    Example: hvsmon serve --config /etc/hvsmon/hvsmon.yml
    """

  /// A stop takes at most this long.
  private static let stopGrace = Duration.seconds(5)
  /// How long memory that a large answer needed may stay with the process.
  private static let memoryInterval = Duration.seconds(60)

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    MemoryThrift.beginServing()
    var arguments = arguments
    let config = try arguments.value("--config") ?? SettingsLoader.standardPath
    let levelText = try arguments.value("--log-level") ?? LogLevel.info.rawValue
    guard let level = LogLevel(rawValue: levelText) else {
      throw UsageError(
        description: "--log-level is debug, info, warning or error, not \(levelText)"
      )
    }
    _ = try arguments.rest(atMost: 0)
    let logger = Logger(area: "daemon", threshold: level)
    let signals = SignalStream([SIGTERM, SIGINT, SIGHUP])
    let monitor: Monitor
    do throws(StartFailure) {
      monitor = try await Monitor.start(Program.plan(config: config, logger: logger))
    } catch {
      Terminal.complain(error.description)
      return error.exitStatus
    }
    let thrift = Task { await MemoryThrift.giveBack(every: memoryInterval) }
    defer { thrift.cancel() }
    for await signal in signals.stream {
      guard signal == SIGHUP else { break }
      _ = await monitor.reload()
    }
    await monitor.stop(grace: stopGrace)
    withExtendedLifetime(signals) {}
    return 0
  }
}
