// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Rules

/// The shipped rules for MongoDB over the series of one replica set, evaluated every 15 seconds.
final class ReplicaSetBench {
  static let step = 15
  static let members = ["mongo1", "mongo2", "mongo3"]

  private let bench: RuleBench
  private let group: Int
  private var live: [LabelSet: Double] = [:]
  private(set) var firing: [Alert] = []
  private(set) var seconds = 0

  /// A whole set whose primary is mongo1.
  ///
  /// Only the rules of these alerts are evaluated; all without any.
  init(only alerts: String...) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try Data(contentsOf: root.appending(path: "alerts.yml"))
    let rules = String(decoding: text, as: UTF8.self)
    bench = try RuleBench(alerts.isEmpty ? rules : Self.rules(alerts, of: rules))
    group = bench.evaluator.groups.firstIndex { $0.group.name == "database" } ?? 0
    for (index, member) in Self.members.enumerated() {
      setMember(member, state: index == 0 ? 1 : 2)
    }
    for (metric, value) in [
      ("hvsmon_mongodb_set_primaries", 1.0), ("hvsmon_mongodb_set_majority_present", 1),
      ("hvsmon_mongodb_set_elections_total", 0), ("hvsmon_mongodb_set_broken_links", 0),
      ("hvsmon_mongodb_set_disputed_members", 0), ("up", 1),
    ] { setOfSet(metric, value) }
  }

  /// The names of the alerts that fire, each once.
  var names: Set<String> { Set(firing.compactMap { $0.labels["alertname"] }) }

  /// The targets that cannot be asked, by instance.
  var unreachable: Set<String> {
    get { bench.unreachable }
    set { bench.unreachable = newValue }
  }

  func alert(_ name: String) -> Alert? { firing.first { $0.labels["alertname"] == name } }

  func summary(_ name: String) -> String? {
    alert(name)?.annotations.first { $0.name == "summary" }?.value
  }

  func description(_ name: String) -> String? {
    alert(name)?.annotations.first { $0.name == "description" }?.value
  }

  /// Evaluates for that long from the next step on, with the series as they are.
  func run(for span: Int = step) {
    for _ in 0..<max(span / Self.step, 1) {
      seconds += Self.step
      for (labels, value) in live { bench.series.add(labels, value, at: at(seconds)) }
      firing = bench.evaluate(at(seconds), group: group).firing
    }
  }

  // MARK: Series

  /// Sets a series of one member's own target.
  func set(_ member: String, _ metric: String, _ value: Double) {
    set(member, metric, [:], value)
  }

  /// Sets a series of one member's own target that has further labels.
  func set(_ member: String, _ metric: String, _ further: [String: String], _ value: Double) {
    live[Self.labels(metric, "mongodb", member, further)] = value
  }

  func raise(
    _ member: String,
    _ metric: String,
    _ further: [String: String] = [:],
    by step: Double
  ) {
    live[Self.labels(metric, "mongodb", member, further), default: 0] += step
  }

  /// Sets a series of the whole set.
  func setOfSet(_ metric: String, member: String? = nil, _ value: Double) {
    let further = member.map { ["member": "\($0):27017"] } ?? [:]
    live[Self.labels(metric, "mongodb_set", "rs0", further)] = value
  }

  func setLag(_ member: String, _ value: Double, source: String = "own") {
    let further = ["member": "\(member):27017", "source": source]
    live[
      Self.labels("hvsmon_mongodb_replication_lag_seconds", "mongodb_set", "rs0", further)
    ] = value
  }

  func setBackup(of name: String, begunAt time: Double) {
    let labels = ["cluster": "c", "job": "pve_backup", "id": "lxc/104", "name": name]
    live[LabelSet(metric: "hvsmon_backup_newest_timestamp_seconds", labels)] = time
  }

  /// Ends every series of a metric in which these labels are.
  func end(_ metric: String? = nil, where labels: [String: String] = [:]) {
    for series in live.keys {
      guard metric == nil || series.metricName == metric,
        labels.allSatisfy({ series[$0.key] == $0.value })
      else { continue }
      live[series] = nil
      bench.series.add(series, .stalenessMarker, at: at(seconds + 1))
    }
  }

  /// What a member tells in this state, and what the others tell of it.
  func setMember(_ member: String, state: Double) {
    set(member, "up", 1)
    set(member, "mongodb_rs_myState", state)
    set(member, "mongodb_ss_uptime", 400_000)
    set(member, "mongodb_ss_repl_rbid", 1)
    set(member, "hvsmon_mongodb_too_stale", 0)
    set(member, "hvsmon_mongodb_clock_skew_seconds", 0.01)
    set(member, "mongodb_version_info", ["mongodb": "7.0.12"], 1)
    set(member, "mongodb_fcv_feature_compatibility_version", ["version": "7.0"], 7)
    set(member, "mongodb_ss_connections", ["conn_type": "current"], 30)
    set(member, "mongodb_ss_connections", ["conn_type": "available"], 800)
    set(member, "mongodb_ss_globalLock_currentQueue", ["count_type": "total"], 0)
    set(member, "mongodb_ss_flowControl_isLaggedTimeMicros", 0)
    set(member, "mongodb_ss_asserts", ["assert_type": "regular"], 0)
    set(member, "mongodb_ss_wt_cache_bytes_currently_in_the_cache", 5e8)
    set(member, "mongodb_ss_wt_cache_maximum_bytes_configured", 1e9)
    set(member, "mongodb_ss_wt_cache_tracked_dirty_bytes_in_the_cache", 1e7)
    set(member, "mongodb_ss_wt_concurrentTransactions_available", ["txn_rw_type": "read"], 8)
    set(member, "mongodb_ss_wt_concurrentTransactions_out", ["txn_rw_type": "read"], 0)
    set(member, "hvsmon_mongodb_oplog_window_seconds", 300_000)
    set(member, "hvsmon_mongodb_majority_lag_seconds", 0)
    for other in Self.members {
      let index = ["member_idx": "\(other):27017"]
      set(member, "mongodb_rs_members_health", index, 1)
      set(member, "mongodb_rs_members_configVersion", index, 3)
    }
    setOfSet("hvsmon_mongodb_set_member_state", member: member, state)
    setOfSet("hvsmon_mongodb_set_primary", member: member, state == 1 ? 1 : 0)
    if state == 2 { setLag(member, 0) }
  }

  /// A rule file with some rules of another.
  private static func rules(_ alerts: [String], of rules: String) -> String {
    var isWanted = false
    let lines = rules.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
      if line.hasPrefix("      - alert: ") {
        isWanted = alerts.contains { line.hasSuffix(": \($0)") }
      }
      if line.hasPrefix("  - name:") { isWanted = false }
      return isWanted
    }
    return (["groups:", "  - name: database", "    rules:"] + lines.map(String.init))
      .joined(separator: "\n")
  }

  private static func labels(
    _ metric: String,
    _ job: String,
    _ instance: String,
    _ further: [String: String]
  ) -> LabelSet {
    let own = ["cluster": "c", "job": job, "tier": "database", "instance": instance]
    return LabelSet(metric: metric, own.merging(further) { $1 })
  }
}
