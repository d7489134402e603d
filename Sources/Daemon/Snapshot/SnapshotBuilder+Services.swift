// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Snapshot
import Topology

extension SnapshotBuilder {
  func tier(_ standing: TierStanding) -> TierRow {
    var row = TierRow()
    row.name = standing.name
    row.condition = condition(of: .tier(standing.name))
    if row.condition.level < .warning, standing.state == .degraded {
      row.condition.level = .warning
    }
    row.declared = standing.declared
    row.working = standing.working
    row.failed = standing.failed
    row.needed = standing.needed
    row.failuresTolerated = standing.failuresTolerated
    row.cause = standing.cause
    let declared = assessment.declared.tiers.first { $0.name == standing.name }
    row.dependsOn = declared?.dependsOn ?? []
    row.members = declared?.members.map(\.name) ?? []
    row.replicaSet = standing.replicaSet?.title
    row.primary = standing.replicaSet?.primary
    row.primaries = standing.replicaSet?.claimants
    return row
  }

  var entries: [EntryRow] {
    let status = figures.values("probe_http_status_code", by: "instance")
    let duration = figures.values("probe_duration_seconds", by: "instance")
    return assessment.declared.entries.map { entry in
      var row = EntryRow()
      row.name = entry.name
      row.condition = condition(of: .entry(entry.name))
      row.httpStatus = status[entry.name].flatMap { Int(exactly: $0) }
      row.durationSeconds = duration[entry.name]
      row.tiers = entry.tiers
      row.durationTrend = (trends.probe[entry.name] ?? []).drawn
      return row
    }
  }

  var floatingAddresses: [FloatingAddressRow] {
    let gaps = figures.values("hvsmon_vrrp_failover_gap_seconds", by: "tier")
    let moves = figures.values("hvsmon_vrrp_last_transition_timestamp_seconds", by: "tier")
    return assessment.declared.tiers.compactMap { tier in
      guard let address = assessment.floatingAddress(of: tier.name) else { return nil }
      var row = FloatingAddressRow()
      row.tier = tier.name
      row.verdict = address.verdict.rawValue
      row.holders = address.holders
      row.gapSeconds = gaps[tier.name]
      row.movedAt = moves[tier.name].flatMap { $0 > 0 ? Timestamp(unixSeconds: $0) : nil }
      row.condition =
        switch address.verdict {
        case .one: Condition(.ok, .working)
        case .notPreferred: Condition(.info, .working, note: "not on the preferred member")
        case .electing: Condition(.warning, .unknown, note: "it is moving")
        case .none: Condition(.critical, .failed, note: "nobody has it")
        case .two: Condition(.critical, .failed, note: "more than one member has it")
        case .stale: Condition(.warning, .working, note: "a member that is not master answers")
        case .disagree: Condition(.warning, .unknown, note: "the witnesses disagree")
        case .unknown: Condition(.unknown, .unknown, note: "nobody can tell who has it")
        }
      return row
    }
  }

  var loadBalancers: [BalancerRow] {
    let states = figures.values("keepalived_vrrp_state", by: "instance")
    let priorities = figures.values("hvsmon_vrrp_priority", by: "instance")
    let declared = figures.values("hvsmon_vrrp_declared_priority", by: "instance")
    let connections = figures.values("nginx_connections_active", by: "instance")
    let asked = figures.values("nginx_up", by: "instance")
    let differs = figures.values("hvsmon_nginx_config_differs", by: "instance")
    let expiries = earliest("hvsmon_nginx_certificate_expiry_timestamp_seconds")
    return members { tier, member in
      let address = assessment.floatingAddress(of: tier.name)
      guard address != nil || asked[member.name] != nil else { return nil }
      var row = BalancerRow()
      row.name = member.name
      row.condition = condition(of: .member(member.name))
      row.tier = tier.name
      row.node = assessment.node(ofMember: member.name)
      row.guest = guestID(member)
      let isGone = row.condition.state == .failed
      row.vrrpState = isGone ? nil : states[member.name].map(Self.vrrpWord)
      row.hasFloatingAddress = address.map { $0.holders.contains(member.name) }
      if row.vrrpState == nil, !isGone, let holder = address?.holder {
        row.vrrpState = holder == member.name ? "MASTER" : "BACKUP"
      }
      row.priority = isGone ? nil : priorities[member.name].flatMap { Int(exactly: $0) }
      row.declaredPriority = declared[member.name].flatMap { Int(exactly: $0) }
      row.connections = connections[member.name]
      row.requestsPerSecond = isGone ? nil : (trends.requests[member.name] ?? []).newest
      row.configDiffers = differs[member.name].map { $0 == 1 }
      row.certificateExpiry = expiries[member.name].map { Timestamp(unixSeconds: $0) }
      row.requestTrend = (trends.requests[member.name] ?? []).drawn
      return row
    }
  }

