// SPDX-License-Identifier: MIT
import Architecture
import FoundationEssentials
import MetricModel
import Synchronization

@testable import Collectors

/// Replies of an invented cluster, kept beside the package; nil where they are missing.
enum BackupFixtures {
  /// Tuesday 2026-11-24, 09:15 in Berlin, some hours after the night's run.
  static let now = Timestamp(unixMilliseconds: 1_795_508_100_000)
  /// The midnight of that run.
  static let due = Timestamp(unixMilliseconds: 1_795_474_800_000)
  static let nodes = ["CoolerHostname", "CoolerHostname2", "CoolerHostname3"]

  static let folder: String? = {
    var parts = #filePath.split(separator: "/")
    while !parts.isEmpty {
      parts.removeLast()
      let candidate = "/\(parts.joined(separator: "/"))/shared/fixtures/proxmox"
      if FileManager.default.fileExists(atPath: candidate + "/README.md") { return candidate }
    }
    print("skipped: no shared/fixtures/proxmox beside the package")
    return nil
  }()

  static func bytes(_ path: String) -> [UInt8]? {
    guard let folder else { return nil }
    return FileManager.default.contents(atPath: "\(folder)/\(path)").map { Array($0) }
  }

  /// What stands below `data` in the first of these files that exists.
  static func data(_ paths: String...) throws -> JSONTree {
    for path in paths {
      guard let bytes = bytes(path) else { continue }
      return try JSONReader.read(bytes)["data"] ?? .null
    }
    return .null
  }

  private static let cachedZone = Result { try loadZone() }
  private static let cachedFacts = Mutex<[String: BackupFacts]>([:])

  static func zone() throws -> TimeZoneRules { try cachedZone.get() }

  private static func loadZone() throws -> TimeZoneRules {
    let file = URL(fileURLWithPath: "/usr/share/zoneinfo/Europe/Berlin")
    return try TimeZoneRules(name: "Europe/Berlin", zoneFile: Array(Data(contentsOf: file)))
  }

  static func declared(
    guests: [Int] = Array(100...108),
    schedule: String = "mon..fri 00:00",
    keepLast: Int? = 5,
    storage: String? = "nas-backup"
  ) throws -> DeclaredBackup {
    DeclaredBackup(
      name: "nightly",
      guests: guests,
      schedule: try CalendarEvent(parsing: schedule),
      keepLast: keepLast,
      mode: .snapshot,
      storage: storage
    )
  }

  /// The facts of `base` with the files of one scenario laid over them.
  static func facts(_ scenario: String = "none") throws -> BackupFacts {
    if let known = cachedFacts.withLock({ $0[scenario] }) { return known }
    let facts = try loadFacts(scenario)
    cachedFacts.withLock { $0[scenario] = facts }
    return facts
  }

  private static func loadFacts(_ scenario: String) throws -> BackupFacts {
    var facts = BackupFacts()
    let over = "scenarios/\(scenario)"
    let resources = try data("base/cluster-resources.json")
    BackupReplies.readResources(resources, into: &facts)
    facts.jobs = BackupReplies.jobs(
      try data("\(over)/cluster-backup.json", "base/cluster-backup.json")
    )
    for row in BackupReplies.storages(resources) {
      facts.freeBytes[row.storage] = row.freeBytes
    }
    for node in nodes {
      facts.nodes[node]?.timeZone = try data("base/nodes/\(node)/time.json")["timezone"]?.string
      facts.nodesWithTasks.insert(node)
      let tasks = try data(
        "\(over)/nodes-\(node)-tasks-vzdump.json",
        "base/nodes/\(node)/tasks-vzdump.json"
      )
      let log = BackupReplies.log(
        try data("\(over)/nodes-\(node)-task-log.json", "base/nodes/\(node)/task-log.vzdump.json")
      )
      var runs = BackupReplies.runs(tasks, node: node)
      for index in runs.indices where runs[index].start >= due { runs[index].log = log }
      facts.runs += runs
    }
    let listing = try data(
      "\(over)/storage-nas-backup-prunebackups.json",
      "base/nodes/CoolerHostname/storage-nas-backup-prunebackups.json"
    )
    facts.archives = BackupReplies.archives(listing, storage: "nas-backup")
    facts.archiveStorages = ["nas-backup"]
    facts.archivesTime = now
    return facts
  }

  static func assessment(
    _ scenario: String = "none",
    at now: Timestamp = BackupFixtures.now,
    change: (inout BackupFacts) -> Void = { _ in }
  ) throws -> BackupAssessment {
    var facts = try facts(scenario)
    change(&facts)
    return BackupAssessment(facts: facts, zone: try zone(), now: now)
  }
}

extension BackupAssessment {
  /// The outcomes of all declared guests by number.
  func outcomes(of backup: DeclaredBackup) -> [Int: BackupOutcome] {
    let pairs = declaredGuests(of: backup).compactMap { guest in
      verdict(on: guest, of: backup).map { (guest.number, $0.outcome) }
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }
}
