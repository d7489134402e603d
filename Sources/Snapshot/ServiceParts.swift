// SPDX-License-Identifier: MIT
package import MetricModel

/// One tier and how much more of it may fail.
package struct TierRow: SnapshotPart {
  /// Its name.
  package var name = ""
  /// How it stands.
  package var condition = Condition()
  /// Members that are declared.
  package var declared = 0
  /// Members that work.
  package var working = 0
  /// Members that failed.
  package var failed = 0
  /// Members that must work.
  package var needed = 0
  /// Members that may still fail; negative when too few work.
  package var failuresTolerated = 0
  /// The tier whose failure is its own.
  package var cause: String?
  /// Tiers it cannot work without.
  package var dependsOn: [String] = []
  /// Its members.
  package var members: [String] = []
  /// The name of its replica set.
  package var replicaSet: String?
  /// Who is primary.
  package var primary: String?
  /// How many say that they are.
  package var primaries: Int?

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("name", &name)
    condition.visit(&fields)
    fields.number("declared", &declared)
    fields.number("working", &working)
    fields.number("failed", &failed)
    fields.number("needed", &needed)
    fields.number("failures_tolerated", &failuresTolerated)
    fields.text("cause", &cause)
    fields.texts("depends_on", &dependsOn)
    fields.texts("members", &members)
    fields.text("replica_set", &replicaSet)
    fields.text("primary", &primary)
    fields.number("primaries", &primaries)
  }
}

/// What users reach.
package struct EntryRow: SnapshotPart {
  /// Its name.
  package var name = ""
  /// How it stands.
  package var condition = Condition()
  /// The last answer; 0 is none.
  package var httpStatus: Int?
  /// How long the last answer took.
  package var durationSeconds: Double?
  /// The tiers it needs.
  package var tiers: [String] = []
  /// Past durations in seconds.
  package var durationTrend: [Double?] = []

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("name", &name)
    condition.visit(&fields)
    fields.number("http_status", &httpStatus)
    fields.number("duration_seconds", &durationSeconds)
    fields.texts("tiers", &tiers)
    fields.numbers("duration_trend", &durationTrend)
  }
}

/// A floating IP.
package struct FloatingAddressRow: SnapshotPart {
  /// The tier that has it.
  package var tier = ""
  /// How it stands.
  package var condition = Condition()
  /// What all witnesses say, such as `one`, `none`, `two`.
  package var verdict = ""
  /// The members that have it.
  package var holders: [String] = []
  /// How long nobody had it at its last move.
  package var gapSeconds: Double?
  /// When it moved last.
  package var movedAt: Timestamp?

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("tier", &tier)
    condition.visit(&fields)
    fields.text("verdict", &verdict)
    fields.texts("holders", &holders)
    fields.number("gap_seconds", &gapSeconds)
    fields.time("moved_at", &movedAt)
  }
}

/// One load balancer.
package struct BalancerRow: SnapshotPart {
  /// Its name.
  package var name = ""
  /// How it stands.
  package var condition = Condition()
  /// Its tier.
  package var tier = ""
  /// The node it runs on.
  package var node: String?
  /// The guest it runs in.
  package var guest: String?
  /// MASTER, BACKUP and the like; nil without VRRP or when unknown.
  package var vrrpState: String?
  /// It has the floating IP.
  package var hasFloatingAddress: Bool?
  /// The priority it advertises.
  package var priority: Int?
  /// The one that is declared.
  package var declaredPriority: Int?
  /// Open connections.
  package var connections: Double?
  /// Requests of the last minute.
  package var requestsPerSecond: Double?
  /// Its configuration is not that of the others.
  package var configDiffers: Bool?
  /// When its first certificate ends.
  package var certificateExpiry: Timestamp?
  /// Past requests a second.
  package var requestTrend: [Double?] = []

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("name", &name)
    condition.visit(&fields)
    fields.text("tier", &tier)
    fields.text("node", &node)
    fields.text("guest", &guest)
    fields.text("vrrp_state", &vrrpState)
    fields.flag("has_floating_address", &hasFloatingAddress)
    fields.number("priority", &priority)
    fields.number("declared_priority", &declaredPriority)
    fields.number("connections", &connections)
    fields.number("requests_per_second", &requestsPerSecond)
    fields.flag("config_differs", &configDiffers)
    fields.time("certificate_expiry", &certificateExpiry)
    fields.numbers("request_trend", &requestTrend)
  }
}

