// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Testing

@testable import Collectors

@Suite(.enabled(if: BackupFixtures.folder != nil))
struct BackupAssessmentTests {
  private let due = BackupFixtures.due

  @Test func `a healthy cluster has nine good runs and no deviation`() throws {
    let assessment = try BackupFixtures.assessment()
    let backup = try BackupFixtures.declared()
    let outcomes = assessment.outcomes(of: backup)
    #expect(outcomes.count == 9)
    #expect(outcomes.values.allSatisfy { $0 == .good })
    #expect(assessment.deviations(from: backup) == [])
    #expect(assessment.uncoveredGuests == [])
    #expect(assessment.newestArchive(of: 100) == due + .seconds(2))
    #expect(assessment.archiveCounts(of: 100) == ["nas-backup": 5])
    for guest in assessment.declaredGuests(of: backup) {
      #expect(assessment.overdueRuns(of: guest, backup) == 0)
    }
  }

  @Test func `a node whose run never began has its three guests missed, the others good`() throws {
    let assessment = try BackupFixtures.assessment("backup-missed-node3")
    let outcomes = assessment.outcomes(of: try BackupFixtures.declared())
    #expect(outcomes.filter { $0.value == .missed }.keys.sorted() == [102, 105, 108])
    #expect(outcomes.values.count { $0 == .good } == 6)
  }

  @Test func `a run is missed only after its allowance, and until then the last verdict holds`()
    throws
  {
    let backup = try BackupFixtures.declared()
    for (seconds, missed) in [(0, 0), (1, 0), (599, 0), (600, 3), (3_600, 3), (80_000, 3)] {
      let now = due + .seconds(seconds)
      let assessment = try BackupFixtures.assessment("backup-missed-node3", at: now)
      let outcomes = assessment.outcomes(of: backup)
      #expect(outcomes.values.count { $0 == .missed } == missed, "\(seconds) s")
      #expect(outcomes.values.allSatisfy { $0 == .missed || $0 == .good }, "\(seconds) s")
    }
  }

  @Test func `the next time at which a run counts as missed is known`() throws {
    let backup = try BackupFixtures.declared()
    func deadline(at now: Timestamp) throws -> Timestamp? {
      try BackupFixtures.assessment(at: now).nextDeadline(of: backup)
    }
    let (first, second) = (due + .seconds(600), due + .seconds(86_400 + 600))
    #expect(try deadline(at: due - .seconds(1)) == first)
    #expect(try deadline(at: due + .seconds(599)) == first)
    #expect(try deadline(at: first) == second)
    // After Friday's the next is Monday's.
    let friday = due + .seconds(3 * 86_400)
    #expect(try deadline(at: friday + .seconds(600)) == friday + .seconds(3 * 86_400 + 600))
    let never = try BackupFixtures.declared(schedule: "2020-01-01")
    #expect(try BackupFixtures.assessment().nextDeadline(of: never) == nil)
  }

  @Test func `a missed Monday shows once, at midnight and the allowance, and ends with an archive`()
    throws
  {
    let backup = try BackupFixtures.declared()
    let monday = due - .seconds(86_400)
    var shown: [Bool] = []
    let step = 300
    for minute in stride(from: -72 * 3_600, through: 30 * 3_600, by: step) {
      let now = monday + .seconds(minute)
      let assessment = try BackupFixtures.assessment(at: now) { facts in
        // Nothing of Monday was made; what Tuesday made is there once it is Tuesday.
        facts.runs.removeAll { $0.start > now || ($0.start > monday && $0.start < due) }
        facts.archives.removeAll { $0.time > now || ($0.time > monday && $0.time < due) }
      }
      shown.append(assessment.outcomes(of: backup).values.contains(.missed))
    }
    let rises = zip([false] + shown, shown).enumerated().filter { !$0.element.0 && $0.element.1 }
    #expect(rises.count == 1)
    let first = try #require(rises.first).offset * step - 72 * 3_600
    #expect(first == 600)
    #expect(shown.last == false)
  }

