// SPDX-License-Identifier: MIT
import Architecture
import MetricModel

/// What was found out about backups; nil is what could not be asked, never "none".
struct BackupFacts: Sendable {
  /// The guests that exist.
  var guests: [FoundGuest] = []
  /// The nodes by name.
  var nodes: [String: FoundNode] = [:]
  var jobs: [FoundBackupJob]?
  var archives: [BackupArchive] = []
  /// The storages that were asked for ``archives``.
  var archiveStorages: Set<String> = []
  /// When ``archives`` was asked for, the storage asked longest ago counting.
  var archivesTime = Timestamp.distantPast
  /// All runs that are known, those of earlier polls included.
  var runs: [BackupRun] = []
  /// The nodes whose tasks could be read in this poll.
  var nodesWithTasks: Set<String> = []
  /// Free bytes of storages that take backups, by name.
  var freeBytes: [String: Double] = [:]
}

struct FoundGuest: Equatable, Sendable {
  /// `lxc/100`.
  let id: String
  let number: Int
  let name: String
  let node: String
  let pool: String?
  let isTemplate: Bool
}

struct FoundNode: Equatable, Sendable {
  let isOnline: Bool
  /// The zone its schedules are read in; nil when it was not asked.
  var timeZone: String?
}

/// One file or snapshot that a guest can be restored from.
struct BackupArchive: Equatable, Sendable {
  let guest: Int
  let storage: String
  let time: Timestamp
}

/// One job as `/cluster/backup` lists it.
struct FoundBackupJob: Equatable, Sendable {
  enum Selection: Equatable, Sendable {
    case guests(Set<Int>)
    case all(except: Set<Int>)
    case pool(String)
  }

  let id: String
  let isEnabled: Bool
  let scheduleText: String
  let selection: Selection
  /// The only node that runs it; nil for all.
  let node: String?
  let storage: String
  let mode: String
  /// Such as `keep-last=5`; nil when the storage's own setting holds.
  let retention: String?

  /// Nil when the schedule is not understood.
  var schedule: CalendarEvent? { try? CalendarEvent(parsing: scheduleText) }

  func covers(_ guest: FoundGuest) -> Bool {
    switch selection {
    case .guests(let guests): guests.contains(guest.number)
    case .all(let excluded): !excluded.contains(guest.number)
    case .pool(let pool): guest.pool == pool
    }
  }
}

/// One vzdump task: what one node made of one run of a job.
struct BackupRun: Equatable, Sendable {
  let upid: String
  let node: String
  let start: Timestamp
  /// Nil while it runs.
  let end: Timestamp?
  /// `OK`, `WARNINGS: 1`, `job errors`, another reason, or nil when it is not known.
  let status: String?
  /// Nil until it was read.
  var log: BackupLog?

  /// How it went for one guest; nil when the run did not concern the guest.
  func outcome(of guest: Int, hostedOn node: String) -> BackupOutcome? {
    guard let log else {
      // Without the log all that is known is which node ran it.
      guard self.node == node else { return nil }
      return end == nil ? .pending : .unknown
    }
    if let result = log.results[guest] {
      switch result.end {
      case .finished: return .good
      case .failed(let reason): return .failed(reason: reason)
      case nil: return end == nil ? .pending : .failed(reason: status ?? "the run broke off")
      }
    }
    // A run that failed at its very start names no guest.
    let isAboutAll = log.guests.isEmpty && self.node == node && !hasGoodStatus
    guard log.guests.contains(guest) || isAboutAll else { return nil }
    return end == nil ? .pending : .failed(reason: status ?? "the run broke off")
  }

  private var hasGoodStatus: Bool {
    status == "OK" || status?.hasPrefix("WARNINGS: ") == true
  }
}

/// What a vzdump task's log says.
struct BackupLog: Equatable, Sendable {
  struct Result: Equatable, Sendable {
    enum End: Equatable, Sendable {
      case finished
      case failed(reason: String)
    }

    var end: End?
    var duration: Duration?
    var bytes: Double?
    /// Mount points that the archive lacks.
    var excludedVolumes = 0
    /// The declared mode did not work and another was used.
    var fellBack = false
  }

  /// The guests this node was to copy.
  var guests: Set<Int> = []
  var results: [Int: Result] = [:]
}

/// How the latest due run went for one guest.
enum BackupOutcome: Equatable, Sendable {
  case good
  case failed(reason: String)
  /// No run began in time.
  case missed
  /// It may still come, or is under way.
  case pending
  /// What would tell could not be asked.
  case unknown
}
