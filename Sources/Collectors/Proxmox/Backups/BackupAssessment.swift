// SPDX-License-Identifier: MIT
import Architecture
import MetricModel

/// Judges what was found by what was declared; pure.
struct BackupAssessment {
  /// Due runs that are looked back at.
  static let runsMax = 100
  /// Proxmox starts a run up to a minute late; its clock may be a little fast.
  static let earlyStart = Duration.seconds(5)
  /// An archive that is this much older than the due time still belongs to the run.
  static let archiveSlack = Duration.seconds(60)

  let facts: BackupFacts
  let zone: TimeZoneRules
  let now: Timestamp
  private let runs: [BackupRun]
  private let newest: [Int: [String: Timestamp]]
  private let counts: [Int: [String: Int]]

  init(facts: BackupFacts, zone: TimeZoneRules, now: Timestamp) {
    self.facts = facts
    self.zone = zone
    self.now = now
    runs = facts.runs.sorted { ($0.start, $0.upid) > ($1.start, $1.upid) }
    var newest: [Int: [String: Timestamp]] = [:]
    var counts: [Int: [String: Int]] = [:]
    for archive in facts.archives {
      let known = newest[archive.guest]?[archive.storage] ?? .distantPast
      newest[archive.guest, default: [:]][archive.storage] = max(known, archive.time)
      counts[archive.guest, default: [:]][archive.storage, default: 0] += 1
    }
    self.newest = newest
    self.counts = counts
  }

  /// How the latest run whose result is settled went for one guest.
  struct Verdict: Equatable {
    let due: Timestamp
    let outcome: BackupOutcome
  }

  /// The archives of a guest by storage.
  func archiveCounts(of guest: Int) -> [String: Int] { counts[guest] ?? [:] }

  /// The newest archive of a guest on a storage, or on any; nil when there is none or archives could
  /// not be asked for.
  func newestArchive(of guest: Int, on storage: String? = nil) -> Timestamp? {
    guard let found = newest[guest] else { return nil }
    return storage.map { found[$0] } ?? found.values.max()
  }

  /// The verdict on a declared guest; nil when no run was ever due.
  func verdict(on guest: FoundGuest, of backup: DeclaredBackup) -> Verdict? {
    var following = backup.schedule.next(after: now, in: zone) ?? .distantFuture
    var before = now + .milliseconds(1)
    var latest: Verdict?
    for _ in 0..<Self.runsMax {
      guard let due = backup.schedule.previous(before: before, in: zone) else { break }
      let outcome = outcome(of: guest, backup, due: due, following: following)
      if latest == nil || outcome != .pending {
        latest = Verdict(due: due, outcome: outcome)
      }
      if outcome != .pending { break }
      following = due
      before = due
    }
    return latest
  }

  /// The number of settled due runs since a guest's newest archive.
  ///
  /// Nil when archives could not be asked for; more than ``runsMax`` count as that many.
  func overdueRuns(of guest: FoundGuest, _ backup: DeclaredBackup) -> Int? {
    guard knowsArchives(of: backup) else { return nil }
    let newest = newestArchive(of: guest.number, on: backup.storage) ?? .distantPast
    var before = now + .milliseconds(1)
    var count = 0
    while count < Self.runsMax, let due = backup.schedule.previous(before: before, in: zone),
      newest < due - Self.archiveSlack
    {
      // A run that is under way has not failed yet.
      let isOpen =
        count == 0
        && outcome(of: guest, backup, due: due, following: .distantFuture) == .pending
      if !isOpen { count += 1 }
      before = due
    }
    return count
  }

  /// The storage that takes the archives was asked for them.
  private func knowsArchives(of backup: DeclaredBackup) -> Bool {
    guard let storage = backup.storage else { return !facts.archiveStorages.isEmpty }
    return facts.archiveStorages.contains(storage)
  }

  private func outcome(
    of guest: FoundGuest,
    _ backup: DeclaredBackup,
    due: Timestamp,
    following: Timestamp
  ) -> BackupOutcome {
    let newest = newestArchive(of: guest.number, on: backup.storage)
    let span = (due - Self.earlyStart)..<max(following - Self.earlyStart, due)
    if let newest, newest >= due - Self.archiveSlack {
      return laterFailure(of: guest, backup, after: newest, in: span) ?? .good
    }
    for run in runs where span.contains(run.start) {
      guard let outcome = run.outcome(of: guest.number, hostedOn: guest.node) else { continue }
      if outcome == .good, knowsArchives(of: backup),
        facts.archivesTime > run.end ?? .distantFuture
      {
        return .failed(reason: "the run finished, but its archive is not listed")
      }
      return outcome
    }
    guard now >= due + allowance(of: backup, due: due) else { return .pending }
    // Only the guest's own node can say that it made no run, and only by the clock it goes by: on
    // another one's the run was due at another time, which shows as a deviation.
    let found = facts.nodes[guest.node]?.timeZone ?? zone.name
    let isSameClock = found == zone.name || backup.schedule.isUTC
    return facts.nodesWithTasks.contains(guest.node) && isSameClock ? .missed : .unknown
  }

