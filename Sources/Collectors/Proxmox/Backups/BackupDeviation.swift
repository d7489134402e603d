// SPDX-License-Identifier: MIT
import Architecture

/// One point in which a found job is not the declared one.
struct BackupDeviation: Equatable, Sendable {
  /// What was compared.
  enum Aspect: String, CaseIterable, Sendable {
    case job
    case enabled
    case schedule
    case guests
    case mode
    case retention
    case storage
    case node
    case timezone
  }

  /// The longest text of either side.
  static let textCharactersMax = 200

  let aspect: Aspect
  let expected: String
  let found: String

  init(_ aspect: Aspect, expected: String, found: String) {
    self.aspect = aspect
    self.expected = String(expected.prefix(Self.textCharactersMax))
    self.found = String(found.prefix(Self.textCharactersMax))
  }
}

extension BackupAssessment {
  /// The points in which the cluster deviates from a declared backup, empty when it agrees; nil when
  /// jobs could not be asked for.
  func deviations(from backup: DeclaredBackup) -> [BackupDeviation]? {
    guard let jobs = facts.jobs else { return nil }
    guard let job = match(for: backup, among: jobs) else {
      let missing = BackupDeviation(
        .job,
        expected: "a job for \(backup.guests.rangesText)",
        found: "none"
      )
      return [missing]
    }
    return differences(backup, job) + zoneDifferences(backup)
  }

  /// The job that is most likely the declared one: same schedule first, then most guests in common,
  /// then enabled.
  private func match(
    for backup: DeclaredBackup,
    among jobs: [FoundBackupJob]
  ) -> FoundBackupJob? {
    let declared = declaredGuests(of: backup)
    func rank(_ job: FoundBackupJob) -> (Int, Int, Int) {
      (
        job.schedule == backup.schedule ? 1 : 0, declared.count(where: job.covers),
        job.isEnabled ? 1 : 0
      )
    }
    let candidates = jobs.filter { job in
      if case .guests(let guests) = job.selection {
        return !guests.isDisjoint(with: backup.guests)
      }
      return declared.contains(where: job.covers)
    }
    return candidates.max { rank($0) < rank($1) }
  }

  private func differences(_ backup: DeclaredBackup, _ job: FoundBackupJob) -> [BackupDeviation] {
    var found: [BackupDeviation] = []
    if !job.isEnabled {
      found.append(BackupDeviation(.enabled, expected: "enabled", found: "disabled"))
    }
    if job.schedule != backup.schedule {
      let text = job.schedule?.description ?? job.scheduleText
      found.append(
        BackupDeviation(.schedule, expected: backup.schedule.description, found: text.orNone)
      )
    }
    found += guestDifference(backup, job)
    if let mode = backup.mode, job.mode != mode.rawValue {
      found.append(BackupDeviation(.mode, expected: mode.rawValue, found: job.mode))
    }
    if let keepLast = backup.keepLast, job.retention != "keep-last=\(keepLast)" {
      let text = job.retention ?? "left to the storage"
      found.append(BackupDeviation(.retention, expected: "keep-last=\(keepLast)", found: text))
    }
    if let storage = backup.storage, job.storage != storage {
      found.append(BackupDeviation(.storage, expected: storage, found: job.storage))
    }
    if let node = job.node {
      found.append(BackupDeviation(.node, expected: "every node", found: "only \(node)"))
    }
    return found
  }

  private func guestDifference(
    _ backup: DeclaredBackup,
    _ job: FoundBackupJob
  ) -> [BackupDeviation] {
    let text: String
    switch job.selection {
    case .guests(let guests):
      if guests == Set(backup.guests) { return [] }
      text = guests.sorted().rangesText
    case .all(let excluded):
      let left = excluded.intersection(backup.guests)
      if left.isEmpty { return [] }
      text = "all but \(left.sorted().rangesText)"
    case .pool(let pool):
      if declaredGuests(of: backup).allSatisfy(job.covers) { return [] }
      text = "pool \(pool)"
    }
    return [BackupDeviation(.guests, expected: backup.guests.rangesText, found: text.orNone)]
  }

  /// A job runs by the clock on its node's wall.
  private func zoneDifferences(_ backup: DeclaredBackup) -> [BackupDeviation] {
    guard !backup.schedule.isUTC else { return [] }
    let zones = Set(facts.nodes.values.compactMap(\.timeZone)).subtracting([zone.name]).sorted()
    if zones.isEmpty { return [] }
    let names = zones.joined(separator: ", ")
    return [BackupDeviation(.timezone, expected: zone.name, found: names)]
  }
}

extension [Int] {
  /// Rising numbers as `100-108,200`.
  var rangesText: String {
    var runs: [ClosedRange<Int>] = []
    for number in self {
      if let last = runs.last, last.upperBound + 1 == number {
        runs[runs.count - 1] = last.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
    return runs.map { run in
      run.count == 1 ? "\(run.lowerBound)" : "\(run.lowerBound)-\(run.upperBound)"
    }.joined(separator: ",")
  }
}

extension String {
  fileprivate var orNone: String { isEmpty ? "none" : self }
}
