// SPDX-License-Identifier: MIT
import MetricModel
import Rules
import Testing

/// When the shipped rules for MongoDB fire, and when they end.
@Suite struct ReplicaSetRulesTests {
  /// A series that goes bad, and the alert that says so.
  struct Case: CustomTestStringConvertible, Sendable {
    let alert: String
    let severity: String
    /// Seconds for which it must be bad, and for which the alert outlives it.
    let hold: Int
    let keep: Int
    let isDown: Bool
    let spoil: @Sendable (ReplicaSetBench) -> Void
    let mend: @Sendable (ReplicaSetBench) -> Void

    var testDescription: String { alert }

    init(
      _ alert: String,
      _ severity: String,
      after hold: Int,
      keeps keep: Int = 0,
      isDown: Bool = false,
      _ spoil: @escaping @Sendable (ReplicaSetBench) -> Void,
      mend: @escaping @Sendable (ReplicaSetBench) -> Void
    ) {
      self.alert = alert
      self.severity = severity
      self.hold = hold
      self.keep = keep
      self.isDown = isDown
      self.spoil = spoil
      self.mend = mend
    }

    /// One series of the member mongo2.
    init(
      _ alert: String,
      _ severity: String,
      after hold: Int,
      keeps keep: Int = 0,
      isDown: Bool = false,
      _ metric: String,
      _ labels: [String: String] = [:],
      bad: Double,
      good: Double
    ) {
      self.init(alert, severity, after: hold, keeps: keep, isDown: isDown) {
        $0.set("mongo2", metric, labels, bad)
      } mend: {
        $0.set("mongo2", metric, labels, good)
      }
    }

    /// One series of the set.
    init(
      _ alert: String,
      _ severity: String,
      after hold: Int,
      isDown: Bool = false,
      ofSet metric: String,
      bad: Double,
      good: Double
    ) {
      self.init(alert, severity, after: hold, isDown: isDown) {
        $0.setOfSet(metric, bad)
      } mend: {
        $0.setOfSet(metric, good)
      }
    }
  }

  static let ofSet: [Case] = [
    Case("MongoNoPrimary", "page", after: 30, isDown: true) {
      $0.setOfSet("hvsmon_mongodb_set_primaries", 0)
      $0.setOfSet("hvsmon_mongodb_set_member_state", member: "mongo1", 2)
    } mend: {
      $0.setOfSet("hvsmon_mongodb_set_primaries", 1)
    },
    Case(
      "MongoMajorityLost",
      "page",
      after: 30,
      isDown: true,
      ofSet: "hvsmon_mongodb_set_majority_present",
      bad: 0,
      good: 1
    ),
    Case(
      "MongoTwoPrimaries",
      "page",
      after: 30,
      ofSet: "hvsmon_mongodb_set_primaries",
      bad: 2,
      good: 1
    ),
    Case(
      "MongoViewsDisagree",
      "warning",
      after: 120,
      ofSet: "hvsmon_mongodb_set_disputed_members",
      bad: 1,
      good: 0
    ),
    Case(
      "MongoLinkBroken",
      "warning",
      after: 60,
      ofSet: "hvsmon_mongodb_set_broken_links",
      bad: 1,
      good: 0
    ),
    Case("MongoLag", "warning", after: 120, keeps: 60) {
      $0.setLag("mongo2", 12)
    } mend: {
      $0.setLag("mongo2", 1)
    },
    Case("MongoLagHigh", "page", after: 300, keeps: 60) {
      $0.setLag("mongo2", 61)
    } mend: {
      $0.setLag("mongo2", 1)
    },
    Case("MongoFallingOffOplog", "page", after: 300) {
      $0.setLag("mongo3", 226_000)
    } mend: {
      $0.setLag("mongo3", 1)
    },
    Case("MongoConfigurationsDiffer", "warning", after: 900) { bench in
      bench.set(
        "mongo2",
        "mongodb_rs_members_configVersion",
        ["member_idx": "mongo3:27017"],
        2
      )
    } mend: { bench in
      bench.set(
        "mongo2",
        "mongodb_rs_members_configVersion",
        ["member_idx": "mongo3:27017"],
        3
      )
    },
    Case("MongoVersionsDiffer", "info", after: 900) { bench in
      bench.end("mongodb_version_info", where: ["instance": "mongo2"])
      bench.set("mongo2", "mongodb_version_info", ["mongodb": "8.0.4"], 1)
    } mend: { bench in
      bench.end("mongodb_version_info", where: ["instance": "mongo2"])
      bench.set("mongo2", "mongodb_version_info", ["mongodb": "7.0.12"], 1)
    },
    Case("MongoFeatureVersionsDiffer", "warning", after: 900) { bench in
      bench.end("mongodb_fcv_feature_compatibility_version", where: ["instance": "mongo2"])
      bench.set("mongo2", "mongodb_fcv_feature_compatibility_version", ["version": "8.0"], 8)
    } mend: { bench in
      bench.end("mongodb_fcv_feature_compatibility_version", where: ["instance": "mongo2"])
      bench.set("mongo2", "mongodb_fcv_feature_compatibility_version", ["version": "7.0"], 7)
    },
  ]

