// SPDX-License-Identifier: MIT
import MetricModel

/// Proxmox' answers about backups as values; every field may be missing.
///
/// Source: `reference/proxmox.md`, sections 6, 9 and 10.
enum BackupReplies {
  /// The longest reason that is kept.
  static let reasonCharactersMax = 200

  /// The guests, nodes and free bytes of `/cluster/resources`.
  static func readResources(_ data: JSONTree, into facts: inout BackupFacts) {
    for row in data.items {
      switch row["type"]?.string {
      case "lxc", "qemu":
        guard let id = row["id"]?.string, let number = row["vmid"]?.int.flatMap(Int.init(exactly:))
        else { continue }
        facts.guests.append(
          FoundGuest(
            id: id,
            number: number,
            name: row["name"]?.string ?? "",
            node: row["node"]?.string ?? "",
            pool: row["pool"]?.string,
            isTemplate: row["template"]?.bool ?? false
          )
        )
      case "node":
        guard let name = row["node"]?.string else { continue }
        facts.nodes[name] = FoundNode(isOnline: row["status"]?.string == "online")
      default: continue
      }
    }
    facts.guests.sort { $0.number < $1.number }
  }

  /// One storage that takes backups, as one node sees it.
  struct StorageRow: Equatable, Sendable {
    let storage: String
    let node: String
    let isShared: Bool
    let freeBytes: Double?
  }

  /// The names of all storages of `/cluster/resources`, whether or not they can be reached.
  static func storageNames(_ data: JSONTree) -> Set<String> {
    Set(
      data.items.compactMap { $0["type"]?.string == "storage" ? $0["storage"]?.string : nil }
    )
  }

  /// The storages of `/cluster/resources` that take backups and can be reached.
  static func storages(_ data: JSONTree) -> [StorageRow] {
    data.items.compactMap { row in
      guard row["type"]?.string == "storage", row["status"]?.string == "available",
        let storage = row["storage"]?.string, let node = row["node"]?.string,
        row["content"]?.string?.split(separator: ",").contains("backup") == true
      else { return nil }
      let size = row["maxdisk"]?.double
      let used = row["disk"]?.double
      return StorageRow(
        storage: storage,
        node: node,
        isShared: row["shared"]?.bool ?? false,
        freeBytes: size.flatMap { size in used.map { max(0, size - $0) } }
      )
    }.sorted { ($0.storage, $0.node) < ($1.storage, $1.node) }
  }

  /// The jobs of `/cluster/backup`, in the order of their ids.
  static func jobs(_ data: JSONTree) -> [FoundBackupJob] {
    data.items.compactMap { row in
      // Jobs of old releases have no type.
      guard !row.members.isEmpty, row["type"]?.string ?? "vzdump" == "vzdump" else { return nil }
      return FoundBackupJob(
        id: row["id"]?.string ?? "",
        isEnabled: row["enabled"]?.bool ?? true,
        scheduleText: row["schedule"]?.string ?? "",
        selection: selection(row),
        node: row["node"]?.string,
        storage: row["storage"]?.string ?? "local",
        mode: row["mode"]?.string ?? "snapshot",
        retention: retention(row["prune-backups"])
      )
    }.sorted { $0.id < $1.id }
  }

  private static func selection(_ row: JSONTree) -> FoundBackupJob.Selection {
    if row["all"]?.bool == true { return .all(except: numbers(row["exclude"])) }
    if let pool = row["pool"]?.string { return .pool(pool) }
    return .guests(numbers(row["vmid"]))
  }

  private static func numbers(_ tree: JSONTree?) -> Set<Int> {
    let words = tree?.string?.split { !$0.isASCII || !$0.isNumber } ?? []
    return Set(words.compactMap { Int($0) })
  }

  /// `keep-last=5,keep-weekly=2`, from an object or a text.
  private static func retention(_ tree: JSONTree?) -> String? {
    guard let tree else { return nil }
    if let text = tree.string { return text }
    let parts = tree.members.compactMap { member in
      member.value.string.map { "\(member.name)=\($0)" }
    }
    return parts.isEmpty ? nil : parts.sorted().joined(separator: ",")
  }

  /// The runs of `/nodes/{node}/tasks?typefilter=vzdump`.
  static func runs(_ data: JSONTree, node: String) -> [BackupRun] {
    data.items.compactMap { row in
      guard row["type"]?.string ?? "vzdump" == "vzdump", let upid = row["upid"]?.string,
        let start = row["starttime"]?.double
      else { return nil }
      let status = row["status"]?.string
      let isRunning = status == "RUNNING"
      // A task of which no result is known lacks its end.
      let end = row["endtime"]?.double ?? start
      return BackupRun(
        upid: upid,
        node: row["node"]?.string ?? node,
        start: Timestamp(unixSeconds: start),
        end: isRunning ? nil : Timestamp(unixSeconds: end),
        status: isRunning ? nil : status
      )
    }
  }

