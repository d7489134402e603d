// SPDX-License-Identifier: MIT
import MetricModel

/// PM2's list of processes, of which only the fields named here are kept.
///
/// `pm2 jlist` prints every process' environment twice, flat among its own fields: nothing is read
/// that is not named here, and what an application's variable may have taken the place of must have
/// the form of what belongs there. Source: PM2's `lib/God/ActionMethods.js`.
struct PM2Reply: Equatable, Sendable {
  /// Processes that are read.
  static let processesMax = 1_000

  /// The daemon's version, when it was told.
  let version: String?
  /// The list was made by a daemon that was started for it: none ran before.
  let isOfNewDaemon: Bool
  /// In the order of the list, without PM2's own modules.
  let processes: [PM2Process]

  /// Reads `daemon PID VERSION`, if it stands there, and the list.
  ///
  /// - Parameter text: The section's output, or all that `pm2 jlist` printed.
  /// - Throws: ``HostReplyFault`` when no line of it is a list of processes.
  init(reading text: [UInt8]) throws(HostReplyFault) {
    let lines = text.split(separator: 0x0a)
    // What PM2 says of itself begins with a bracket as well.
    let candidates = lines.filter { $0.first == UInt8(ascii: "[") && !$0.starts(with: Self.own) }
    guard let list = candidates.last else { throw .shape(expected: "a list of processes") }
    guard case .list(let items) = try HostReplyFault.tree(of: Array(list)) else {
      throw .shape(expected: "a list of processes")
    }
    guard items.count <= Self.processesMax else {
      throw .shape(expected: "at most \(Self.processesMax) processes")
    }
    var processes: [PM2Process] = []
    for item in items where item["pm2_env"]?["pmx_module"]?.bool != true {
      processes.append(try PM2Process(reading: item))
    }
    guard Set(processes.map(\.key)).count == processes.count else {
      throw .shape(expected: "a list that names each process once")
    }
    self.processes = processes
    isOfNewDaemon = lines.contains { $0.starts(with: Array("[PM2] Spawning".utf8)) }
    let first = lines.first.map { String(decoding: $0.prefix(200), as: UTF8.self) } ?? ""
    let words = first.split(separator: " ")
    version =
      words.count == 3 && words[0] == "daemon" ? PM2Process.word(String(words[2])) : nil
  }

  private static let own = Array("[PM2]".utf8)
}

/// One process that PM2 runs.
struct PM2Process: Equatable, Sendable {
  /// PM2's own words for states.
  enum State: String, CaseIterable, Sendable {
    case online
    case launching
    case waitingRestart = "waiting restart"
    case stopping
    case stopped
    case errored
    case oneLaunch = "one-launch-status"
    /// A word that is none of these.
    case other
  }

  /// How PM2 runs it.
  enum Mode: String, CaseIterable, Sendable {
    case fork
    case cluster
  }

  /// A process has a name and a number in its daemon; several may share the name.
  struct Key: Hashable, Sendable {
    let name: String
    let id: Int64
  }

  let key: Key
  let state: State
  let mode: Mode?
  let namespace: String?
  /// Of the running process alone, in bytes; nil when it does not run.
  let memoryBytes: Double?
  /// Share of one core since anybody asked last; nil when it does not run.
  let cpuRatio: Double?
  let restarts: Double?
  let unstableRestarts: Double?
  /// When the run of now began; nil when it does not run.
  let startSeconds: Double?
  /// How the last run ended.
  let exitCode: Double?
  /// PM2 starts it anew past this.
  let memoryLimitBytes: Double?
  /// Of its package.json.
  let version: String?
  let nodeVersion: String?
  /// Of its Next.js build.
  let build: String?
  /// The figures that the process itself gave, by PM2's names for them.
  let figures: [PM2Figure: Double]

  init(reading item: JSONTree) throws(HostReplyFault) {
    guard let name = item["name"]?.string, let id = item["pm_id"]?.int else {
      throw .shape(expected: "a process with name and pm_id")
    }
    let environment = item["pm2_env"] ?? .null
    key = Key(name: String(name.prefix(200)), id: id)
    state = environment["status"]?.string.map { State(rawValue: $0) ?? .other } ?? .other
    mode =
      switch environment["exec_mode"]?.string {
      case "fork_mode", "fork": .fork
      case "cluster_mode", "cluster": .cluster
      default: nil
      }
    namespace = environment["namespace"]?.string.flatMap(Self.word)
    let runs = state == .online
    let isStarted = runs || state == .launching || state == .stopping
    memoryBytes = runs ? Self.amount(item["monit"]?["memory"]) : nil
    cpuRatio = runs ? Self.amount(item["monit"]?["cpu"]).map { $0 / 100 } : nil
    restarts = Self.amount(environment["restart_time"])
    unstableRestarts = Self.amount(environment["unstable_restarts"])
    startSeconds = isStarted ? Self.amount(environment["pm_uptime"]).map { $0 / 1_000 } : nil
    exitCode = environment["exit_code"]?.int.map(Double.init)
    memoryLimitBytes = Self.amount(environment["max_memory_restart"])
    version = environment["version"]?.string.flatMap(Self.word).flatMap { $0 == "N/A" ? nil : $0 }
    nodeVersion = environment["node_version"]?.string.flatMap(Self.word)
    build = item["build_id"]?.string.flatMap(Self.word)
    figures = Self.figures(environment["axm_monitor"])
  }

  private static func figures(_ tree: JSONTree?) -> [PM2Figure: Double] {
    var found: [PM2Figure: Double] = [:]
    for member in (tree?.members ?? []).prefix(100) {
      guard let figure = PM2Figure(rawValue: member.name),
        let value = amount(member.value["value"])
      else { continue }
      found[figure] = value * figure.factor
    }
    return found
  }

  /// A number that is not negative.
  private static func amount(_ tree: JSONTree?) -> Double? {
    guard let number = tree?.double, number.isFinite, number >= 0 else { return nil }
    return number
  }

  /// A short text of the signs that versions and names are made of; nil for any other.
  static func word(_ text: String) -> String? {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "._-+/@:".utf8.contains(byte)
      }
    }
    return isPlain && (1...100).contains(text.utf8.count) ? text : nil
  }
}

/// What a process tells of itself through PM2, by its name in `axm_monitor`.
enum PM2Figure: String, CaseIterable, Sendable {
  case heapUsed = "Used Heap Size"
  case heapSize = "Heap Size"
  case eventLoop = "Event Loop Latency"
  case eventLoopP95 = "Event Loop Latency p95"
  case handles = "Active handles"
  case requests = "Active requests"
  case httpRate = "HTTP"
  case httpMean = "HTTP Mean Latency"
  case httpP95 = "HTTP P95 Latency"

  /// From PM2's unit (MiB, ms, requests a minute) to the base unit.
  var factor: Double {
    switch self {
    case .heapUsed, .heapSize: 1_048_576
    case .eventLoop, .eventLoopP95, .httpMean, .httpP95: 0.001
    case .httpRate: 1 / 60
    case .handles, .requests: 1
    }
  }
}
