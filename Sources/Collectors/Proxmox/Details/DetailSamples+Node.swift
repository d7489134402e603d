// SPDX-License-Identifier: MIT
import MetricModel
import Polling

extension DetailSamples {
  /// `/nodes/{node}/status`; its processor figures are left out, as the first call to a worker of
  /// the server answers 0.
  static func status(_ data: JSONTree, node: String) -> [CollectedSample] {
    let labels = ["node": node]
    var samples: [CollectedSample?] = zip(["1", "5", "15"], data["loadavg"]?.items ?? []).map {
      minutes,
      load in
      load.double.map {
        CollectedSample(DetailMetrics.load, $0, ["node": node, "minutes": minutes])
      }
    }
    for (metric, value) in [
      (DetailMetrics.memoryAvailable, data["memory"]?["available"]),
      (DetailMetrics.swapUsage, data["swap"]?["used"]),
      (DetailMetrics.swapSize, data["swap"]?["total"]),
      (DetailMetrics.rootAvailable, data["rootfs"]?["avail"]),
    ] {
      samples.append(value?.double.map { CollectedSample(metric, $0, labels) })
    }
    let version = data["pveversion"]?.string.map { text in
      let parts = text.split(separator: "/")
      return parts.count > 1 ? String(parts[1]) : text
    }
    let info = [
      "node": node, "version": version, "kernel": data["current-kernel"]?["release"]?.string,
    ].compactMapValues { $0 }
    if info.count > 1 { samples.append(CollectedSample(DetailMetrics.nodeVersion, 1, info)) }
    return samples.compacted
  }

  /// `/nodes/{node}/rrddata?timeframe=hour`: of each figure the newest, not older than three points.
  ///
  /// The newest point may hold nothing but its time.
  static func history(_ data: JSONTree, node: String) -> [CollectedSample] {
    let recent = data.items.suffix(3).reversed()
    func newest(_ field: String) -> Double? {
      for point in recent { if let value = point[field]?.double { return value } }
      return nil
    }
    var samples = pressures(id: "node/\(node)", newest)
    if let iowait = newest("iowait") {
      samples.append(CollectedSample(DetailMetrics.iowait, iowait, ["node": node]))
    }
    return samples
  }

  /// `/nodes/{node}/lxc`.
  static func containers(_ data: JSONTree) -> [CollectedSample] {
    data.items.flatMap { row -> [CollectedSample] in
      guard let number = row["vmid"]?.int else { return [] }
      let id = "lxc/\(number)"
      var samples = pressures(id: id) { row[$0]?.double }
      if let used = row["swap"]?.double {
        samples.append(CollectedSample(DetailMetrics.guestSwapUsage, used, ["id": id]))
      }
      if let size = row["maxswap"]?.double {
        samples.append(CollectedSample(DetailMetrics.guestSwapSize, size, ["id": id]))
      }
      return samples
    }
  }

  /// The fields `pressure…` of PVE 9, percent there and a ratio here.
  private static func pressures(
    id: String,
    _ value: (String) -> Double?
  ) -> [CollectedSample] {
    ["cpu", "io", "memory"].flatMap { resource in
      ["some", "full"].compactMap { kind in
        value("pressure\(resource)\(kind)").map { percent in
          let labels = ["id": id, "resource": resource, "kind": kind]
          return CollectedSample(DetailMetrics.pressure, percent / 100, labels)
        }
      }
    }
  }

  /// `/nodes/{node}/services`: those that are installed and not switched off.
  static func services(_ data: JSONTree, node: String) -> [CollectedSample] {
    var seen: Set<String> = []
    return data.items.compactMap { row in
      guard let name = row["service"]?.string ?? row["name"]?.string,
        let isActive = isActive(row),
        !["not-found", "disabled", "masked"].contains(row["unit-state"]?.string),
        seen.insert(name).inserted
      else { return nil }
      let labels = ["node": node, "service": name]
      return CollectedSample(DetailMetrics.service, isActive ? 1 : 0, labels)
    }
  }

  /// Nil when the service does not say.
  private static func isActive(_ service: JSONTree) -> Bool? {
    if let active = service["active-state"]?.string { return active == "active" }
    return service["state"]?.string.map { $0 == "running" }
  }

  /// `/nodes/{node}/storage`.
  static func storages(_ data: JSONTree, node: String) -> [CollectedSample] {
    data.items.flatMap { row -> [CollectedSample] in
      guard let name = row["storage"]?.string, row["enabled"]?.bool != false,
        let isActive = row["active"]?.bool
      else { return [] }
      let labels = ["id": "storage/\(node)/\(name)"]
      let active = CollectedSample(DetailMetrics.storageActive, isActive ? 1 : 0, labels)
      // An inactive storage says 0, which is not its space.
      guard isActive, let available = row["avail"]?.double else { return [active] }
      return [active, CollectedSample(DetailMetrics.storageAvailable, available, labels)]
    }
  }