  static let ofMember: [Case] = [
    Case("MongoMemberDown", "warning", after: 0, isDown: true, "up", bad: 0, good: 1),
    Case(
      "MongoMemberNotReady",
      "warning",
      after: 600,
      isDown: true,
      "mongodb_rs_myState",
      bad: 3,
      good: 2
    ),
    Case(
      "MongoInitialSync",
      "info",
      after: 600,
      isDown: true,
      "mongodb_rs_myState",
      bad: 5,
      good: 2
    ),
    Case("MongoRollback", "page", after: 0, "mongodb_rs_myState", bad: 9, good: 2),
    Case(
      "MongoTooStale",
      "warning",
      after: 60,
      isDown: true,
      "hvsmon_mongodb_too_stale",
      bad: 1,
      good: 0
    ),
    Case("MongoMajorityLag", "warning", after: 120) {
      $0.set("mongo1", "hvsmon_mongodb_majority_lag_seconds", 11)
    } mend: {
      $0.set("mongo1", "hvsmon_mongodb_majority_lag_seconds", 0)
    },
    Case(
      "MongoOplogWindowShort",
      "warning",
      after: 1_800,
      "hvsmon_mongodb_oplog_window_seconds",
      bad: 172_799,
      good: 172_800
    ),
    Case(
      "MongoOplogWindowTooShort",
      "page",
      after: 1_800,
      "hvsmon_mongodb_oplog_window_seconds",
      bad: 86_399,
      good: 86_400
    ),
    Case(
      "MongoConnectionsNearLimit",
      "warning",
      after: 300,
      keeps: 300,
      "mongodb_ss_connections",
      ["conn_type": "available"],
      bad: 7,
      good: 800
    ),
    Case(
      "MongoOperationsQueue",
      "warning",
      after: 300,
      "mongodb_ss_globalLock_currentQueue",
      ["count_type": "total"],
      bad: 3,
      good: 0
    ),
    Case("MongoTicketsShort", "warning", after: 300) { bench in
      let reading = ["txn_rw_type": "read"]
      bench.set("mongo2", "mongodb_ss_wt_concurrentTransactions_available", reading, 1)
      bench.set("mongo2", "mongodb_ss_wt_concurrentTransactions_out", reading, 15)
      bench.set("mongo2", "mongodb_ss_globalLock_currentQueue", ["count_type": "total"], 1)
    } mend: { bench in
      bench.set("mongo2", "mongodb_ss_globalLock_currentQueue", ["count_type": "total"], 0)
    },
    Case(
      "MongoCacheDirty",
      "warning",
      after: 600,
      keeps: 300,
      "mongodb_ss_wt_cache_tracked_dirty_bytes_in_the_cache",
      bad: 2.1e8,
      good: 1e8
    ),
    Case(
      "MongoCacheFull",
      "warning",
      after: 600,
      keeps: 300,
      "mongodb_ss_wt_cache_bytes_currently_in_the_cache",
      bad: 9.6e8,
      good: 8e8
    ),
    Case("MongoRestarted", "info", after: 0, "mongodb_ss_uptime", bad: 119, good: 120),
    Case(
      "MongoClocksDiffer",
      "warning",
      after: 600,
      "hvsmon_mongodb_clock_skew_seconds",
      bad: 2.5,
      good: 0.02
    ),
    Case("MongoBackupTooOldToRejoin", "warning", after: 1_800) {
      $0.setBackup(of: "mongo2", begunAt: -300_000)
    } mend: {
      $0.setBackup(of: "mongo2", begunAt: 0)
    },
    Case(
      "MongoLoginRefused",
      "warning",
      after: 300,
      "hvsmon_collector_partial",
      ["part": "login", "reason": "login_refused"],
      bad: 1,
      good: 0
    ),
    Case(
      "MongoRightMissing",
      "warning",
      after: 300,
      "hvsmon_collector_partial",
      ["part": "oplog", "reason": "Unauthorized"],
      bad: 1,
      good: 0
    ),
  ]

