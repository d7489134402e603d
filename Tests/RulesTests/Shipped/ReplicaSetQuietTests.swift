// SPDX-License-Identifier: MIT
import MetricModel
import Rules
import Testing

/// Where the shipped rules for MongoDB must stay quiet, and what they say when they do not.
@Suite struct ReplicaSetQuietTests {
  @Test func `a whole set is quiet`() throws {
    let bench = try ReplicaSetBench()
    bench.run(for: 1_830)
    #expect(bench.names == [])
  }

  @Test func `an idle set, whose lag jumps to ten seconds at every entry, is quiet`() throws {
    let bench = try ReplicaSetBench(
      only: "MongoLag",
      "MongoLagHigh",
      "MongoFallingOffOplog",
      "MongoMajorityLag"
    )
    for second in 0..<80 {
      bench.setLag("mongo2", second % 2 == 0 ? 10 : 0)
      bench.setLag("mongo3", 10)
      bench.run()
    }
    #expect(bench.names == [])
  }

  @Test func `an arbiter, which logs nobody in and keeps no data, is quiet`() throws {
    let bench = try ReplicaSetBench()
    bench.end(where: ["instance": "mongo3"])
    bench.end("hvsmon_mongodb_replication_lag_seconds", where: ["member": "mongo3:27017"])
    bench.set("mongo3", "up", 1)
    bench.set("mongo3", "mongodb_rs_myState", 7)
    bench.set("mongo3", "hvsmon_mongodb_logged_in", 0)
    bench.setOfSet("hvsmon_mongodb_set_member_state", member: "mongo3", 7)
    bench.run(for: 630)
    #expect(bench.names == [])
  }

  @Test func `a hidden member that is delayed by an hour is quiet`() throws {
    let bench = try ReplicaSetBench(only: "MongoLag", "MongoLagHigh", "MongoFallingOffOplog")
    // The collector takes the delay off.
    bench.setLag("mongo3", 0)
    bench.setOfSet("hvsmon_mongodb_behind_newest_seconds", member: "mongo3", 3_600)
    bench.run(for: 630)
    #expect(bench.names == [])
  }

  @Test func `a first sync has ten minutes, and no lag`() throws {
    let bench = try ReplicaSetBench()
    bench.set("mongo3", "mongodb_rs_myState", 5)
    bench.setOfSet("hvsmon_mongodb_set_member_state", member: "mongo3", 5)
    bench.end("hvsmon_mongodb_replication_lag_seconds", where: ["member": "mongo3:27017"])
    bench.run(for: 600)
    #expect(bench.names == [])
    bench.set("mongo3", "hvsmon_mongodb_initial_sync_ratio", 0.25)
    bench.run()
    #expect(bench.names == ["MongoInitialSync"])
    #expect(
      bench.summary("MongoInitialSync") == "MongoDB on mongo3 copies all data anew (25% done)."
    )
  }

  @Test func `the short oplog of a young set is no fault`() throws {
    let bench = try ReplicaSetBench(
      only: "MongoOplogWindowShort",
      "MongoOplogWindowTooShort",
      "MongoBackupTooOldToRejoin"
    )
    for member in ReplicaSetBench.members {
      bench.set(member, "hvsmon_mongodb_oplog_window_seconds", 7_000)
      bench.set(member, "mongodb_ss_uptime", 7_600)
    }
    bench.run(for: 1_900)
    #expect(bench.names == [])
  }

  @Test func `an election of fifteen seconds is no loss of the primary`() throws {
    let bench = try ReplicaSetBench()
    bench.run(for: 60)
    bench.setOfSet("hvsmon_mongodb_set_primaries", 0)
    bench.setOfSet("hvsmon_mongodb_set_member_state", member: "mongo1", 8)
    bench.run(for: 30)
    #expect(bench.names == [])
    bench.setOfSet("hvsmon_mongodb_set_primaries", 1)
    bench.run(for: 60)
    #expect(bench.names == [])
  }

  @Test func `a primary that only the other members hear is one`() throws {
    let bench = try ReplicaSetBench(
      only: "MongoNoPrimary",
      "MongoMajorityLost",
      "MongoTwoPrimaries",
      "MongoMemberDown"
    )
    bench.set("mongo1", "up", 0)
    bench.setOfSet("hvsmon_mongodb_set_primaries", 0)
    bench.run(for: 600)
    #expect(bench.names == ["MongoMemberDown"])
  }

  @Test func `a member that is down has no version of the configuration that counts`() throws {
    let bench = try ReplicaSetBench(
      only: "MongoMemberDown",
      "MongoConfigurationsDiffer",
      "MongoVersionsDiffer"
    )
    for other in ["mongo1", "mongo2"] {
      let index = ["member_idx": "mongo3:27017"]
      bench.set(other, "mongodb_rs_members_health", index, 0)
      bench.set(other, "mongodb_rs_members_configVersion", index, 1)
    }
    bench.end(where: ["instance": "mongo3"])
    bench.set("mongo3", "up", 0)
    bench.run(for: 1_800)
    #expect(bench.names == ["MongoMemberDown"])
  }

  @Test func `few free tickets are no fault while nothing waits`() throws {
    let bench = try ReplicaSetBench(only: "MongoTicketsShort", "MongoOperationsQueue")
    let reading = ["txn_rw_type": "read"]
    bench.set("mongo2", "mongodb_ss_wt_concurrentTransactions_available", reading, 0)
    bench.set("mongo2", "mongodb_ss_wt_concurrentTransactions_out", reading, 16)
    bench.run(for: 630)
    #expect(bench.names == [])
  }

  @Test func `the messages say what it is and who is in which state`() throws {
    let bench = try ReplicaSetBench()
    bench.setOfSet("hvsmon_mongodb_set_primaries", 0)
    bench.setOfSet("hvsmon_mongodb_set_member_state", member: "mongo1", 8)
    bench.setOfSet("hvsmon_mongodb_set_member_state", member: "mongo3", 3)
    bench.set("mongo3", "mongodb_rs_myState", 3)
    bench.set("mongo2", "mongodb_rs_members_health", ["member_idx": "mongo3:27017"], 0)
    bench.setOfSet("hvsmon_mongodb_set_broken_links", 1)
    bench.setLag("mongo2", 75.4)
    bench.run(for: 660)
    #expect(bench.summary("MongoNoPrimary") == "rs0 has no primary: nothing can be written.")
    #expect(
      bench.description("MongoNoPrimary")?.hasPrefix(
        "Members: mongo1 in state 8. mongo2 secondary. mongo3 in state 3. Bring"
      ) == true
    )
    #expect(
      bench.summary("MongoMemberNotReady")
        == "MongoDB on mongo3 runs, but is recovering: it cannot serve or take over."
    )
    #expect(
      bench.description("MongoLinkBroken")?.hasPrefix("Who sees whom as down: mongo2 mongo3.")
        == true
    )
    #expect(bench.summary("MongoLag") == "mongo2 of rs0 is 1m 15s behind the primary.")
  }
}