  /// `/nodes/{node}/replication`: the jobs of guests that are on the node now.
  static func replication(_ data: JSONTree) -> [CollectedSample] {
    data.items.flatMap { row -> [CollectedSample] in
      guard let id = row["id"]?.string else { return [] }
      let guest = row["guest"]?.string.map { "\(row["vmtype"]?.string ?? "lxc")/\($0)" }
      let info = [
        "id": id, "type": row["type"]?.string, "guest": guest,
        "source": row["source"]?.string.map { "node/\($0)" },
        "target": row["target"]?.string.map { "node/\($0)" },
      ].compactMapValues { $0 }
      let figures: [CollectedSample?] = [
        ("duration", DetailMetrics.replicationDuration),
        ("last_sync", DetailMetrics.replicationLastSync),
        ("last_try", DetailMetrics.replicationLastTry),
        ("next_sync", DetailMetrics.replicationNextSync),
        ("fail_count", DetailMetrics.replicationFailed),
      ].map { field, metric in
        row[field]?.double.map { CollectedSample(metric, $0, ["id": id]) }
      }
      return [CollectedSample(DetailMetrics.replicationInfo, 1, info)] + figures.compacted
    }
  }

  /// `/nodes/{node}/certificates/info`.
  static func certificates(_ data: JSONTree, node: String) -> [CollectedSample] {
    data.items.compactMap { row in
      guard let file = row["filename"]?.string, let end = row["notafter"]?.double else {
        return nil
      }
      let labels = ["node": node, "filename": file]
      return CollectedSample(DetailMetrics.certificate, end, labels)
    }
  }

  /// `/nodes/{node}/time`.
  static func timezone(_ data: JSONTree, node: String) -> [CollectedSample] {
    guard let zone = data["timezone"]?.string else { return [] }
    return [CollectedSample(DetailMetrics.timezone, 1, ["node": node, "timezone": zone])]
  }

  /// `/nodes/{node}/subscription`.
  static func subscription(_ data: JSONTree, node: String) -> [CollectedSample] {
    guard let status = data["status"]?.string else { return [] }
    let id = "node/\(node)"
    let level = data["level"]?.string ?? "unknown"
    var samples = [
      CollectedSample(DetailMetrics.subscriptionInfo, 1, ["id": id, "level": level])
    ]
    samples += ["new", "notfound", "active", "invalid", "expired", "suspended"].map { known in
      let labels = ["id": id, "status": known]
      return CollectedSample(DetailMetrics.subscriptionStatus, known == status ? 1 : 0, labels)
    }
    if let due = data["nextduedate"]?.string.flatMap(dayStart) {
      samples.append(CollectedSample(DetailMetrics.subscriptionDue, due, ["id": id]))
    }
    return samples
  }

  /// The Unix seconds at which the UTC day written as `2027-03-01` begins.
  static func dayStart(_ text: String) -> Double? {
    let parts = text.prefix { $0 != " " }.split(separator: "-").map { Int($0) }
    guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2],
      (1970...9999).contains(year)
    else { return nil }
    return CivilTime(year: year, month: month, day: day)?.instant.unixSeconds
  }

  /// `/nodes/{node}/disks/list`.
  static func disks(_ data: JSONTree, node: String) -> [CollectedSample] {
    var seen: Set<[String: String]> = []
    return data.items.flatMap { row -> [CollectedSample] in
      let labels = [
        "node": node, "device": row["devpath"]?.string, "model": row["model"]?.string,
        "serial": row["serial"]?.string,
      ].compactMapValues { $0 }
      guard labels.count > 1, seen.insert(labels).inserted else { return [] }
      let isHealthy: Double? =
        switch row["health"]?.string {
        case "PASSED"?, "OK"?: 1
        case let text? where text.hasPrefix("FAIL"): 0
        default: nil
        }
      return [
        isHealthy.map { CollectedSample(DetailMetrics.diskHealthy, $0, labels) },
        row["wearout"]?.double.map { CollectedSample(DetailMetrics.diskLife, $0 / 100, labels) },
      ].compacted
    }
  }

  /// `/nodes/{node}/{type}/{number}/config` of one guest.
  static func onboot(_ data: JSONTree, guest: String, node: String) -> [CollectedSample] {
    guard let isOn = data["onboot"]?.bool else { return [] }
    let type = String(guest.prefix { $0 != "/" })
    let labels = ["id": guest, "node": node, "type": type]
    return [CollectedSample(DetailMetrics.onboot, isOn ? 1 : 0, labels)]
  }
}
