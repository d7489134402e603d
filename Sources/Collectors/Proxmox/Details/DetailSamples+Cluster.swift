// SPDX-License-Identifier: MIT
import MetricModel
import Polling

/// Turns the answers to slower questions into samples; pure, one function for each answer.
///
/// What an answer lacks is left out, never taken for zero.
enum DetailSamples {
  /// `/version`.
  static func version(_ data: JSONTree) -> [CollectedSample] {
    let labels = ["release", "repoid", "version"].reduce(into: [String: String]()) {
      $0[$1] = data[$1]?.string
    }
    return labels.isEmpty ? [] : [CollectedSample(DetailMetrics.version, 1, labels)]
  }

  /// `/cluster/config/nodes`.
  static func votes(_ data: JSONTree) -> [CollectedSample] {
    QuorumVotes.votes(data).map { node, votes in
      CollectedSample(DetailMetrics.votes, Double(votes), ["node": node])
    }
  }

  /// `/cluster/config/qdevice`; `cluster` is the cluster's name.
  static func qdevice(_ data: JSONTree, cluster: String) -> [CollectedSample] {
    guard let device = QuorumDevice(data) else { return [] }
    let id = "cluster/\(cluster)"
    var labels = ["id": id]
    for (field, label) in [
      ("Model", "model"), ("Algorithm", "algorithm"), ("QNetd host", "qnetd_host"),
      ("Tie-breaker", "tie_breaker"), ("State", "state"),
    ] {
      labels[label] = data[field]?.string
    }
    return [
      CollectedSample(DetailMetrics.qdeviceInfo, 1, labels),
      CollectedSample(DetailMetrics.qdeviceUp, device.isConnected ? 1 : 0, ["id": id]),
    ]
  }

  /// `/cluster/ha/status/current`.
  static func highAvailability(_ data: JSONTree) -> [CollectedSample] {
    data.items.flatMap { row -> [CollectedSample] in
      guard let type = row["type"]?.string, let node = row["node"]?.string else { return [] }
      let beat = row["timestamp"]?.double.map {
        CollectedSample(DetailMetrics.haTimestamp, $0, ["node": node, "role": type])
      }
      switch type {
      case "master":
        return [CollectedSample(DetailMetrics.haMaster, 1, ["node": node])] + [beat].compacted
      case "lrm": return [beat].compacted
      case "service":
        guard let sid = row["sid"]?.string else { return [] }
        let labels = [
          "sid": sid, "node": node, "state": row["crm_state"]?.string ?? row["state"]?.string,
          "requested": row["request_state"]?.string,
        ].compactMapValues { $0 }
        return [CollectedSample(DetailMetrics.haService, 1, labels)]
      default: return []
      }
    }
  }

  /// `/cluster/backup-info/not-backed-up`: guests that Proxmox finds in no job, one that is switched
  /// off counting as well; `isWhole` when the list leaves none out.
  static func notBackedUp(_ data: JSONTree, cluster: String?, isWhole: Bool) -> [CollectedSample] {
    let ids = data.items.compactMap { row in
      row["vmid"]?.int.map { "\(row["type"]?.string ?? "lxc")/\($0)" }
    }
    let guests = Set(ids).sorted().map { id in
      CollectedSample(DetailMetrics.notBackedUp, 1, ["id": id])
    }
    guard isWhole, let cluster, case .list = data else { return guests }
    let total = CollectedSample(
      DetailMetrics.notBackedUpCount,
      Double(guests.count),
      ["id": "cluster/\(cluster)"]
    )
    return guests + [total]
  }

  /// `/cluster/backup/{job}/included_volumes`: what is not included.
  static func excludedVolumes(_ data: JSONTree, job: String) -> [CollectedSample] {
    var seen: Set<String> = []
    return (data["children"]?.items ?? []).flatMap { guest -> [CollectedSample] in
      guard let number = guest["id"]?.int else { return [] }
      let id = "\(guest["type"]?.string ?? "lxc")/\(number)"
      return (guest["children"]?.items ?? []).compactMap { volume in
        // A disk without a medium has no name and nothing to lose.
        guard volume["included"]?.bool == false, let full = volume["id"]?.string,
          seen.insert(full).inserted
        else { return nil }
        let name = full.split(separator: ":").last.map(String.init) ?? full
        let labels = [
          "backup_job": job, "id": id, "volume": name, "reason": volume["reason"]?.string,
        ].compactMapValues { $0 }.filter { !$0.value.isEmpty }
        return CollectedSample(DetailMetrics.volumeExcluded, 1, labels)
      }
    }
  }

  /// `/cluster/tasks`.
  static func tasks(_ data: JSONTree) -> [CollectedSample] {
    var running: [[String: String]: Int] = [:]
    var finished: [[String: String]: Int] = [:]
    for row in data.items {
      guard let node = row["node"]?.string, let type = row["type"]?.string else { continue }
      let labels = ["node": node, "type": type]
      // Present with zero, so that a rule sees the last one end.
      running[labels, default: 0] += row["endtime"]?.int == nil ? 1 : 0
      guard row["endtime"]?.int != nil else { continue }
      let result = TaskResult(status: row["status"]?.string).rawValue
      finished[labels.merging(["result": result]) { first, _ in first }, default: 0] += 1
    }
    return running.map { CollectedSample(DetailMetrics.tasksRunning, Double($0.value), $0.key) }
      + finished.map { CollectedSample(DetailMetrics.tasksRecent, Double($0.value), $0.key) }
  }
}

/// How a task ended (pve-common, UPID.pm).
enum TaskResult: String {
  case ok
  case warning
  case error
  case unknown

  init(status: String?) {
    switch status {
    case "OK"?: self = .ok
    case nil, "unexpected status"?: self = .unknown
    case let text?: self = text.hasPrefix("WARNINGS: ") ? .warning : .error
    }
  }
}

extension [CollectedSample?] {
  /// The samples there are.
  var compacted: [CollectedSample] { compactMap { $0 } }
}
