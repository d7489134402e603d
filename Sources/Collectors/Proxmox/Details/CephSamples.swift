// SPDX-License-Identifier: MIT
import MetricModel

/// What `/cluster/ceph/status` says; pure.
enum CephSamples {
  static let health = ClusterMetrics.gauge(
    "hvsmon_pve_ceph_health",
    ["state"],
    "1 for the state of Ceph: ok, warn, err, 0 for the others; absent where there is none."
  )
  static let check = ClusterMetrics.info(
    "hvsmon_pve_ceph_check_info",
    ["check", "severity"],
    "A health check of Ceph that fails and is not muted."
  )
  static let daemons = ClusterMetrics.gauge(
    "hvsmon_pve_ceph_daemons",
    ["kind", "state"],
    "How many Ceph daemons there are (all) and work: osd up and in, mon in quorum."
  )
  static let space = ClusterMetrics.gauge(
    "hvsmon_pve_ceph_space_bytes",
    unit: "bytes",
    ["kind"],
    "Space of the Ceph cluster: total, used, available."
  )

  static let metrics = [health, check, daemons, space]

  /// Where Ceph is not set up Proxmox says so with a plain failure, old releases with no word.
  static func isAbsent(_ error: ProxmoxError) -> Bool {
    guard case .refused(status: 500, let reason) = error else { return false }
    return reason.isEmpty || reason.contains("not installed") || reason.contains("not initialized")
  }

  static func samples(_ data: JSONTree) -> [CollectedSample] {
    var samples: [CollectedSample] = []
    let status = data["health"]?["status"]?.string
    let states = ["HEALTH_OK": "ok", "HEALTH_WARN": "warn", "HEALTH_ERR": "err"]
    if let now = status.flatMap({ states[$0] }) {
      samples += states.values.sorted().map {
        CollectedSample(health, $0 == now ? 1 : 0, ["state": $0])
      }
    }
    for member in data["health"]?["checks"]?.members ?? [] where !member.name.isEmpty {
      guard member.value["muted"]?.bool != true else { continue }
      let severity = member.value["severity"]?.string.flatMap { states[$0] }
      let labels = ["check": member.name, "severity": severity].compactMapValues { $0 }
      if !samples.contains(where: { $0.definition == check && $0.labels == labels }) {
        samples.append(CollectedSample(check, 1, labels))
      }
    }
    // Old releases have the map of the OSDs one level deeper.
    let osds = data["osdmap"]?["osdmap"] ?? data["osdmap"]
    let monitors = data["monmap"]?["num_mons"]?.double ?? data["monmap"]?["mons"].map(count)
    let figures: [(kind: String, state: String, value: Double?)] = [
      ("osd", "all", osds?["num_osds"]?.double), ("osd", "up", osds?["num_up_osds"]?.double),
      ("osd", "in", osds?["num_in_osds"]?.double), ("mon", "all", monitors),
      ("mon", "quorum", data["quorum_names"].map(count)),
    ]
    samples += figures.compactMap { kind, state, value in
      value.map { CollectedSample(daemons, $0, ["kind": kind, "state": state]) }
    }
    let bytes = [("total", "bytes_total"), ("used", "bytes_used"), ("available", "bytes_avail")]
    samples += bytes.compactMap { kind, field in
      data["pgmap"]?[field]?.double.map { CollectedSample(space, $0, ["kind": kind]) }
    }
    return samples
  }

  private static func count(_ list: JSONTree) -> Double { Double(list.items.count) }
}
