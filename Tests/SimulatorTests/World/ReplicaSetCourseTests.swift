// SPDX-License-Identifier: MIT
import MetricModel
import Testing

@testable import Simulator

/// What becomes of the three databases of the reference cluster: 103, 104 and 105.
@Suite struct ReplicaSetCourseTests {
  private var questions = MemberQuestions()
  private let members = [103, 104, 105]

  private var course: ReplicaSetCourse { questions.course }

  @Test func `a set begins with one primary and two secondaries that are up to date`() throws {
    #expect(members.map { questions.state(of: $0, at: tuesday) } == [1, 2, 2])
    #expect(course.set.name == "rs0")
    for second in 0..<30 {
      let newest = members.map { questions.newest(of: $0, at: tuesday.plus(second)) }
      let now = tuesday.plus(second).wholeSeconds
      #expect(newest.allSatisfy { (now - 1...now).contains($0) })
    }
  }

  @Test
  mutating func `a primary that dies is followed by another one after the timeout, one term on`()
    throws
  {
    let term = course.term(at: tuesday)
    questions.world.begin(.primaryDown, at: tuesday.plus(5))
    #expect(questions.world.periods[0].guest == 103)
    #expect(questions.state(of: 103, at: tuesday.plus(5)) == nil)
    for second in 6...14 {
      #expect(course.primary(at: tuesday.plus(second)) == nil)
      #expect(questions.newest(of: 104, at: tuesday.plus(second)) <= tuesday.plus(5).wholeSeconds)
    }
    let elected = try #require(course.primary(at: tuesday.plus(17)))
    #expect([104, 105].contains(elected))
    #expect(course.term(at: tuesday.plus(17)) == term + 1)
    let reign = course.reigns[1]
    let wait = reign.begin - tuesday.plus(5)
    #expect((Duration.seconds(10)...(.milliseconds(11_500))).contains(wait))
    #expect(reign.reason == .electionTimeout && reign.prior == 103)
    let status = try questions.status(of: elected, at: tuesday.plus(17))
    #expect(status[path: "electionCandidateMetrics", "lastElectionReason"] == "electionTimeout")
    #expect(status[path: "electionCandidateMetrics", "priorPrimaryMemberId"] == 0)
    questions.world.end(.primaryDown, at: tuesday.plus(40))
    let states = [40_100, 41_000, 42_000, 43_000].map { milliseconds in
      questions.face(103, at: tuesday + .milliseconds(milliseconds))?.state
    }
    #expect(states == [.startup, .startup2, .recovering, .secondary])
    #expect(course.reigns.count == 2 && course.primary(at: tuesday.plus(100)) == elected)
  }

  @Test mutating func `a primary that is shut down hands over at once`() {
    questions.world.begin(.guestStopped(103), at: tuesday.plus(5))
    #expect(course.primary(at: tuesday.plus(7)) != nil)
    #expect(course.reigns[1].reason == .handOver)
  }

  @Test mutating func `without a majority the primary steps down and nobody takes its place`()
    throws
  {
    questions.world.begin(.processDown(104), at: tuesday.plus(4))
    #expect(course.primary(at: tuesday.plus(60)) == 103)
    questions.world.begin(.processDown(105), at: tuesday.plus(10))
    #expect(questions.state(of: 103, at: tuesday.plus(19)) == 1)
    #expect(questions.state(of: 103, at: tuesday.plus(21)) == 2)
    #expect(course.primary(at: tuesday.plus(500)) == nil)
    let stopped = questions.newest(of: 103, at: tuesday.plus(21))
    #expect(questions.newest(of: 103, at: tuesday.plus(90)) == stopped)
    for other in [104, 105] {
      let entry = try questions.entry(of: other, by: 103, at: tuesday.plus(30))
      #expect(entry["health"] == 0.0 && entry["state"] == 8)
      #expect(entry[path: "optime", "ts"] == .moment(seconds: 0, increment: 0))
      #expect(entry["stateStr"] == "(not reachable/healthy)")
    }
    questions.world.end(.processDown(105), at: tuesday.plus(100))
    #expect(course.primary(at: tuesday.plus(99)) == nil)
    #expect(course.primary(at: tuesday.plus(106)) == 103)
  }

  @Test mutating func `a majority that is back within the timeout changes nothing`() {
    questions.world.begin(.processDown(104), at: tuesday.plus(4))
    questions.world.begin(.processDown(105), at: tuesday.plus(5))
    questions.world.end(.processDown(105), at: tuesday.plus(12))
    #expect(course.reigns.count == 1 && course.primary(at: tuesday.plus(50)) == 103)
  }

