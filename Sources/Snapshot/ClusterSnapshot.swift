// SPDX-License-Identifier: MIT
package import MetricModel

/// How the cluster stands at one moment.
package struct ClusterSnapshot: SnapshotPart {
  /// The version of the JSON that this code writes and reads.
  package static let schemaVersion = 1

  /// The version of the JSON it came from.
  package var schemaVersion = ClusterSnapshot.schemaVersion
  /// The name of the cluster.
  package var cluster = ""
  /// When it was made.
  package var time: Timestamp?
  /// The version of the daemon.
  package var version = ""
  /// When the daemon started.
  package var startedAt: Timestamp?
  /// Every target was asked at least once.
  package var isReady: Bool?
  /// The whole in one sentence.
  package var verdict: VerdictPart?
  /// How old what is shown is.
  package var freshness: FreshnessPart?
  /// How many alerts fire.
  package var alertCounts: AlertCounts?
  /// The votes of the Proxmox cluster; nil where there is no cluster.
  package var quorum: QuorumRow?
  /// The tiers in the order of the settings.
  package var tiers: [TierRow] = []
  /// What users reach, in the order of the settings.
  package var entries: [EntryRow] = []
  /// The floating IPs.
  package var floatingAddresses: [FloatingAddressRow] = []
  /// The nodes by name.
  package var nodes: [NodeRow] = []
  /// The guests by number.
  package var guests: [GuestRow] = []
  /// The load balancers.
  package var loadBalancers: [BalancerRow] = []
  /// Members that are asked over HTTP or run processes under PM2.
  package var apps: [AppRow] = []
  /// The members of replica sets.
  package var databases: [DatabaseRow] = []
  /// The backups by guest.
  package var backups: [BackupRow] = []
  /// The alerts, the most urgent first.
  package var alerts: [AlertRow] = []
  /// What changed, the newest first.
  package var changes: [ChangeRow] = []
  /// What is not as declared.
  package var deviations: [DeviationRow] = []
  /// The distance of the values of every trend.
  package var trendStepSeconds: Double?

  /// A snapshot in which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.number("schema_version", &schemaVersion)
    fields.text("cluster", &cluster)
    fields.time("time", &time)
    fields.text("version", &version)
    fields.time("started_at", &startedAt)
    fields.flag("ready", &isReady)
    fields.part("verdict", &verdict)
    fields.part("data", &freshness)
    fields.part("alert_counts", &alertCounts)
    fields.part("quorum", &quorum)
    fields.parts("tiers", &tiers)
    fields.parts("entries", &entries)
    fields.parts("floating_addresses", &floatingAddresses)
    fields.parts("nodes", &nodes)
    fields.parts("guests", &guests)
    fields.parts("load_balancers", &loadBalancers)
    fields.parts("apps", &apps)
    fields.parts("databases", &databases)
    fields.parts("backups", &backups)
    fields.parts("alerts", &alerts)
    fields.parts("changes", &changes)
    fields.parts("deviations", &deviations)
    fields.number("trend_step_seconds", &trendStepSeconds)
  }
}

/// Why bytes are no snapshot.
package enum SnapshotError: Error, Equatable, Sendable, CustomStringConvertible {
  /// They are not JSON.
  case malformed(reason: String)
  /// They are JSON, but not of a snapshot.
  case notASnapshot
  /// They are of another version than this code reads.
  case otherVersion(Int)
  /// They tell what changed since another snapshot than the one that is known.
  case strayChanges

  /// What is wrong, as half a sentence.
  package var description: String {
    switch self {
    case .malformed(let reason): "the snapshot is not whole (\(reason))"
    case .notASnapshot: "the answer is not a snapshot of hvsmon"
    case .otherVersion(let version):
      "the daemon speaks version \(version) of the snapshot, this program version "
        + "\(ClusterSnapshot.schemaVersion): use the same release of both"
    case .strayChanges: "the answer tells changes of a snapshot that nobody has: ask for all of it"
    }
  }
}

extension ClusterSnapshot {
  /// The snapshot as one JSON object.
  package var json: [UInt8] {
    var writer = SnapshotWriter()
    writer.write(self)
    return writer.bytes
  }

  /// Reads a snapshot.
  package init(json: [UInt8]) throws(SnapshotError) {
    self = try MarkedSnapshot(json: json, over: nil).snapshot
  }
}
