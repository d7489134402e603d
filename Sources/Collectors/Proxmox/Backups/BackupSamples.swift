// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Polling

/// Turns an assessment into samples; pure.
struct BackupSamples {
  /// Identifies one guest of one declared backup.
  struct Key: Hashable {
    let backup: String
    let guest: Int
  }

  let assessment: BackupAssessment
  let backups: [DeclaredBackup]
  /// The verdicts of earlier polls, which hold while nothing newer is known.
  private(set) var verdicts: [Key: BackupAssessment.Verdict]

  init(
    _ assessment: BackupAssessment,
    backups: [DeclaredBackup],
    earlier: [Key: BackupAssessment.Verdict] = [:]
  ) {
    self.assessment = assessment
    self.backups = backups
    verdicts = [:]
    for backup in backups {
      for guest in assessment.declaredGuests(of: backup) {
        let key = Key(backup: backup.name, guest: guest.number)
        let verdict = assessment.verdict(on: guest, of: backup)
        // What is not known neither raises nor ends an alert.
        verdicts[key] = verdict?.outcome == .unknown ? earlier[key] ?? verdict : verdict
      }
    }
  }

  func all() -> [CollectedSample] {
    var samples = assessment.facts.guests.flatMap(figures)
    if let uncovered = assessment.uncoveredGuests {
      let ids = Set(uncovered.map(\.id))
      samples += assessment.facts.guests.filter { !$0.isTemplate }.map { guest in
        CollectedSample(BackupMetrics.uncovered, ids.contains(guest.id) ? 1 : 0, guest.labels)
      }
    }
    for backup in backups {
      samples += schedule(backup) + outcomes(backup) + job(backup) + room(backup)
    }
    return samples
  }

  private func figures(_ guest: FoundGuest) -> [CollectedSample] {
    var samples = assessment.archiveCounts(of: guest.number).map { storage, count in
      let labels = guest.labels.merging(["storage": storage]) { $1 }
      return CollectedSample(BackupMetrics.archives, Double(count), labels)
    }
    func add(_ metric: MetricDefinition, _ value: Double?) {
      if let value { samples.append(CollectedSample(metric, value, guest.labels)) }
    }
    add(BackupMetrics.newest, assessment.newestArchive(of: guest.number)?.unixSeconds)
    let size = assessment.size(of: guest.number)
    add(BackupMetrics.size, size?.newest)
    add(BackupMetrics.usualSize, size?.usual)
    let duration = assessment.duration(of: guest.number)
    add(BackupMetrics.duration, duration?.newest)
    add(BackupMetrics.usualDuration, duration?.usual)
    let result = assessment.newestResult(of: guest.number)
    add(BackupMetrics.excluded, result.map { Double($0.excludedVolumes) })
    add(BackupMetrics.fellBack, result.map { $0.fellBack ? 1 : 0 })
    return samples
  }

  private func schedule(_ backup: DeclaredBackup) -> [CollectedSample] {
    let now = assessment.now
    let due = backup.schedule.previous(before: now + .milliseconds(1), in: assessment.zone)
    let next = backup.schedule.next(after: now, in: assessment.zone)
    return [(BackupMetrics.due, due), (BackupMetrics.next, next)].compactMap { metric, time in
      time.map { CollectedSample(metric, $0.unixSeconds, backup.labels) }
    }
  }

  private func outcomes(_ backup: DeclaredBackup) -> [CollectedSample] {
    var samples: [CollectedSample] = []
    var missed = 0
    var failed = 0
    var known = 0
    let guests = assessment.declaredGuests(of: backup)
    // A declared guest that is not seen may exist all the same.
    var unknown = backup.guests.count - guests.count
    for guest in guests {
      let labels = guest.labels.merging(backup.labels) { $1 }
      if let runs = assessment.overdueRuns(of: guest, backup) {
        samples.append(CollectedSample(BackupMetrics.overdue, Double(runs), labels))
      }
      if let keepLast = backup.keepLast, let storage = backup.storage {
        let labels = labels.merging(["storage": storage]) { $1 }
        samples.append(CollectedSample(BackupMetrics.archivesDeclared, Double(keepLast), labels))
      }
      let key = Key(backup: backup.name, guest: guest.number)
      guard let outcome = verdicts[key]?.outcome, outcome != .unknown, outcome != .pending else {
        unknown += 1
        continue
      }
      known += 1
      if outcome == .missed { missed += 1 }
      samples.append(CollectedSample(BackupMetrics.missed, outcome == .missed ? 1 : 0, labels))
      var isFailed = 0.0
      if case .failed(let reason) = outcome {
        isFailed = 1
        failed += 1
        let labels = labels.merging(["reason": reason]) { $1 }
        samples.append(CollectedSample(BackupMetrics.failure, 1, labels))
      }
      samples.append(CollectedSample(BackupMetrics.failed, isFailed, labels))
    }
    // No guest counts as well while any is not known to be.
    for (metric, count) in [
      (BackupMetrics.missedGuests, missed), (BackupMetrics.failedGuests, failed),
    ]
    where count > 0 || (known > 0 && unknown == 0) {
      samples.append(CollectedSample(metric, Double(count), backup.labels))
    }
    return samples
  }

  private func job(_ backup: DeclaredBackup) -> [CollectedSample] {
    guard let deviations = assessment.deviations(from: backup) else { return [] }
    let count = CollectedSample(BackupMetrics.deviations, Double(deviations.count), backup.labels)
    return [count]
      + deviations.map { deviation in
        let labels = [
          "backup": backup.name, "aspect": deviation.aspect.rawValue,
          "expected": deviation.expected, "found": deviation.found,
        ]
        return CollectedSample(BackupMetrics.deviation, 1, labels)
      }
  }

  private func room(_ backup: DeclaredBackup) -> [CollectedSample] {
    guard let storage = backup.storage, let free = assessment.facts.freeBytes[storage] else {
      return []
    }
    let labels = backup.labels.merging(["storage": storage]) { $1 }
    let room = CollectedSample(BackupMetrics.free, free, labels)
    guard let needed = assessment.bytesNeeded(by: backup) else { return [room] }
    return [room, CollectedSample(BackupMetrics.needed, needed, labels)]
  }
}

extension FoundGuest {
  fileprivate var labels: [String: String] {
    name.isEmpty ? ["id": id] : ["id": id, "name": name]
  }
}

extension DeclaredBackup {
  fileprivate var labels: [String: String] { ["backup": name] }
}