  @Test func `a gap without a run never alarms`() throws {
    let backup = try BackupFixtures.declared()
    let friday = due - .seconds(4 * 86_400)
    let saturday = friday + .seconds(86_400)
    for hour in 0..<48 {
      let now = saturday + .seconds(hour * 3_600)
      let assessment = try BackupFixtures.assessment(at: now) { facts in
        facts.runs.removeAll { $0.start > now }
        facts.archives.removeAll { $0.time > now }
      }
      #expect(assessment.outcomes(of: backup).values.allSatisfy { $0 == .good }, "hour \(hour)")
      for guest in assessment.declaredGuests(of: backup) {
        #expect(assessment.overdueRuns(of: guest, backup) == 0)
      }
    }
    // A job for days that do not come for months.
    let yearly = try BackupFixtures.declared(schedule: "11-18 00:00")
    let later = BackupFixtures.now + .seconds(200 * 86_400)
    let assessment = try BackupFixtures.assessment(at: later)
    #expect(assessment.outcomes(of: yearly).values.allSatisfy { $0 == .good })
  }

  @Test func `one guest's failure is its own, with Proxmox' reason`() throws {
    let assessment = try BackupFixtures.assessment("backup-failed")
    let outcomes = assessment.outcomes(of: try BackupFixtures.declared())
    let reason = "command 'zstd --threads=1' failed: exit code 1"
    #expect(outcomes[104] == .failed(reason: reason))
    #expect(outcomes.values.count { $0 == .good } == 8)
    let guest = try #require(assessment.facts.guests.first { $0.number == 104 })
    #expect(assessment.overdueRuns(of: guest, try BackupFixtures.declared()) == 1)
  }

  @Test func `a job that is run once more counts as failed until it succeeds`() throws {
    let backup = try BackupFixtures.declared()
    func extra(_ hour: Int, guests: Set<Int>, _ end: BackupLog.Result.End) -> BackupRun {
      let start = due + .seconds(hour * 3_600)
      var log = BackupLog(guests: guests)
      for guest in guests { log.results[guest] = BackupLog.Result(end: .finished) }
      log.results[104] = BackupLog.Result(end: end)
      return BackupRun(
        upid: "UPID:\(hour)",
        node: "CoolerHostname2",
        start: start,
        end: start + .seconds(60),
        status: "job errors",
        log: log
      )
    }
    let failed = BackupLog.Result.End.failed(reason: "exit code 1")
    let again = extra(7, guests: [101, 104, 107], failed)
    let once = try BackupFixtures.assessment { $0.runs.append(again) }.outcomes(of: backup)
    #expect(once[104] == .failed(reason: "exit code 1"))
    #expect(once.values.count { $0 == .good } == 8)
    let archive = BackupArchive(
      guest: 104,
      storage: "nas-backup",
      time: due + .seconds(8 * 3_600 + 10)
    )
    let mended = extra(8, guests: [101, 104, 107], .finished)
    for withArchive in [false, true] {
      let outcomes = try BackupFixtures.assessment { facts in
        facts.runs += [again, mended]
        if withArchive { facts.archives.append(archive) }
      }.outcomes(of: backup)
      #expect(outcomes[104] == .good)
    }
    // What somebody tries with one guest is not the job.
    let single = extra(7, guests: [104], failed)
    let tried = try BackupFixtures.assessment { $0.runs.append(single) }.outcomes(of: backup)
    #expect(tried[104] == .good)
  }

  @Test func `a finished run whose archive is not listed has failed`() throws {
    let backup = try BackupFixtures.declared()
    let lost = try BackupFixtures.assessment { facts in
      facts.archives.removeAll { $0.guest == 100 && $0.time > BackupFixtures.due }
    }
    let reason = "the run finished, but its archive is not listed"
    #expect(lost.outcomes(of: backup)[100] == .failed(reason: reason))
    // Listed before the run ended: that says nothing.
    let early = try BackupFixtures.assessment { facts in
      facts.archives.removeAll { $0.guest == 100 && $0.time > BackupFixtures.due }
      facts.archivesTime = BackupFixtures.due
    }
    #expect(early.outcomes(of: backup)[100] == .good)
  }

