// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@testable import Collectors

@Suite struct BackupRepliesTests {
  @Test(.enabled(if: BackupFixtures.folder != nil))
  func `a log tells the guests of its node with their sizes and durations`() throws {
    let log = BackupReplies.log(
      try BackupFixtures.data("base/nodes/CoolerHostname/task-log.vzdump.json")
    )
    #expect(log.guests == [100, 103, 106])
    #expect(log.results[103]?.end == .finished)
    #expect(log.results[103]?.duration == .seconds(170))
    #expect(log.results[103]?.bytes == 2_317_352_960.0)
    #expect(log.results.values.allSatisfy { !$0.fellBack && $0.excludedVolumes == 0 })
  }

  @Test(.enabled(if: BackupFixtures.folder != nil))
  func `a silent change of mode shows`() throws {
    let path = "scenarios/backup-suspend-fallback/nodes-CoolerHostname3-task-log.json"
    let log = BackupReplies.log(try BackupFixtures.data(path))
    #expect(log.results.keys.sorted() == [102, 105, 108])
    #expect(log.results.values.allSatisfy { $0.fellBack && $0.end == .finished })
  }

  @Test(.enabled(if: BackupFixtures.folder != nil))
  func `tasks are told apart by their status`() throws {
    let path = "scenarios/backup-other-failures/tasks-vzdump.json"
    let runs = BackupReplies.runs(try BackupFixtures.data(path), node: "n")
    #expect(runs.count == 5 && runs.allSatisfy { $0.end != nil })
    #expect(runs.count { $0.status == nil } == 1)
    let active = "scenarios/backup-running/nodes-CoolerHostname-tasks-active.json"
    let running = BackupReplies.runs(try BackupFixtures.data(active), node: "n")
    #expect(running.map(\.end) == [nil] && running.map(\.status) == [nil])
  }

  @Test func `a volume left out is counted, and units are read`() {
    let log = BackupReplies.log(lines: [
      "INFO: starting new backup job: vzdump 7 8 --mode stop --storage 9",
      "INFO: Starting Backup of VM 7 (lxc)",
      "INFO: excluding volume mount point mp0 ('/var/lib/mongodb') from backup (disabled)",
      "INFO: archive file size: 2.5GB", "INFO: Finished Backup of VM 7 (01:00:01)",
      "INFO: Starting Backup of VM 8 (qemu)", "ERROR: Backup of VM 8 failed - no space left",
    ])
    #expect(log.guests == [7, 8])
    #expect(log.results[7]?.excludedVolumes == 1)
    #expect(log.results[7]?.bytes == 2_684_354_560.0)
    #expect(log.results[7]?.duration == .seconds(3_601))
    #expect(log.results[8]?.end == .failed(reason: "no space left"))
  }

  @Test func `jobs are read in every spelling, with what Proxmox takes when a key is absent`()
    throws
  {
    let text = """
      [{"id":"b","schedule":"daily","all":1,"exclude":"101,102"},
       {"id":"a","enabled":"0","schedule":"sat 3:00","vmid":"100","node":"n1","mode":"stop",
        "storage":"s","prune-backups":"keep-last=3"},
       {"id":"c","pool":"p","prune-backups":{"keep-weekly":2,"keep-last":"5"}},
       {"id":"d","type":"other"}, 7, null]
      """
    let jobs = BackupReplies.jobs(try JSONReader.read(Array(text.utf8)))
    #expect(jobs.map(\.id) == ["a", "b", "c"])
    let (a, b, c) = (jobs[0], jobs[1], jobs[2])
    #expect(!a.isEnabled && a.node == "n1" && a.retention == "keep-last=3")
    #expect(b.isEnabled && b.selection == .all(except: [101, 102]) && b.storage == "local")
    #expect(b.mode == "snapshot" && b.retention == nil)
    #expect(c.selection == .pool("p") && c.retention == "keep-last=5,keep-weekly=2")
    #expect(c.schedule == nil)
  }

  @Test(arguments: [UInt64(11), 12])
  func `any log is read to its end`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let parts = [
      "INFO: ", "ERROR: ", "Starting Backup of VM ", "Finished Backup of VM ", "Backup of VM ",
      "starting new backup job: vzdump ", "skip external VMs: ", "100", " failed - ", "(", ")", ":",
      "99999999999999999999", "-1", "archive file size: ", "1e999", "GB", "é", "00:00:10",
    ]
    for _ in 0..<3_000 {
      let lines = (0..<6).map { _ in
        (0..<4).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
      }
      let log = BackupReplies.log(lines: lines)
      #expect(log.results.count <= lines.count)
    }
  }
}