  @Test mutating func `a member that lost its data copies it and only then is a secondary`() throws
  {
    questions.world.begin(.dataLost(105), at: tuesday.plus(4))
    #expect(questions.face(105, at: tuesday.plus(10)) == nil)
    questions.world.end(.dataLost(105), at: tuesday.plus(30))
    let syncing = try questions.status(of: 105, at: tuesday.plus(37))
    #expect(syncing["myState"] == 5)
    let copied = syncing[path: "initialSyncStatus", "approxTotalBytesCopied"]?.number ?? 0
    let total = syncing[path: "initialSyncStatus", "approxTotalDataSize"]?.number ?? 1
    #expect((0.4...0.5).contains(copied / total))
    #expect(try questions.entry(of: 105, by: 103, at: tuesday.plus(37))["health"] == 1.0)
    #expect(course.opTime(of: 105, at: tuesday.plus(37)) == .none)
    #expect(questions.state(of: 105, at: tuesday + .milliseconds(45_500)) == 3)
    #expect(questions.state(of: 105, at: tuesday.plus(47)) == 2)
    #expect(questions.newest(of: 105, at: tuesday.plus(50)) >= tuesday.plus(49).wholeSeconds)
    #expect(try questions.status(of: 105, at: tuesday.plus(47))["initialSyncStatus"] == nil)
  }

  @Test
  mutating func
    `a secondary that applies nothing falls behind a second each second, then catches up`()
  {
    questions.world.begin(.replicationStalled(105), at: tuesday.plus(10))
    func lag(_ second: Int) -> Int64 {
      questions.newest(of: 103, at: tuesday.plus(second))
        - questions.newest(of: 105, at: tuesday.plus(second))
    }
    #expect(lag(9) <= 1)
    #expect((29...31).contains(lag(40)) && (59...61).contains(lag(70)))
    questions.world.end(.replicationStalled(105), at: tuesday.plus(70))
    #expect((30...45).contains(lag(72)))
    #expect(lag(80) <= 1)
    #expect(course.reigns.count == 1)
  }

  @Test mutating func `a node without power is missed after ten seconds, a process at once`() throws
  {
    questions.world.begin(.nodeDown("CoolerHostname2"), at: tuesday.plus(10))
    questions.world.begin(.processDown(105), at: tuesday.plus(10))
    let soon = try questions.entry(of: 105, by: 103, at: tuesday.plus(13))
    #expect(soon["health"] == 0.0)
    let silent = try questions.entry(of: 104, by: 103, at: tuesday.plus(13))
    #expect(silent["health"] == 1.0 && silent["state"] == 2)
    let late = try questions.entry(of: 104, by: 103, at: tuesday.plus(23))
    #expect(late["health"] == 0.0 && late["uptime"] == 0)
    guard case .date(let heard)? = late["lastHeartbeatRecv"] else { return }
    #expect(heard <= tuesday.plus(10) && heard > tuesday.plus(7))
  }

  /// What a majority has can be lost only with the data of members.
  @Test(arguments: [false, true])
  mutating func `terms never fall and oplogs never go back, whatever happens`(losesData: Bool) {
    let seed: UInt64 = losesData ? 2 : 1
    var noise = SeededNoise(seed: seed).bits("start")
    var now = tuesday
    let faults: [Fault] = [
      .primaryDown, .processDown(103), .processDown(104), .processDown(105),
      .replicationStalled(105), .nodeDown("CoolerHostname"), .guestStopped(104),
      .guestMoved(103, to: "CoolerHostname3"), losesData ? .dataLost(104) : .guestStopped(105),
    ]
    var term: Int64 = 0
    var committed = OpTime.none
    for step in 0..<120 {
      noise = SeededNoise(seed: noise).bits("step")
      now = now + .milliseconds(Int64(noise % 20_000))
      let fault = faults[Int(noise >> 20) % faults.count]
      if questions.world.has(fault, at: now) {
        questions.world.end(fault, at: now)
      } else {
        questions.world.begin(fault, at: now)
      }
      #expect(course.term(at: now) >= term, "seed \(seed), step \(step)")
      term = course.term(at: now)
      let all = course.reigns.filter { $0.begin <= now }
      #expect(zip(all, all.dropFirst()).allSatisfy { ($0.end ?? .distantFuture) < $1.begin })
      if course.primary(at: now) != nil, !losesData {
        #expect(course.committed(at: now).seconds >= committed.seconds, "seed \(seed)")
        committed = course.committed(at: now)
      }
    }
    #expect(term > 5)
  }

  @Test func `a large plan has a replica set for every five databases`() {
    let plan = ClusterPlan.ofDatabases(100)
    #expect(plan.replicaSets.count == 20)
    #expect(plan.replicaSets.allSatisfy { $0.members.count == 5 && $0.majority == 3 })
    #expect(Set(plan.guests.map(\.address)).count == 100)
  }
}
