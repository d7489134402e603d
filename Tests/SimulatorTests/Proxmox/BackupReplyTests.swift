// SPDX-License-Identifier: MIT
import MetricModel
import Testing

@testable import Simulator

@Suite struct BackupReplyTests {
  private var questions: Questions

  init() throws {
    questions = try Questions()
  }

  private func runs(_ node: String, at instant: Timestamp) throws -> [JSONTree] {
    try questions.data(
      "/nodes/\(node)/tasks",
      ["typefilter": "vzdump", "source": "all"],
      at: instant
    ).items
  }

  private func log(_ node: String, _ upid: String, at instant: Timestamp) throws -> [String] {
    try questions.data("/nodes/\(node)/tasks/\(upid)/log", ["limit": "0"], at: instant)
      .items.compactMap { $0["t"]?.string }
  }

  @Test func `the nightly runs lie at midnight of working days, one task for each node`() throws {
    for node in questions.world.plan.nodes {
      let found = try runs(node.name, at: tuesday)
      let starts = found.compactMap { $0["starttime"]?.int }
      #expect(starts == starts.sorted(by: >))
      #expect(
        starts.prefix(3).map { $0 - Int64(node.number) - 1 } == [
          1_795_474_800, 1_795_388_400, 1_795_129_200,
        ]
      )
      #expect(found.allSatisfy { $0["status"]?.string == "OK" && $0["id"]?.string == nil })
    }
    let job = try #require(try questions.data("/cluster/backup", at: tuesday).items.first)
    #expect(job["schedule"]?.string == "mon..fri 00:00")
    #expect(job["next-run"]?.int == 1_795_561_200)
    #expect(job["prune-backups"]?["keep-last"]?.string == "5")
  }

  @Test func `a task's name tells its parts and leads to its status and log`() throws {
    let task = try #require(try runs("CoolerHostname", at: tuesday).first)
    let upid = try #require(task["upid"]?.string)
    let parts = upid.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    #expect(parts.count == 9 && parts[0] == "UPID" && parts[8].isEmpty)
    #expect(Int64(parts[2], radix: 16) == task["pid"]?.int)
    #expect(Int64(parts[3], radix: 16) == task["pstart"]?.int)
    #expect(Int64(parts[4], radix: 16) == task["starttime"]?.int)
    let status = try questions.data("/nodes/CoolerHostname/tasks/\(upid)/status", at: tuesday)
    #expect(status["status"]?.string == "stopped" && status["exitstatus"]?.string == "OK")
    let lines = try log("CoolerHostname", upid, at: tuesday)
    #expect(lines.first?.hasPrefix("INFO: starting new backup job: vzdump 100 101 102") == true)
    #expect(lines[1] == "INFO: skip external VMs: 101, 102, 104, 105, 107, 108")
    #expect(lines.count { $0.hasPrefix("INFO: Finished Backup of VM ") } == 3)
    #expect(lines.last == "TASK OK")
    let short = try questions.data("/nodes/CoolerHostname/tasks/\(upid)/log", at: tuesday)
    #expect(short.items.count == min(50, lines.count))
    #expect(questions.answer("/nodes/CoolerHostname/tasks/UPID:x/log", at: tuesday).status == 500)
  }

  @Test mutating func `a failing backup shows in task, log and archives, and a good run mends it`()
    throws
  {
    questions.world.begin(.backupFails(104), at: tuesday)
    questions.world.end(.backupFails(104), at: tuesday.plus(60))
    let running = try #require(try runs("CoolerHostname2", at: tuesday.plus(1)).first)
    #expect(running["status"]?.string == "RUNNING" && running["endtime"] == nil)
    let lock = try questions.resource("lxc/104", at: tuesday.plus(1))["lock"]
    #expect(lock?.string == "backup")
    let task = try #require(try runs("CoolerHostname2", at: tuesday.plus(10)).first)
    #expect(task["status"]?.string == "job errors")
    let lines = try log(
      "CoolerHostname2",
      try #require(task["upid"]?.string),
      at: tuesday.plus(10)
    )
    #expect(lines.count { $0.hasPrefix("ERROR: Backup of VM 104 failed - ") } == 1)
    #expect(lines.count { $0.hasPrefix("INFO: Finished Backup of VM ") } == 2)
    #expect(lines.last == "TASK ERROR: job errors")
    func newest(_ vmID: Int, at instant: Timestamp) throws -> Int64? {
      let rows = try questions.data(
        "/nodes/CoolerHostname/storage/backup/prunebackups",
        ["prune-backups": "keep-last=5", "vmid": String(vmID)],
        at: instant
      ).items
      #expect(rows.count == 5 && rows.allSatisfy { $0["mark"]?.string == "keep" })
      return rows.last?["ctime"]?.int
    }
    #expect(try #require(try newest(101, at: tuesday.plus(10))) >= tuesday.wholeSeconds)
    #expect(try #require(try newest(104, at: tuesday.plus(10))) < tuesday.wholeSeconds)
    #expect(try #require(try newest(104, at: tuesday.plus(70))) >= tuesday.plus(60).wholeSeconds)
    #expect(
      try runs("CoolerHostname2", at: tuesday.plus(70)).first?["status"]?.string == "OK"
    )
  }

  @Test mutating func `a node that is down at midnight runs nothing, and one that dies is cut off`()
    throws
  {
    let midnight = Timestamp(wholeSeconds: 1_795_561_200)
    questions.world.begin(.nodeDown("CoolerHostname2"), at: midnight + .seconds(-60))
    questions.world.end(.nodeDown("CoolerHostname2"), at: midnight + .seconds(60))
    questions.world.begin(.nodeDown("CoolerHostname3"), at: midnight + .seconds(20))
    questions.world.end(.nodeDown("CoolerHostname3"), at: midnight + .seconds(90))
    let morning = midnight + .seconds(3_600)
    let missed = try #require(try runs("CoolerHostname2", at: morning).first)
    #expect(try #require(missed["starttime"]?.int) < midnight.wholeSeconds)
    let cut = try #require(try runs("CoolerHostname3", at: morning).first)
    #expect(cut["status"]?.string == "unexpected status")
    let lines = try log("CoolerHostname3", try #require(cut["upid"]?.string), at: morning)
    #expect(lines.last?.hasPrefix("TASK") == false)
  }
}
