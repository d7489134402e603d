// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

extension Detail {
  /// A text as PromQL writes it.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\n": quoted += "\\n"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  private static func usageGraphs(
    _ cpu: [Double?],
    _ memory: [Double?],
    id: String
  ) -> [Graph] {
    let id = quoted(id)
    return [
      Graph(
        name: "cpu",
        values: cpu,
        top: 1,
        query: "max(pve_cpu_usage_ratio{id=\(id)})",
        text: Amounts.percent
      ),
      Graph(
        name: "memory",
        values: memory,
        top: 1,
        query: "max(pve_memory_usage_bytes{id=\(id)}) / max(pve_memory_size_bytes{id=\(id)})",
        text: Amounts.percent
      ),
    ]
  }

  mutating func describe(_ row: NodeRow, _ snapshot: ClusterSnapshot, _ now: Timestamp) {
    title = "node \(row.name)"
    names = [row.name]
    state(row.condition, now)
    fact("evidence", row.evidence)
    if row.isDeclared == false { fact("declared", "no: it is not in the settings") }
    fact("version", row.version)
    fact("HA", row.haState)
    fact("cpu", "\(Amounts.percent(row.cpuRatio)) of \(Amounts.count(row.cpus)) processors")
    usage("memory", row.memoryUsedBytes, of: row.memorySizeBytes)
    usage("root disk", row.diskUsedBytes, of: row.diskSizeBytes)
    fact("load", Amounts.count(row.load))
    fact("up", Amounts.span(row.uptimeSeconds))
    let guests = snapshot.guests.filter { $0.node == row.name }
    fact("guests", guests.map { "\($0.name) \($0.condition.word)" }.joined(separator: ", "))
    graphs = Self.usageGraphs(row.cpuTrend, row.memoryTrend, id: "node/\(row.name)")
    words = [row.lossWords, row.capacityWords].compactMap(\.self)
  }

  mutating func describe(_ row: GuestRow, _ snapshot: ClusterSnapshot, _ now: Timestamp) {
    title = "guest \(row.name)"
    names = [row.name, row.id]
    state(row.condition, now)
    if let age = snapshot.quorum?.condition.ageSeconds {
      fact("asked", "\(Amounts.span(age)) ago")
    }
    fact("id", row.id)
    fact("stands on", row.node.map { "node \($0)" })
    fact("carries", row.member.map { "\($0) of tier \(row.tier ?? Amounts.unknown)" })
    fact("Proxmox says", row.foundState)
    fact("lock", row.lock)
    if row.isManaged == true { fact("HA", "managed") }
    fact("tags", row.tags.joined(separator: ", "))
    fact("cpu", "\(Amounts.percent(row.cpuRatio)) of \(Amounts.count(row.cpus)) processors")
    usage("memory", row.memoryUsedBytes, of: row.memorySizeBytes)
    usage("root disk", row.diskUsedBytes, of: row.diskSizeBytes)
    fact("up", Amounts.span(row.uptimeSeconds))
    if let backup = snapshot.backups.first(where: { $0.id == row.id }) {
      fact("newest backup", "\(Amounts.age(of: backup.newestAt, at: now)) ago")
    }
    graphs = Self.usageGraphs(row.cpuTrend, row.memoryTrend, id: row.id)
  }

  /// False when no member is called so.
  mutating func describeMember(
    _ name: String,
    _ snapshot: ClusterSnapshot,
    _ now: Timestamp
  ) -> Bool {
    names = [name]
    title = name
    if let row = snapshot.loadBalancers.first(where: { $0.name == name }) {
      describe(row, now)
    } else if let row = snapshot.databases.first(where: { $0.name == name }) {
      describe(row, now)
    } else if let row = snapshot.apps.first(where: { $0.name == name }) {
      describe(row, now)
    } else {
      guard let guest = snapshot.guests.first(where: { $0.member == name }) else { return false }
      describe(guest, snapshot, now)
    }
    if let tier = snapshot.tiers.first(where: { $0.members.contains(name) }) {
      fact(
        "tier",
        "\(tier.name): \(tier.working) of \(tier.declared) work, \(tier.needed) needed"
      )
      let above = snapshot.tiers.filter { $0.dependsOn.contains(tier.name) }.map(\.name)
      fact("depends on", tier.dependsOn.joined(separator: ", "))
      fact("needed by", above.joined(separator: ", "))
    }
    return true
  }

  private mutating func place(_ node: String?, _ guest: String?) {
    fact(
      "stands on",
      [guest, node.map { "node \($0)" }].compactMap(\.self).joined(separator: ", ")
    )
  }

  private mutating func describe(_ row: BalancerRow, _ now: Timestamp) {
    state(row.condition, now)
    place(row.node, row.guest)
    fact("VRRP", row.vrrpState)
    fact("floating IP", row.hasFloatingAddress.map { $0 ? "here" : "not here" })
    if row.priority != nil || row.declaredPriority != nil {
      fact(
        "priority",
        "\(Amounts.whole(row.priority)), declared \(Amounts.whole(row.declaredPriority))"
      )
    }
    fact("requests", "\(Amounts.count(row.requestsPerSecond)) a second")
    fact("connections", Amounts.count(row.connections))
    fact(
      "configuration",
      row.configDiffers.map { $0 ? "differs from the others" : "as the others" }
    )
    if let expiry = row.certificateExpiry {
      fact("certificate", "ends in \(Amounts.span((expiry - now).inSeconds))")
    }
    graphs = [
      Graph(
        name: "requests/s",
        values: row.requestTrend,
        query: "sum(rate(nginx_http_requests_total{instance=\(Self.quoted(row.name))}[5m]))",
        text: Amounts.count
      )
    ]
  }

  private mutating func describe(_ row: AppRow, _ now: Timestamp) {
    state(row.condition, now)
    place(row.node, row.guest)
    let status = row.httpStatus.map { $0 == 0 ? "no answer" : "status \($0)" }
    fact("HTTP", "\(status ?? Amounts.unknown), \(Amounts.latency(row.durationSeconds))")
    for process in row.processes {
      let up = process.startedAt.map { Amounts.age(of: $0, at: now) } ?? Amounts.unknown
      fact(
        "process \(process.name)",
        "\(process.state ?? Amounts.unknown), up \(up), \(Amounts.count(process.restarts)) restarts, "
          + "cpu \(Amounts.percent(process.cpuRatio)), memory \(Amounts.bytes(process.memoryBytes)), "
          + "build \(process.build ?? Amounts.unknown)"
      )
    }
    graphs = [
      Graph(
        name: "HTTP time",
        values: row.durationTrend,
        query: "max(probe_duration_seconds{instance=\(Self.quoted(row.name))})",
        text: Amounts.latency
      )
    ]
  }

  private mutating func describe(_ row: DatabaseRow, _ now: Timestamp) {
    state(row.condition, now)
    place(row.node, row.guest)
    fact("role", row.role)
    fact("lag", Amounts.span(row.lagSeconds))
    fact("oplog window", Amounts.span(row.oplogWindowSeconds))
    fact("operations", "\(Amounts.count(row.operationsPerSecond)) a second")
    fact("connections", Amounts.count(row.connections))
    fact("cache", "\(Amounts.percent(row.cacheRatio)) full")
    fact("up", Amounts.span(row.uptimeSeconds))
    fact("version", row.version)
    graphs = [
      Graph(
        name: "lag",
        values: row.lagTrend,
        query: "max(hvsmon_mongodb_replication_lag_seconds{member=\(Self.quoted(row.name))})",
        text: Amounts.span
      )
    ]
  }

  mutating func describe(_ row: TierRow, _ now: Timestamp) {
    title = "tier \(row.name)"
    names = [row.name]
    state(row.condition, now)
    fact("members", row.members.joined(separator: ", "))
    fact("work", "\(row.working) of \(row.declared), \(row.needed) needed")
    fact(
      "may fail",
      row.failuresTolerated < 0 ? "too many have failed" : "\(row.failuresTolerated) more"
    )
    fact("depends on", row.dependsOn.joined(separator: ", "))
    fact("failed by", row.cause.map { "tier \($0)" })
    fact("replica set", row.replicaSet)
    fact("primary", row.primary)
  }

  mutating func describe(_ row: BackupRow, _ now: Timestamp) {
    title = "backups of \(row.name)"
    names = [row.id, row.name]
    (level, word) = (row.level, row.level.word)
    fact("note", row.note)
    fact("guest", row.id)
    fact("newest", "\(Amounts.age(of: row.newestAt, at: now)) old, \(Amounts.bytes(row.sizeBytes))")
    fact(
      "archives",
      "\(Amounts.whole(row.archives)), \(Amounts.whole(row.archivesDeclared)) declared"
    )
    fact("took", Amounts.span(row.durationSeconds))
    fact("last run", row.isMissed == true ? "missed" : row.isFailed == true ? "failed" : "good")
    fact("storage", row.storage)
    if let next = row.nextAt { fact("next run", "in \(Amounts.span((next - now).inSeconds))") }
  }

  mutating func describe(_ row: AlertRow, _ tables: Tables) {
    title = "alert \(row.name)"
    (level, word) = (row.level, row.level.word)
    names = [row.object ?? ""]
    alerts = []
    fact("about", row.object)
    if let since = row.since {
      fact("since", Tables.moment(since, at: tables.now))
    }
    fact("severity", row.severity)
    fact("told", row.quiet ?? (row.standing == "own" ? "by itself" : row.standing))
    fact("flaps", row.flapping?.words(at: tables.now))
    if let calm = row.flapping?.calmAt {
      fact("calm at", "\(Tables.clock(calm)) UTC, unless it changes before")
    }
    fact("acknowledged", row.acknowledgedBy.map { "by \($0)" })
    fact("posted", row.postedBy.map { "by \($0)" })
    fact("cause", row.cause)
    if row.holdsBack > 0 { fact("holds back", "\(row.holdsBack) alerts") }
    if row.isUnknown == true { fact("unknown", "whether it still holds cannot be asked") }
    fact("value", Amounts.count(row.value))
    fact("runbook", row.runbook)
    fact("labels", row.labels.joined(separator: " "))
    words = [row.summary].compactMap(\.self)
  }
}