  private func allowance(of backup: DeclaredBackup, due: Timestamp) -> Duration {
    backup.runAllowance + backup.schedule.repeatedSpan(at: due, in: zone)
  }

  /// When a run that is due now or next counts as missed unless it has begun; nil when none is due.
  func nextDeadline(of backup: DeclaredBackup) -> Timestamp? {
    let dues = [
      backup.schedule.previous(before: now + .milliseconds(1), in: zone),
      backup.schedule.next(after: now, in: zone),
    ]
    return dues.compactMap { due in due.map { $0 + allowance(of: backup, due: $0) } }
      .first { $0 > now }
  }

  /// The failure of the job's newest settled run, if it began after the newest archive: the due run
  /// was good, but the job was run once more.
  ///
  /// A backup that somebody makes of single guests is not the job's.
  private func laterFailure(
    of guest: FoundGuest,
    _ backup: DeclaredBackup,
    after newest: Timestamp,
    in span: Range<Timestamp>
  ) -> BackupOutcome? {
    let declared = declaredGuests(of: backup)
    for run in runs where span.contains(run.start) && run.start > newest {
      guard let log = run.log, !log.guests.isEmpty,
        declared.allSatisfy({ $0.node != run.node || log.guests.contains($0.number) })
      else { continue }
      switch run.outcome(of: guest.number, hostedOn: guest.node) {
      case .failed(let reason): return .failed(reason: reason)
      case .good: return nil
      case .missed, .pending, .unknown, nil: continue
      }
    }
    return nil
  }
}

// MARK: - Guests without a job

extension BackupAssessment {
  /// The guests that no enabled job copies; nil when jobs could not be asked for.
  ///
  /// A job that is switched off counts for nothing, though Proxmox itself counts it.
  var uncoveredGuests: [FoundGuest]? {
    guard let jobs = facts.jobs?.filter(\.isEnabled) else { return nil }
    return facts.guests.filter { guest in
      let covering = jobs.filter { $0.covers(guest) && ($0.node ?? guest.node) == guest.node }
      return covering.isEmpty && !guest.isTemplate
    }
  }
}

// MARK: - Sizes and durations

extension BackupAssessment {
  /// Good copies that are compared with the newest.
  static let usualMax = 7
  /// Good copies that make a usual one.
  static let usualMin = 3

  /// A figure of the newest good copy beside the median of those before it.
  struct Figure: Equatable {
    let newest: Double
    /// Nil when there were too few.
    let usual: Double?
  }

  func size(of guest: Int) -> Figure? { figure(of: guest) { $0.bytes } }

  func duration(of guest: Int) -> Figure? { figure(of: guest) { $0.duration?.inSeconds } }

  /// The newest finished copy of a guest.
  func newestResult(of guest: Int) -> BackupLog.Result? { finished(guest).first }

  private func finished(_ guest: Int) -> [BackupLog.Result] {
    runs.lazy.compactMap { $0.log?.results[guest] }.filter { $0.end == .finished }
      .prefix(Self.usualMax + 1).map(\.self)
  }

  private func figure(of guest: Int, _ part: (BackupLog.Result) -> Double?) -> Figure? {
    let values = finished(guest).compactMap(part)
    guard let newest = values.first else { return nil }
    let earlier = values.dropFirst().sorted()
    guard earlier.count >= Self.usualMin else { return Figure(newest: newest, usual: nil) }
    let middle = earlier.count / 2
    let usual =
      earlier.count % 2 == 1 ? earlier[middle] : (earlier[middle - 1] + earlier[middle]) / 2
    return Figure(newest: newest, usual: usual)
  }

  /// The bytes the next run of a declared backup needs at its fullest; nil when no size is known.
  ///
  /// A guest that has as many archives as are kept needs room for one more only while its run lasts,
  /// as the oldest goes after the newest has come; each node copies one guest at a time.
  func bytesNeeded(by backup: DeclaredBackup) -> Double? {
    var growth = 0.0
    var largest: [String: Double] = [:]
    var isKnown = false
    for guest in declaredGuests(of: backup) {
      guard let size = size(of: guest.number) else { continue }
      isKnown = true
      let bytes = max(size.newest, size.usual ?? 0)
      let kept = backup.storage.map { counts[guest.number]?[$0] ?? 0 }
      if let keepLast = backup.keepLast, let kept, kept >= keepLast {
        largest[guest.node] = max(largest[guest.node] ?? 0, bytes)
      } else {
        growth += bytes
      }
    }
    return isKnown ? growth + largest.values.reduce(0, +) : nil
  }

  /// The guests of a declaration that exist.
  func declaredGuests(of backup: DeclaredBackup) -> [FoundGuest] {
    let declared = Set(backup.guests)
    return facts.guests.filter { declared.contains($0.number) }
  }
}
