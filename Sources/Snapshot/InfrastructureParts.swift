// SPDX-License-Identifier: MIT

/// One Proxmox node.
package struct NodeRow: SnapshotPart {
  /// Its name.
  package var name = ""
  /// How it stands.
  package var condition = Condition()
  /// Why it is thought to be down, or what is odd about it.
  package var evidence: String?
  /// It is in the settings.
  package var isDeclared: Bool?
  /// Processor use.
  package var cpuRatio: Double?
  /// Processors.
  package var cpus: Double?
  /// Memory in use.
  package var memoryUsedBytes: Double?
  /// Main memory.
  package var memorySizeBytes: Double?
  /// Root file system in use.
  package var diskUsedBytes: Double?
  /// Its size.
  package var diskSizeBytes: Double?
  /// Load of the last minute.
  package var load: Double?
  /// Since its start.
  package var uptimeSeconds: Double?
  /// Guests on it.
  package var guests = 0
  /// What the HA manager says of it.
  package var haState: String?
  /// Its release of Proxmox VE.
  package var version: String?
  /// What its loss would mean.
  package var lossWords: String?
  /// Whether its guests fit elsewhere.
  package var capacityWords: String?
  /// Past processor use.
  package var cpuTrend: [Double?] = []
  /// Past memory use as a ratio.
  package var memoryTrend: [Double?] = []

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("name", &name)
    condition.visit(&fields)
    fields.text("evidence", &evidence)
    fields.flag("declared", &isDeclared)
    fields.number("cpu_ratio", &cpuRatio)
    fields.number("cpus", &cpus)
    fields.number("memory_used_bytes", &memoryUsedBytes)
    fields.number("memory_size_bytes", &memorySizeBytes)
    fields.number("disk_used_bytes", &diskUsedBytes)
    fields.number("disk_size_bytes", &diskSizeBytes)
    fields.number("load", &load)
    fields.number("uptime_seconds", &uptimeSeconds)
    fields.number("guests", &guests)
    fields.text("ha_state", &haState)
    fields.text("version", &version)
    fields.text("loss_words", &lossWords)
    fields.text("capacity_words", &capacityWords)
    fields.numbers("cpu_trend", &cpuTrend)
    fields.numbers("memory_trend", &memoryTrend)
  }
}

/// One container or virtual machine; what is known of it is as old as that of the quorum.
package struct GuestRow: SnapshotPart {
  /// Its id as Proxmox writes it, such as `lxc/103`.
  package var id = ""
  /// Its name, or its id.
  package var name = ""
  /// How it stands.
  package var condition = Condition()
  /// The node it is on.
  package var node: String?
  /// The tier of its member.
  package var tier: String?
  /// The member that it runs.
  package var member: String?
  /// What Proxmox says: running, stopped, other, unknown.
  package var foundState: String?
  /// Processor use, of the processors it may use.
  package var cpuRatio: Double?
  /// Processors it may use.
  package var cpus: Double?
  /// Memory in use.
  package var memoryUsedBytes: Double?
  /// Memory it may use.
  package var memorySizeBytes: Double?
  /// Root disk in use.
  package var diskUsedBytes: Double?
  /// Its size.
  package var diskSizeBytes: Double?
  /// Since its start.
  package var uptimeSeconds: Double?
  /// The lock it holds.
  package var lock: String?
  /// The HA manager moves it.
  package var isManaged: Bool?
  /// Its tags.
  package var tags: [String] = []
  /// Past processor use.
  package var cpuTrend: [Double?] = []
  /// Past memory use as a ratio.
  package var memoryTrend: [Double?] = []

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("id", &id)
    fields.text("name", &name)
    condition.visit(&fields)
    fields.text("node", &node)
    fields.text("tier", &tier)
    fields.text("member", &member)
    fields.text("found_state", &foundState)
    fields.number("cpu_ratio", &cpuRatio)
    fields.number("cpus", &cpus)
    fields.number("memory_used_bytes", &memoryUsedBytes)
    fields.number("memory_size_bytes", &memorySizeBytes)
    fields.number("disk_used_bytes", &diskUsedBytes)
    fields.number("disk_size_bytes", &diskSizeBytes)
    fields.number("uptime_seconds", &uptimeSeconds)
    fields.text("lock", &lock)
    fields.flag("ha_managed", &isManaged)
    fields.texts("tags", &tags)
    fields.numbers("cpu_trend", &cpuTrend)
    fields.numbers("memory_trend", &memoryTrend)
  }
}

/// The votes of the Proxmox cluster.
package struct QuorumRow: SnapshotPart {
  /// How it stands.
  package var condition = Condition()
  /// Votes there are.
  package var votesPresent: Int?
  /// Votes that make it quorate.
  package var votesNeeded: Int?
  /// Votes that can still be lost.
  package var votesSpare: Int?

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    condition.visit(&fields)
    fields.number("votes_present", &votesPresent)
    fields.number("votes_needed", &votesNeeded)
    fields.number("votes_spare", &votesSpare)
  }
}
