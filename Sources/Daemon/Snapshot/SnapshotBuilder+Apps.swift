// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Snapshot
import Topology

extension SnapshotBuilder {
  /// Members that are neither load balancers nor databases: those that are probed or run under PM2.
  var apps: [AppRow] {
    let probes = figures.values("probe_success", by: "instance")
    let status = figures.values("probe_http_status_code", by: "instance")
    let duration = figures.values("probe_duration_seconds", by: "instance")
    let managed = figures.values("hvsmon_pm2_daemon_up", by: "instance")
    let declared = figures.values("hvsmon_pm2_instances_declared", by: "instance")
    let processes = processes
    return members { tier, member in
      let name = member.name
      guard probes[name] != nil || managed[name] != nil || declared[name] != nil else { return nil }
      var row = AppRow()
      row.name = name
      row.condition = condition(of: .member(name))
      row.tier = tier.name
      row.node = assessment.node(ofMember: name)
      row.guest = guestID(member)
      row.httpStatus = status[name].flatMap { Int(exactly: $0) }
      row.durationSeconds = duration[name]
      row.processes = processes[name] ?? []
      row.durationTrend = (trends.probe[name] ?? []).drawn
      return row
    }
  }

  private struct ProcessKey: Hashable {
    let instance: String
    let id: String
    let name: String
  }

  /// What PM2 runs at each member, by name and number.
  private var processes: [String: [ProcessRow]] {
    var rows: [ProcessKey: ProcessRow] = [:]
    func fill(_ metric: String, _ set: (inout ProcessRow, Double, LabelSet) -> Void) {
      for (labels, value) in figures.series(metric) {
        guard let instance = labels["instance"], let name = labels["process"],
          let id = labels["id"]
        else { continue }
        set(
          &rows[ProcessKey(instance: instance, id: id, name: name), default: ProcessRow()],
          value,
          labels
        )
      }
    }
    fill("hvsmon_pm2_process_state") { row, value, labels in
      if value == 1 { row.state = labels["state"] }
    }
    fill("hvsmon_pm2_process_restarts_total") { row, value, _ in row.restarts = value }
    fill("hvsmon_pm2_process_cpu_ratio") { row, value, _ in row.cpuRatio = value.ratioRounded }
    fill("hvsmon_pm2_process_memory_bytes") { row, value, _ in row.memoryBytes = value }
    fill("hvsmon_pm2_process_start_time_seconds") { row, value, _ in
      row.startedAt = Timestamp(unixSeconds: value)
    }
    fill("hvsmon_pm2_process_info") { row, _, labels in row.build = labels["build"] }
    fill("hvsmon_pm2_process_http_requests_per_second") { row, value, _ in
      row.requestsPerSecond = (value * 100).rounded() / 100
    }
    var found: [String: [ProcessRow]] = [:]
    for (key, row) in rows.sorted(by: { ($0.key.name, $0.key.id) < ($1.key.name, $1.key.id) }) {
      var row = row
      row.name = key.name
      row.id = key.id
      row.level =
        switch row.state {
        case "online"?: .ok
        case nil: .unknown
        case "launching"?, "one-launch-status"?: .info
        case "stopped"?, "stopping"?, "waiting restart"?: .warning
        default: .critical
        }
      found[key.instance, default: []].append(row)
    }
    return found
  }

  /// The guests that a declared backup or an archive is about.
  var backups: [BackupRow] {
    func values(_ metric: String) -> [String: Double] { figures.values(metric, by: "id") }
    let newest = values("hvsmon_backup_newest_timestamp_seconds")
    let size = values("hvsmon_backup_size_bytes")
    let archives = values("hvsmon_backup_archives")
    let kept = values("hvsmon_backup_archives_declared")
    let duration = values("hvsmon_backup_duration_seconds")
    let missed = values("hvsmon_backup_run_missed")
    let failed = values("hvsmon_backup_run_failed")
    let uncovered = values("hvsmon_backup_guest_uncovered")
    let names = figures.words("name", of: "hvsmon_backup_guest_uncovered", by: "id")
    let storages = storages
    let next = figures.values("hvsmon_backup_next_run_timestamp_seconds", by: "backup")
      .values.min()
    let ids = Set(newest.keys).union(kept.keys).union(uncovered.keys).union(missed.keys)
    return ids.sorted { $0.utf8.count == $1.utf8.count ? $0 < $1 : $0.utf8.count < $1.utf8.count }
      .map { id in
        var row = BackupRow()
        row.id = id
        row.name = names[id] ?? name(ofGuest: id) ?? id
        row.newestAt = newest[id].flatMap { $0 > 0 ? Timestamp(unixSeconds: $0) : nil }
        row.sizeBytes = size[id]
        row.archives = archives[id].flatMap { Int(exactly: $0) }
        row.archivesDeclared = kept[id].flatMap { Int(exactly: $0) }
        row.durationSeconds = duration[id]
        row.isMissed = missed[id].map { $0 == 1 }
        row.isFailed = failed[id].map { $0 == 1 }
        row.isUncovered = uncovered[id].map { $0 == 1 }
        row.storage = storages[id]
        row.nextAt = kept[id] == nil ? nil : next.map { Timestamp(unixSeconds: $0) }
        (row.level, row.note) = Self.judge(row)
        return row
      }
  }

  private var storages: [String: String] {
    var found: [String: String] = [:]
    for (labels, _) in figures.series("hvsmon_backup_archives") {
      if let id = labels["id"], let storage = labels["storage"] { found[id] = storage }
    }
    return found
  }

  private func name(ofGuest id: String) -> String? {
    id.split(separator: "/").last.flatMap { Int($0) }
      .flatMap { assessment.observed.guests[$0]?.name }
  }

  private static func judge(_ row: BackupRow) -> (Level, String?) {
    if row.isFailed == true { return (.critical, "the last run failed") }
    if row.isMissed == true { return (.critical, "the last run was missed") }
    if row.isUncovered == true { return (.warning, "no job covers it") }
    if row.newestAt == nil {
      return row.archives == 0
        ? (.critical, "there is no archive") : (.unknown, "nobody knows its archives")
    }
    if let archives = row.archives, let kept = row.archivesDeclared, archives < kept {
      return (.info, "\(archives) of \(kept) archives so far")
    }
    return (.ok, nil)
  }
}