  /// The archives of `/nodes/{node}/storage/{storage}/prunebackups?prune-backups=keep-all=1`.
  ///
  /// Files that were renamed by hand lack guest or time and are passed over.
  static func archives(_ data: JSONTree, storage: String) -> [BackupArchive] {
    data.items.compactMap { row in
      guard let guest = row["vmid"]?.int.flatMap(Int.init(exactly:)),
        let time = row["ctime"]?.double
      else { return nil }
      return BackupArchive(guest: guest, storage: storage, time: Timestamp(unixSeconds: time))
    }
  }
}

// MARK: - Task logs

extension BackupReplies {
  /// The log of one run, from `/nodes/{node}/tasks/{upid}/log`.
  static func log(_ data: JSONTree) -> BackupLog {
    let rows = data.items.map { ($0["n"]?.int ?? 0, $0["t"]?.string ?? "") }
    return log(lines: rows.sorted { $0.0 < $1.0 }.map(\.1))
  }

  static func log(lines: [String]) -> BackupLog {
    var log = BackupLog()
    var current: Int?
    for line in lines {
      if let rest = line.rest(after: "INFO: starting new backup job: vzdump ") {
        log.guests = Set(
          rest.split(separator: " ").prefix { Int($0) != nil }.compactMap { Int($0) }
        )
      } else if let rest = line.rest(after: "INFO: skip external VMs: ") {
        log.guests.subtract(numbers(.text(String(rest))))
      } else if let rest = line.rest(after: "INFO: Starting Backup of VM "),
        let guest = rest.leadingNumber
      {
        current = guest
        log.guests.insert(guest)
        log.results[guest] = BackupLog.Result()
      } else if let rest = line.rest(after: "INFO: Finished Backup of VM "),
        let guest = rest.leadingNumber
      {
        log.results[guest, default: BackupLog.Result()].end = .finished
        log.results[guest]?.duration = clock(rest)
        current = nil
      } else if let rest = line.rest(after: "ERROR: Backup of VM "), let guest = rest.leadingNumber
      {
        let reason = rest.drop { !$0.isWhitespace }.rest(after: " failed - ") ?? "failed"
        log.results[guest, default: BackupLog.Result()].end = .failed(
          reason: String(reason.prefix(reasonCharactersMax))
        )
        current = nil
      } else if let current {
        note(line, of: current, in: &log)
      }
    }
    return log
  }

  private static func note(_ line: String, of guest: Int, in log: inout BackupLog) {
    if let rest = line.rest(after: "INFO: archive file size: ") {
      log.results[guest]?.bytes = size(rest)
    } else if line.hasPrefix("INFO: excluding volume mount point ") {
      log.results[guest]?.excludedVolumes += 1
    } else if line.hasPrefix("INFO: mode failure") {
      log.results[guest]?.fellBack = true
    }
  }

  /// `(00:02:50)` at the end of a line.
  private static func clock(_ text: Substring) -> Duration? {
    guard let open = text.lastIndex(of: "(") else { return nil }
    let parts = text[open...].dropFirst().prefix { $0 != ")" }.split(separator: ":").map { Int($0) }
    guard parts.count == 3, let hours = parts[0], let minutes = parts[1], let seconds = parts[2],
      (0...10_000).contains(hours), (0...59).contains(minutes), (0...59).contains(seconds)
    else { return nil }
    return .seconds(hours * 3_600 + minutes * 60 + seconds)
  }

  /// `312MB`, `2.15GB`; the units are powers of 1,024.
  private static func size(_ text: Substring) -> Double? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits) else { return nil }
    switch text.dropFirst(digits.count).prefix(2).uppercased() {
    case "KB": return number * 1_024
    case "MB": return number * 1_048_576
    case "GB": return number * 1_073_741_824
    case "TB": return number * 1_099_511_627_776
    case "B", "": return number
    default: return nil
    }
  }
}

extension StringProtocol where SubSequence == Substring {
  fileprivate func rest(after prefix: String) -> Substring? {
    hasPrefix(prefix) ? dropFirst(prefix.count) : nil
  }
}

extension Substring {
  fileprivate var leadingNumber: Int? { Int(prefix { $0.isASCII && $0.isNumber }) }
}