  @Test(arguments: ofSet + ofMember)
  func `an alert fires after its hold, not one step earlier, and ends`(_ example: Case) throws {
    let bench = try ReplicaSetBench(only: example.alert)
    bench.run(for: 60)
    #expect(bench.names == [])
    example.spoil(bench)
    if example.hold > 0 { bench.run(for: example.hold) }
    #expect(!bench.names.contains(example.alert))
    bench.run()
    let alert = try #require(bench.alert(example.alert))
    #expect(alert.labels["severity"] == example.severity)
    #expect((alert.labels["fault"] == "down") == example.isDown)
    #expect(alert.labels["tier"] == "database" || alert.labels["name"] == "mongo2")
    for note in alert.annotations {
      #expect(!note.value.contains("<error") && !note.value.isEmpty, "\(note.value)")
    }
    example.mend(bench)
    if example.keep > 0 {
      bench.run(for: example.keep)
      #expect(bench.names.contains(example.alert))
    }
    bench.run()
    #expect(!bench.names.contains(example.alert))
  }

  /// Of what an alert about several members at once is made, some are always known.
  static let ofOneTarget = (ofSet + ofMember).filter { example in
    let ofSeveral = [
      "MongoMemberDown", "MongoClocksDiffer", "MongoConfigurationsDiffer", "MongoVersionsDiffer",
      "MongoBackupTooOldToRejoin", "MongoFeatureVersionsDiffer",
    ]
    return !ofSeveral.contains(example.alert)
  }

  @Test(arguments: ofOneTarget)
  func `what cannot be asked neither fires nor ends`(_ example: Case) throws {
    func loseAll(_ bench: ReplicaSetBench) {
      for instance in ReplicaSetBench.members + ["rs0"] {
        bench.unreachable.insert(instance)
        bench.end(where: ["instance": instance])
      }
    }
    let bench = try ReplicaSetBench(only: example.alert)
    example.spoil(bench)
    bench.run(for: example.hold + ReplicaSetBench.step)
    let before = bench.names
    #expect(before.contains(example.alert))
    loseAll(bench)
    bench.run(for: 120)
    #expect(bench.names == before)
    #expect(bench.alert(example.alert)?.isUnknown == true)

    guard example.hold > 0 else { return }
    let pending = try ReplicaSetBench(only: example.alert)
    example.spoil(pending)
    pending.run(for: max(example.hold - 2 * ReplicaSetBench.step, ReplicaSetBench.step))
    loseAll(pending)
    pending.run(for: 600)
    #expect(!pending.names.contains(example.alert))
  }

  @Test func `an election is told for two minutes, and a third within the hour wakes somebody`()
    throws
  {
    let bench = try ReplicaSetBench(only: "MongoElection", "MongoElectionsFrequent")
    bench.run(for: 600)
    for count in 1...3 {
      bench.setOfSet("hvsmon_mongodb_set_elections_total", Double(count))
      bench.run(for: 30)
      #expect(bench.summary("MongoElection") == "rs0 has elected a primary: mongo1.")
      #expect(bench.names.contains("MongoElectionsFrequent") == (count == 3))
      bench.run(for: 120)
      #expect(!bench.names.contains("MongoElection"))
    }
    bench.run(for: 3_600)
    #expect(bench.names == [])
  }

  @Test func `a rollback between two polls is told by its count, a restored member by nothing`()
    throws
  {
    let bench = try ReplicaSetBench(only: "MongoRollback")
    bench.run(for: 60)
    bench.set("mongo2", "mongodb_ss_repl_rbid", 2)
    bench.run()
    #expect(bench.names == ["MongoRollback"])
    bench.run(for: 1_000)
    #expect(bench.names == [])
    bench.set("mongo2", "mongodb_ss_repl_rbid", 1)
    bench.run(for: 300)
    #expect(bench.names == [])
  }

  @Test func `rates are told while they last`() throws {
    let bench = try ReplicaSetBench(only: "MongoFlowControl", "MongoAsserts")
    bench.run(for: 60)
    for _ in 0..<60 {
      bench.raise("mongo1", "mongodb_ss_flowControl_isLaggedTimeMicros", by: 3e6)
      bench.raise("mongo2", "mongodb_ss_asserts", ["assert_type": "regular"], by: 2)
      bench.run()
    }
    #expect(bench.names == ["MongoFlowControl", "MongoAsserts"])
    #expect(bench.alert("MongoFlowControl")?.labels["instance"] == "mongo1")
    bench.run(for: 1_200)
    #expect(bench.names == [])
  }
}
