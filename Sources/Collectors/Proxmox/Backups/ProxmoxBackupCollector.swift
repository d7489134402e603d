// SPDX-License-Identifier: MIT
import Architecture
package import Configuration
package import MetricModel
import Net
package import Polling
import Synchronization

/// Asks a Proxmox cluster about its backups; it reads only.
///
/// Archives are listed by a preview of pruning, for which the right to look at a storage suffices.
package final class ProxmoxBackupCollector: Collector {
  package static let name = "pve_backup"
  package static var metrics: [MetricDefinition] { BackupMetrics.all }

  /// How long after a listing archives are listed again; a run that ended brings it forward.
  static let archivesPace = Duration.seconds(900)
  /// How far back runs are looked for.
  static let history = Duration.seconds(21 * 86_400)
  /// Runs that are remembered, the newest of them.
  static let runsMax = 4_000
  /// Logs that are read in one poll; the rest follow.
  static let logsPerPoll = 48
  /// Tries after which a log that cannot be read is given up.
  static let logTriesMax = 3

  private let client: ProxmoxClient
  private let backups: [DeclaredBackup]
  private let zone: TimeZoneRules
  private let memory = Mutex(BackupMemory())
  private let alarm = BackupAlarm()

  init(client: ProxmoxClient, backups: [DeclaredBackup], zone: TimeZoneRules) {
    self.client = client
    self.backups = backups
    self.zone = zone
  }

  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    var poll = declared.poll
    poll.interval = .seconds(300)
    poll.timeout = .seconds(60)
    if let own = declared.root.section("proxmox")?.section("backups") {
      poll = poll.overridden(by: own)
    }
    guard let settings = ProxmoxSettings(reading: declared) else { return [] }
    let collector = ProxmoxBackupCollector(
      client: ProxmoxClient(settings, http: services.http),
      backups: declared.backups,
      zone: declared.timeZone
    )
    return [Target(instance: "proxmox", collector: collector, poll: poll)]
  }

  package func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    // One task at a time asks a target, so nobody else changes the memory meanwhile.
    let patience = BackupPatience(for: poll.timeout)
    // Ended below, whatever comes of the questions.
    let timer = Task { await patience.run() }
    defer { timer.cancel() }
    var round = BackupRound(
      client: client,
      now: poll.time,
      patience: patience,
      memory: memory.withLock { $0 }
    )
    do throws(ProxmoxError) {
      try await round.ask()
    } catch {
      throw error.collectionError
    }
    let assessment = BackupAssessment(facts: round.facts, zone: zone, now: poll.time)
    let samples = BackupSamples(assessment, backups: backups, earlier: round.memory.verdicts)
    round.memory.verdicts = samples.verdicts
    memory.withLock { $0 = round.memory }
    alarm.set(backups.compactMap(assessment.nextDeadline).min(), after: poll)
    return Collection(samples: samples.all() + round.partial)
  }
}