  var databases: [DatabaseRow] {
    let states = figures.values("mongodb_rs_myState", by: "instance")
    let lag = figures.values("hvsmon_mongodb_replication_lag_seconds", by: "member")
    let window = figures.values("hvsmon_mongodb_oplog_window_seconds", by: "instance")
    let uptime = figures.values("mongodb_ss_uptime", by: "instance")
    let versions = figures.words("mongodb", of: "mongodb_version_info", by: "instance")
    let cached = figures.values(
      "mongodb_ss_wt_cache_bytes_currently_in_the_cache",
      by: "instance"
    )
    let cacheSize = figures.values("mongodb_ss_wt_cache_maximum_bytes_configured", by: "instance")
    var connections: [String: Double] = [:]
    for (labels, value) in figures.series("mongodb_ss_connections")
    where labels["conn_type"] == "current" {
      if let instance = labels["instance"] { connections[instance] = value }
    }
    return members { tier, member in
      guard assessment.tiers.first(where: { $0.name == tier.name })?.replicaSet != nil else {
        return nil
      }
      let name = member.name
      var row = DatabaseRow()
      row.name = name
      row.condition = condition(of: .member(name))
      row.tier = tier.name
      row.node = assessment.node(ofMember: name)
      row.guest = guestID(member)
      row.role = states[name].map(Self.databaseWord)
      row.lagSeconds = lag[name]
      row.oplogWindowSeconds = window[name]
      row.connections = connections[name]
      if row.condition.state != .failed {
        row.operationsPerSecond = (trends.operations[name] ?? []).newest
      }
      if let used = cached[name], let size = cacheSize[name], size > 0 {
        row.cacheRatio = (used / size).ratioRounded
      }
      row.uptimeSeconds = uptime[name]
      row.version = versions[name]
      row.lagTrend = (trends.lag[name] ?? []).drawn
      return row
    }
  }

  /// The members that make a row, in the order of the settings.
  func members<Row>(_ row: (DeclaredTier, DeclaredMember) -> Row?) -> [Row] {
    assessment.declared.tiers.flatMap { tier in tier.members.compactMap { row(tier, $0) } }
  }

  func guestID(_ member: DeclaredMember) -> String? {
    member.guest.map { assessment.observed.guests[$0]?.resourceID ?? "lxc/\($0)" }
  }

  private func earliest(_ metric: String) -> [String: Double] {
    var found: [String: Double] = [:]
    for (labels, value) in figures.series(metric) where value.isFinite {
      guard let instance = labels["instance"] else { continue }
      found[instance] = min(found[instance] ?? value, value)
    }
    return found
  }

  /// keepalived's numbers (keepalived, `vrrp.h`).
  private static func vrrpWord(_ state: Double) -> String {
    switch state {
    case 0: "INIT"
    case 1: "BACKUP"
    case 2: "MASTER"
    case 3: "FAULT"
    default: "state \(state.sampleValueText)"
    }
  }

  /// MongoDB's numbers (MongoDB manual, Replica Set Member States).
  private static func databaseWord(_ state: Double) -> String {
    let words: [Double: String] = [
      0: "STARTUP", 1: "PRIMARY", 2: "SECONDARY", 3: "RECOVERING", 5: "STARTUP2", 6: "UNKNOWN",
      7: "ARBITER", 8: "DOWN", 9: "ROLLBACK", 10: "REMOVED",
    ]
    return words[state] ?? "state \(state.sampleValueText)"
  }
}

extension [Double?] {
  /// The newest whole value: the last span is not over yet.
  fileprivate var newest: Double? {
    let value = last(where: { $0 != nil }) ?? nil
    return value.map { ($0 * 100).rounded() / 100 }
  }
}
