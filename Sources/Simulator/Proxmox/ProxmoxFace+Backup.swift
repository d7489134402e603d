// SPDX-License-Identifier: MIT
import MetricModel

extension ProxmoxFace {
  /// One element of GET /cluster/backup.
  ///
  /// `next-run` is counted from now, whatever was missed.
  func backupJob() -> ReplyTree {
    let job = world.plan.backupJob
    return [
      "id": .text(job.id), "type": "vzdump", "enabled": 1, "schedule": .text(job.schedule),
      "vmid": .text(job.guests.map(String.init).joined(separator: ",")), "mode": "snapshot",
      "compress": "zstd", "storage": .text(job.storage),
      "prune-backups": ["keep-last": .text(String(job.keepLast))],
      "mailnotification": "failure", "notes-template": "{{guestname}}", "repeat-missed": 0,
      "next-run": .integer(
        BerlinCalendar.nextWeekdayMidnight(afterUnixSeconds: now.wholeSeconds)
      ),
    ]
  }

  /// GET /cluster/backup/{id}/included_volumes.
  func includedVolumes() -> ReplyTree {
    let guests = world.plan.backupJob.guests.compactMap { world.plan.guest($0) }
    return [
      "children": .list(
        guests.map { guest in
          let disks = guest.kind == .container ? ["rootfs", "mp0"] : ["scsi0", "scsi1"]
          let count = guest.dataDiskBytes == nil ? 1 : 2
          return [
            "id": .integer(guest.vmID), "name": .text(guest.name),
            "type": .text(guest.kind.rawValue),
            "children": .list(
              disks.prefix(count).enumerated().map { number, disk in
                [
                  "id": .text("\(guest.vmID):\(disk)"),
                  "name": .text("local-lvm:vm-\(guest.vmID)-disk-\(number)"), "included": 1,
                  "reason": .text(number == 0 ? disk : "enabled"),
                ]
              }
            ),
          ]
        }
      )
    ]
  }

  /// GET /cluster/backup-info/not-backed-up.
  func guestsWithoutBackup() -> ReplyTree {
    guard rights.seesGuests else { return [] }
    let covered = Set(world.plan.backupJob.guests)
    return .list(
      world.plan.guests.filter { !covered.contains($0.vmID) }.map { guest in
        [
          "vmid": .integer(guest.vmID), "name": .text(guest.name),
          "type": .text(guest.kind.rawValue),
        ]
      }
    )
  }

  /// The log of a vzdump task as far as it is written, a line each.
  func backupLog(_ run: BackupRun) -> [String] {
    let seconds = now.wholeSeconds
    let job = world.plan.backupJob
    let all = job.guests.map(String.init).joined(separator: " ")
    let own = Set(run.parts.map(\.vmID))
    let others = job.guests.filter { !own.contains($0) }.map(String.init).joined(separator: ", ")
    var lines = [
      "INFO: starting new backup job: vzdump \(all) --mode snapshot --quiet 1 --storage "
        + "\(job.storage) --compress zstd --prune-backups 'keep-last=\(job.keepLast)'"
    ]
    if !others.isEmpty { lines.append("INFO: skip external VMs: \(others)") }
    for part in run.parts where part.begin <= seconds {
      lines += log(of: part)
      guard part.end <= seconds, part.outcome != .cutOff else { return lines }
      lines += logEnd(of: part)
    }
    guard let status = run.status(at: seconds) else { return lines }
    let isGood = status == "OK"
    lines.append("INFO: Backup job finished " + (isGood ? "successfully" : "with errors"))
    lines.append(isGood ? "TASK OK" : "TASK ERROR: \(status)")
    return lines
  }

  private func log(of part: BackupRun.Part) -> [String] {
    guard let guest = world.plan.guest(part.vmID) else { return [] }
    let isContainer = guest.kind == .container
    var lines = [
      "INFO: Starting Backup of VM \(part.vmID) (\(guest.kind.rawValue))",
      "INFO: Backup started at \(BerlinCalendar.wallTime(atUnixSeconds: part.begin).text())",
      "INFO: status = running",
      "INFO: \(isContainer ? "CT" : "VM") Name: \(guest.name)",
    ]
    if isContainer {
      lines.append("INFO: including mount point rootfs ('/') in backup")
      if guest.dataDiskBytes != nil {
        lines.append("INFO: including mount point mp0 ('/var/lib/mongodb') in backup")
      }
    }
    return lines + ["INFO: backup mode: snapshot", "INFO: create storage snapshot 'vzdump'"]
  }

  private func logEnd(of part: BackupRun.Part) -> [String] {
    let job = world.plan.backupJob
    let end = BerlinCalendar.wallTime(atUnixSeconds: part.end).text()
    guard case .archived(let bytes) = part.outcome else {
      return [
        "ERROR: Backup of VM \(part.vmID) failed - command 'zstd --threads=1' failed: exit code 1",
        "INFO: Failed at \(end)",
      ]
    }
    let kind = world.plan.guest(part.vmID)?.kind ?? .container
    let archive = BackupArchive(vmID: part.vmID, begin: part.begin, bytes: bytes)
    let length = BerlinCalendar.WallTime(
      year: 0,
      month: 1,
      day: 1,
      secondOfDay: part.end - part.begin
    )
    let size =
      bytes >= 1 << 30
      ? Self.hundredths(Double(bytes) / Double(1 << 30)) + "GB" : "\(bytes >> 20)MB"
    return [
      "INFO: creating vzdump archive '/mnt/pve/\(job.storage)/dump/"
        + "\(Self.fileName(of: archive, kind))'",
      "INFO: archive file size: \(size)",
      "INFO: prune older backups with retention: keep-last=\(job.keepLast)",
      "INFO: pruned 1 backup(s) not covered by keep-retention policy",
      "INFO: Finished Backup of VM \(part.vmID) (\(length.clock()))",
      "INFO: Backup finished at \(end)",
    ]
  }
}
