// SPDX-License-Identifier: MIT
import MetricModel

/// One vzdump task: the guests of the job that live on one node, one after another.
struct BackupRun: Equatable {
  /// One guest's part.
  struct Part: Equatable {
    enum Outcome: Equatable {
      case archived(bytes: Int64)
      case failed
      /// The node died first.
      case cutOff
    }

    let vmID: Int
    let begin: Int64
    let end: Int64
    let outcome: Outcome
  }

  let node: String
  /// Unix seconds.
  let begin: Int64
  let parts: [Part]

  /// When the last part is over, or the node died; Unix seconds.
  var end: Int64 { (parts.map(\.end).max() ?? begin) + 1 }
  var isCutOff: Bool { parts.contains { $0.outcome == .cutOff } }

  /// Proxmox's word for how it went; nil while it runs.
  func status(at seconds: Int64) -> String? {
    guard end <= seconds else { return nil }
    if isCutOff { return "unexpected status" }
    return parts.contains { $0.outcome == .failed } ? "job errors" : "OK"
  }
}

/// An archive that lies on the backup storage.
struct BackupArchive: Equatable {
  let vmID: Int
  /// When its making began, which is what its name tells; Unix seconds.
  let begin: Int64
  let bytes: Int64
}

extension SimulatedWorld {
  /// Older runs are forgotten, as they are in Proxmox's own index.
  static let scheduledRunsMax = 8

  /// The runs that had begun at `instant`, newest first; of the nightly ones those of the newest
  /// `nights`.
  func backupRuns(at instant: Timestamp, nights: Int = scheduledRunsMax) -> [BackupRun] {
    let now = instant.wholeSeconds
    var runs: [BackupRun] = []
    let midnights = BerlinCalendar.weekdayMidnights(
      notAfterUnixSeconds: now,
      count: nights
    )
    for midnight in midnights {
      let placed = jobGuests(at: Timestamp(wholeSeconds: midnight))
      for node in plan.nodes {
        guard let guests = placed[node.name],
          isUp(node: node.name, at: Timestamp(wholeSeconds: midnight))
        else { continue }
        // pvescheduler wakes at each full minute and starts within seconds.
        let begin = midnight + 1 + Int64(node.number % 9)
        runs.append(run(on: node.name, begin: begin, guests: guests, isShort: false))
      }
    }
    runs += unscheduledRuns()
    return runs.filter { $0.begin <= now }.sorted { ($1.begin, $0.node) < ($0.begin, $1.node) }
  }

  /// The newest archives of each guest at `instant`, newest first, as many as the job keeps.
  func backupArchives(at instant: Timestamp, runs: [BackupRun]) -> [Int: [BackupArchive]] {
    let now = instant.wholeSeconds
    var archives: [Int: [BackupArchive]] = [:]
    for run in runs {
      for part in run.parts where part.end <= now {
        guard case .archived(let bytes) = part.outcome,
          archives[part.vmID, default: []].count < plan.backupJob.keepLast
        else { continue }
        archives[part.vmID, default: []].append(
          BackupArchive(vmID: part.vmID, begin: part.begin, bytes: bytes)
        )
      }
    }
    return archives
  }

  /// The guest that is being saved right now, which is locked.
  func isBeingBackedUp(_ vmID: Int, runs: [BackupRun], at instant: Timestamp) -> Bool {
    let now = instant.wholeSeconds
    return runs.contains { run in
      now < run.end && run.parts.contains { $0.vmID == vmID && ($0.begin..<$0.end).contains(now) }
    }
  }

  /// A fault of backups is seen by a run of the job at its beginning and ends with a good one.
  private func unscheduledRuns() -> [BackupRun] {
    periods.flatMap { period -> [BackupRun] in
      guard case .backupFails(let vmID) = period.fault, let guest = plan.guest(vmID) else {
        return []
      }
      return [period.begin, period.end].compactMap(\.self).compactMap { instant in
        let node = node(of: guest, at: instant)
        guard isUp(node: node, at: instant), let guests = jobGuests(at: instant)[node] else {
          return nil
        }
        return run(on: node, begin: instant.wholeSeconds, guests: guests, isShort: true)
      }
    }
  }

  private func jobGuests(at instant: Timestamp) -> [String: [ClusterPlan.Guest]] {
    let guests = plan.backupJob.guests.compactMap { plan.guest($0) }
    return Dictionary(grouping: guests) { node(of: $0, at: instant) }
  }

  /// A short run saves what changed within the last minutes; a nightly one everything.
  private func run(
    on node: String,
    begin: Int64,
    guests: [ClusterPlan.Guest],
    isShort: Bool
  ) -> BackupRun {
    let death = periods.lazy.filter { $0.fault == .nodeDown(node) }
      .map(\.begin.wholeSeconds).filter { $0 >= begin }.min()
    var parts: [BackupRun.Part] = []
    var clock = begin
    for guest in guests {
      let bytes = Int64(
        Double(usedDiskBytes(guest)) * noise.value(in: 0.18...0.19, "archive/\(guest.vmID)", begin)
      )
      let fails = has(.backupFails(guest.vmID), at: Timestamp(wholeSeconds: clock + 1))
      let length = isShort ? 1 : fails ? 9 : 5 + bytes / 16_000_000
      if let death, death < clock + length {
        parts.append(.init(vmID: guest.vmID, begin: clock, end: death, outcome: .cutOff))
        break
      }
      parts.append(
        .init(
          vmID: guest.vmID,
          begin: clock,
          end: clock + length,
          outcome: fails ? .failed : .archived(bytes: bytes)
        )
      )
      clock += length
    }
    return BackupRun(node: node, begin: begin, parts: parts)
  }
}