/// One member of a tier of apps, and each process that PM2 runs there.
package struct AppRow: SnapshotPart {
  /// Its name.
  package var name = ""
  /// How it stands.
  package var condition = Condition()
  /// Its tier.
  package var tier = ""
  /// The node it runs on.
  package var node: String?
  /// The guest it runs in.
  package var guest: String?
  /// The last answer; 0 is none.
  package var httpStatus: Int?
  /// How long it took.
  package var durationSeconds: Double?
  /// What PM2 runs.
  package var processes: [ProcessRow] = []
  /// Past durations in seconds.
  package var durationTrend: [Double?] = []

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("name", &name)
    condition.visit(&fields)
    fields.text("tier", &tier)
    fields.text("node", &node)
    fields.text("guest", &guest)
    fields.number("http_status", &httpStatus)
    fields.number("duration_seconds", &durationSeconds)
    fields.parts("processes", &processes)
    fields.numbers("duration_trend", &durationTrend)
  }
}

/// One process of PM2.
package struct ProcessRow: SnapshotPart {
  /// Its name.
  package var name = ""
  /// Its number in PM2.
  package var id = ""
  /// How it is to be looked at.
  package var level = Level.unknown
  /// What PM2 says, such as `online`.
  package var state: String?
  /// Restarts so far.
  package var restarts: Double?
  /// Processor use.
  package var cpuRatio: Double?
  /// Memory in use.
  package var memoryBytes: Double?
  /// When it began.
  package var startedAt: Timestamp?
  /// The build it runs.
  package var build: String?
  /// Requests as PM2 counts them.
  package var requestsPerSecond: Double?

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("name", &name)
    fields.text("id", &id)
    fields.word("level", &level, else: .unknown)
    fields.text("state", &state)
    fields.number("restarts", &restarts)
    fields.number("cpu_ratio", &cpuRatio)
    fields.number("memory_bytes", &memoryBytes)
    fields.time("started_at", &startedAt)
    fields.text("build", &build)
    fields.number("requests_per_second", &requestsPerSecond)
  }
}

/// One member of a replica set.
package struct DatabaseRow: SnapshotPart {
  /// Its name.
  package var name = ""
  /// How it stands.
  package var condition = Condition()
  /// Its tier.
  package var tier = ""
  /// The node it runs on.
  package var node: String?
  /// The guest it runs in.
  package var guest: String?
  /// PRIMARY, SECONDARY and the like.
  package var role: String?
  /// How far it is behind the primary.
  package var lagSeconds: Double?
  /// What its oplog spans.
  package var oplogWindowSeconds: Double?
  /// Open connections.
  package var connections: Double?
  /// Operations of the last minute.
  package var operationsPerSecond: Double?
  /// How full its cache is.
  package var cacheRatio: Double?
  /// Since its start.
  package var uptimeSeconds: Double?
  /// Its release.
  package var version: String?
  /// Past lag in seconds.
  package var lagTrend: [Double?] = []

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("name", &name)
    condition.visit(&fields)
    fields.text("tier", &tier)
    fields.text("node", &node)
    fields.text("guest", &guest)
    fields.text("role", &role)
    fields.number("lag_seconds", &lagSeconds)
    fields.number("oplog_window_seconds", &oplogWindowSeconds)
    fields.number("connections", &connections)
    fields.number("operations_per_second", &operationsPerSecond)
    fields.number("cache_ratio", &cacheRatio)
    fields.number("uptime_seconds", &uptimeSeconds)
    fields.text("version", &version)
    fields.numbers("lag_trend", &lagTrend)
  }
}