  @Test func `a whole run that failed, or is under way, counts for every guest of its node`() throws
  {
    let backup = try BackupFixtures.declared()
    func outcome(_ status: String?, end: Timestamp?, log: BackupLog?) throws -> BackupOutcome? {
      let assessment = try BackupFixtures.assessment("backup-missed-node3") { facts in
        facts.runs.append(
          BackupRun(
            upid: "UPID:x",
            node: "CoolerHostname3",
            start: BackupFixtures.due + .seconds(4),
            end: end,
            status: status,
            log: log
          )
        )
      }
      return assessment.outcomes(of: backup)[108]
    }
    let end = BackupFixtures.due + .seconds(100)
    #expect(try outcome(nil, end: nil, log: nil) == .good)
    let lock = "can't acquire lock '/var/run/vzdump.lock' - got timeout"
    #expect(try outcome(lock, end: end, log: BackupLog()) == .failed(reason: lock))
    let begun = BackupLog(guests: [102, 105, 108], results: [:])
    #expect(try outcome(nil, end: end, log: begun) == .failed(reason: "the run broke off"))
    #expect(try outcome("OK", end: end, log: nil) == .unknown)
  }

  @Test func `what cannot be asked is unknown, neither missed nor good`() throws {
    let backup = try BackupFixtures.declared()
    let assessment = try BackupFixtures.assessment("backup-missed-node3") { facts in
      facts.nodesWithTasks.remove("CoolerHostname3")
    }
    #expect(assessment.outcomes(of: backup)[108] == .unknown)
    // By another clock the run was due at another time.
    let abroad = try BackupFixtures.assessment("backup-missed-node3") { facts in
      facts.nodes["CoolerHostname3"]?.timeZone = "Asia/Tokyo"
    }
    #expect(abroad.outcomes(of: backup)[108] == .unknown)
    let blind = try BackupFixtures.assessment { facts in
      facts.archives = []
      facts.archiveStorages = []
      facts.jobs = nil
    }
    #expect(blind.outcomes(of: backup).values.allSatisfy { $0 == .good })
    #expect(blind.deviations(from: backup) == nil && blind.uncoveredGuests == nil)
    let guest = try #require(blind.facts.guests.first)
    #expect(blind.overdueRuns(of: guest, backup) == nil)
  }

  @Test func `a guest in no enabled job is told, a template is not`() throws {
    let left = try BackupFixtures.assessment("guest-not-in-job")
    #expect(left.uncoveredGuests?.map(\.name) == ["webapp3"])
    let disabled = try BackupFixtures.assessment("backup-job-disabled")
    #expect(disabled.uncoveredGuests?.count == 9)
    let all = try BackupFixtures.assessment { facts in
      facts.jobs = [Self.job(.all(except: [101]))]
      facts.guests = facts.guests.map { guest in
        FoundGuest(
          id: guest.id,
          number: guest.number,
          name: guest.name,
          node: guest.node,
          pool: nil,
          isTemplate: guest.number == 101
        )
      }
    }
    #expect(all.uncoveredGuests == [])
  }

  private static func job(
    _ selection: FoundBackupJob.Selection,
    schedule: String = "mon..fri 00:00",
    mode: String = "snapshot",
    storage: String = "nas-backup",
    retention: String? = "keep-last=5",
    node: String? = nil
  ) -> FoundBackupJob {
    FoundBackupJob(
      id: "x",
      isEnabled: true,
      scheduleText: schedule,
      selection: selection,
      node: node,
      storage: storage,
      mode: mode,
      retention: retention
    )
  }

