// SPDX-License-Identifier: MIT
import MetricModel

/// The list of PM2 as `pm2 jlist` prints it (PM2 7), with everything in it that a real one has.
extension HostFace {
  /// How far apart an app that restarts again and again does so.
  static let restartPace = Duration.seconds(5)
  private static let version = "7.0.3"

  /// The daemon's process.
  var daemonID: Int { processID("pm2", since: world.startedAt(guest, at: now)) }

  /// What facts.sh prints before the list, and the list; another account has no daemon.
  var processList: Section {
    guard guest.role == .app, user == ClusterPlan.appUser else { return .notRunning }
    let list = ReplyTree.list([process])
    return Section(
      Array("daemon \(daemonID) \(Self.version)\n".utf8) + list.bytes + Array("\n".utf8)
    )
  }

  /// When the app's process was started last, and how often since the daemon began.
  private var run: (start: Timestamp, restarts: Int) {
    let boot = world.startedAt(guest, at: now)
    var start = boot
    var restarts = 0
    for period in world.periods where period.begin <= now && period.begin >= boot {
      let end = min(period.end ?? now, now)
      switch period.fault {
      case .processRestarts(guest.vmID):
        let count = 1 + (end - period.begin).milliseconds / Self.restartPace.milliseconds
        restarts += Int(count)
        start = max(start, period.begin + Self.restartPace * Int(count - 1))
      case .processDown(guest.vmID):
        guard let end = period.end, end <= now else { continue }
        restarts += 1
        start = max(start, end)
      default: break
      }
    }
    return (start, restarts)
  }

  private var process: ReplyTree {
    let isOnline = world.isServing(guest, at: now)
    let (start, restarts) = run
    let figures = world.figures(of: guest, at: now)
    let memory = Int64(world.noise.value(in: 118_000_000...131_000_000, "pm2/\(guest.vmID)"))
    let secrets = SimulatedSecrets.environment
    var environment: ReplyTree = [
      "name": .text(ClusterPlan.appProcess), "namespace": "default", "merge_logs": .boolean(true),
      "autorestart": .boolean(true), "username": .text(ClusterPlan.appUser),
      "pm_exec_path": "/srv/webapp/server.js", "pm_cwd": "/srv/webapp",
      "exec_interpreter": "node", "exec_mode": "fork_mode", "instances": 1,
      "pm_out_log_path": "/home/app/.pm2/logs/webapp-out.log",
      "pm_err_log_path": "/home/app/.pm2/logs/webapp-error.log",
      "pm_pid_path": "/home/app/.pm2/pids/webapp-0.pid",
      "node_args": [], "pm_id": 0, "status": .text(isOnline ? "online" : "stopped"),
      "pm_uptime": .integer(start.unixMilliseconds), "created_at": .integer(start.unixMilliseconds),
      "restart_time": .integer(restarts), "unstable_restarts": 0,
      "exit_code": .integer(restarts > 0 ? 1 : 0),
      "version": "1.4.2", "node_version": "20.20.2", "prev_restart_delay": 0,
      "max_memory_restart": 1_073_741_824, "axm_monitor": isOnline ? figureList : [:],
      "axm_dynamic": [:],
    ]
    // An application's environment stands there twice: flat, and under `env`.
    environment = environment.adding(secrets).adding(["env": secrets])
    return [
      "pid": .integer(isOnline ? processID("app", since: start) : 0),
      "name": .text(ClusterPlan.appProcess), "pm2_env": environment, "pm_id": 0,
      "monit": [
        "memory": .integer(isOnline ? memory : 0),
        "cpu": .number(isOnline ? (figures.cpuRatio * 1_000).rounded() / 10 : 0),
      ],
      // What facts.sh adds.
      "build_id": "q7Hn3vXcPzL0w2sKd9Yte",
    ]
  }

  /// PM2 writes some numbers as texts.
  private var figureList: ReplyTree {
    let step = now.wholeSeconds / 10
    func value(_ name: String, _ range: ClosedRange<Double>) -> Double {
      (world.noise.value(in: range, "pm2/\(guest.vmID)/\(name)", step) * 100).rounded() / 100
    }
    func figure(_ value: ReplyTree, _ unit: String?, _ type: String) -> ReplyTree {
      let figure: ReplyTree = ["historic": .boolean(true), "type": .text(type), "value": value]
      return unit.map { figure.adding(["unit": .text($0)]) } ?? figure
    }
    return [
      "Used Heap Size": figure(
        .text("\(value("heap", 51...64))"),
        "MiB",
        "internal/v8/heap/used"
      ),
      "Heap Size": figure(.text("72.4"), "MiB", "internal/v8/heap/total"),
      "Event Loop Latency": figure(
        .text("\(value("loop", 0.3...0.6))"),
        "ms",
        "internal/libuv/latency/p50"
      ),
      "Event Loop Latency p95": figure(
        .text("\(value("p95", 1.2...2.4))"),
        "ms",
        "internal/libuv/latency/p95"
      ),
      "Active handles": figure(5, nil, "internal/libuv/handles"),
      "Active requests": figure(0, nil, "internal/libuv/requests"),
      "HTTP": figure(.number(value("rate", 70...95)), "req/min", "internal/http/builtin/reqs"),
      "HTTP Mean Latency": figure(12, "ms", "internal/http/builtin/latency/p50"),
      "HTTP P95 Latency": figure(48, "ms", "internal/http/builtin/latency/p95"),
    ]
  }
}

/// Secrets in the environment of a simulated app: nothing of them may leave whoever reads it.
package enum SimulatedSecrets {
  /// What every secret begins with, and nothing else in a simulation has.
  package static let mark = "CANARY-"

  static let environment: ReplyTree = [
    "NODE_ENV": "production", "PORT": "3000",
    "DATABASE_URL": .text("mongodb://app:\(mark)DATABASE@127.0.30.103:27017/shop"),
    "SESSION_SECRET": .text("\(mark)SESSION"), "JWT_SECRET": .text("\(mark)JWT"),
    "PAYMENT_API_KEY": .text("\(mark)PAYMENT"), "SMTP_PASSWORD": .text("\(mark)SMTP"),
  ]
}