  @Test func `each difference between the declared and the found job is told with both sides`()
    throws
  {
    let backup = try BackupFixtures.declared()
    func deviations(_ job: FoundBackupJob?) throws -> [String] {
      let assessment = try BackupFixtures.assessment { facts in
        facts.jobs = job.map { [$0] } ?? []
      }
      let found = try #require(assessment.deviations(from: backup))
      return found.map { "\($0.aspect): \($0.expected), \($0.found)" }
    }
    let all = Set(100...108)
    #expect(try deviations(Self.job(.guests(all), schedule: "Mon,tue,wed..fri 0:0")) == [])
    #expect(try deviations(nil) == ["job: a job for 100-108, none"])
    #expect(try deviations(Self.job(.guests([200]))) == ["job: a job for 100-108, none"])
    #expect(
      try deviations(Self.job(.guests(all), schedule: "daily"))
        == ["schedule: mon..fri 00:00, 00:00"]
    )
    #expect(
      try deviations(Self.job(.guests(all), schedule: "nonsense"))
        == ["schedule: mon..fri 00:00, nonsense"]
    )
    #expect(try deviations(Self.job(.guests(all), mode: "stop")) == ["mode: snapshot, stop"])
    #expect(
      try deviations(Self.job(.guests(all), storage: "local")) == ["storage: nas-backup, local"]
    )
    #expect(
      try deviations(Self.job(.guests(all), retention: "keep-last=3"))
        == ["retention: keep-last=5, keep-last=3"]
    )
    #expect(
      try deviations(Self.job(.guests(all), retention: nil))
        == ["retention: keep-last=5, left to the storage"]
    )
    #expect(
      try deviations(Self.job(.guests(all), node: "n1")) == ["node: every node, only n1"]
    )
    #expect(
      try deviations(Self.job(.guests(all.subtracting([104]))))
        == ["guests: 100-108, 100-103,105-108"]
    )
    #expect(try deviations(Self.job(.all(except: [1]))) == [])
    #expect(
      try deviations(Self.job(.all(except: [101]))) == ["guests: 100-108, all but 101"]
    )
    let disabled = try BackupFixtures.assessment("backup-job-disabled")
    #expect(disabled.deviations(from: backup)?.map(\.aspect) == [.enabled])
    let abroad = try BackupFixtures.assessment { facts in
      facts.nodes["CoolerHostname2"]?.timeZone = "UTC"
    }
    #expect(abroad.deviations(from: backup)?.map(\.aspect) == [.timezone])
  }

  @Test func `the next run needs room for what it adds and for one copy on each node`() throws {
    let assessment = try BackupFixtures.assessment()
    let megabyte = 1_048_576.0
    // Every guest has five archives, so only the largest of each node comes on top.
    #expect(assessment.bytesNeeded(by: try BackupFixtures.declared()) == 3 * 2_210 * megabyte)
    let each = 3 * (312 + 2_210 + 905) * megabyte
    #expect(assessment.bytesNeeded(by: try BackupFixtures.declared(keepLast: 6)) == each)
    #expect(assessment.bytesNeeded(by: try BackupFixtures.declared(keepLast: nil)) == each)
    #expect(assessment.bytesNeeded(by: try BackupFixtures.declared(guests: [999])) == nil)
  }

  @Test func `a copy is compared with the median of those before it`() throws {
    let sizes: [Double] = [100, 400, 420, 380, 4_000]
    let assessment = try BackupFixtures.assessment { facts in
      facts.runs = sizes.enumerated().map { index, bytes in
        let start = BackupFixtures.due - .seconds(86_400 * index)
        let seconds = Duration.seconds(index == 0 ? 900 : 60)
        let result = BackupLog.Result(end: .finished, duration: seconds, bytes: bytes)
        let log = BackupLog(guests: [100], results: [100: result])
        return BackupRun(
          upid: "\(index)",
          node: "CoolerHostname",
          start: start,
          end: start,
          status: "OK",
          log: log
        )
      }
    }
    #expect(assessment.size(of: 100) == BackupAssessment.Figure(newest: 100, usual: 410))
    #expect(assessment.duration(of: 100) == BackupAssessment.Figure(newest: 900, usual: 60))
    let few = try BackupFixtures.assessment()
    #expect(few.size(of: 100)?.usual == nil && few.size(of: 100)?.newest != nil)
  }
}
