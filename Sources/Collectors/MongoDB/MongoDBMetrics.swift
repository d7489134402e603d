// SPDX-License-Identifier: MIT
import MetricModel

/// What the MongoDB collectors emit, besides `hvsmon_deviation`: the names of
/// percona/mongodb_exporter, and hvsmon's own.
///
/// The exporter makes its names of the servers' own field names, capitals included.
enum MongoDBMetrics {
  private static func gauge(
    _ name: String,
    unit: String? = nil,
    _ help: String
  ) -> MetricDefinition {
    MetricDefinition(name, .gauge, unit: unit, help: help)
  }

  private static func gauge(
    _ name: String,
    _ labels: Set<String>,
    unit: String? = nil,
    _ help: String
  ) -> MetricDefinition {
    MetricDefinition(name, .gauge, unit: unit, labels: labels, help: help)
  }

  /// The exporter's counters lack the suffix of one.
  private static func count(_ name: String, _ help: String) -> MetricDefinition {
    MetricDefinition(name, .unknown, help: help)
  }

  private static func count(
    _ name: String,
    _ labels: Set<String>,
    _ help: String
  ) -> MetricDefinition {
    MetricDefinition(name, .unknown, labels: labels, help: help)
  }

  // MARK: One member

  static let up = gauge(
    "mongodb_up",
    "1 when the member answered the last settled poll, else 0."
  )
  static let loggedIn = gauge(
    "hvsmon_mongodb_logged_in",
    "1 when the member knows who asks; 0 at an arbiter, which has no users, and after a refusal."
  )
  static let version = MetricDefinition(
    "mongodb_version_info",
    .info,
    labels: ["mongodb"],
    help: "The member's version."
  )
  static let featureVersion = gauge(
    "mongodb_fcv_feature_compatibility_version",
    ["version"],
    "The release whose features the member may use and whose data files it writes, as a number."
  )
  static let myState = gauge(
    "mongodb_rs_myState",
    "The member's state by its own word: 1 primary, 2 secondary, 3 recovering, 5 first sync, 7 "
      + "arbiter, 9 rollback, 10 removed."
  )
  static let term = gauge("mongodb_rs_term", "The highest election term that the member knows.")
  static let memberState = gauge(
    "mongodb_rs_members_state",
    ["member_idx"],
    "The state of a member as the polled one sees it; 6 unknown, 8 down."
  )
  static let memberHealth = gauge(
    "mongodb_rs_members_health",
    ["member_idx"],
    "1 when the polled member hears the other one's heartbeat, else 0."
  )
  static let memberUptime = gauge(
    "mongodb_rs_members_uptime",
    ["member_idx"],
    "Seconds for which the polled member has seen the other one up."
  )
  static let memberPing = gauge(
    "mongodb_rs_members_pingMs",
    ["member_idx"],
    "Milliseconds of a heartbeat between the polled member and the other one."
  )
  static let memberConfigVersion = gauge(
    "mongodb_rs_members_configVersion",
    ["member_idx"],
    "The version of the configuration that the other member has."
  )
  static let clockSkew = gauge(
    "hvsmon_mongodb_clock_skew_seconds",
    unit: "seconds",
    "The member's clock minus hvsmon's, uncertain by the time of one answer."
  )
  static let majorityLag = gauge(
    "hvsmon_mongodb_majority_lag_seconds",
    unit: "seconds",
    "How far the newest write that a majority has is behind the member's own newest write."
  )
  static let oplogWindow = gauge(
    "hvsmon_mongodb_oplog_window_seconds",
    unit: "seconds",
    "From the oldest to the newest entry of the member's oplog: how long another may be away."
  )
  static let initialSync = gauge(
    "hvsmon_mongodb_initial_sync_ratio",
    unit: "ratio",
    "How much of the data of a first sync is copied, 0 to 1."
  )
  static let tooStale = gauge(
    "hvsmon_mongodb_too_stale",
    "1 when the member fell behind every oplog and has to be synced anew, else 0."
  )

  // MARK: The replica set; `member` is the declared name, or else as the set calls it

  static let setPrimaries = gauge(
    "hvsmon_mongodb_set_primaries",
    "How many members say that they are the primary."
  )
  static let setPrimary = gauge(
    "hvsmon_mongodb_set_primary",
    ["member"],
    "1 for the primary of the highest term, 0 for every other member."
  )
  static let setMemberState = gauge(
    "hvsmon_mongodb_set_member_state",
    ["member"],
    "A member's state by its own word, or else by the primary's or anybody's."
  )
  static let setMemberAnswers = gauge(
    "hvsmon_mongodb_set_member_answers",
    ["member"],
    "1 when the member answered hvsmon itself, else 0."
  )
  static let setLag = gauge(
    "hvsmon_mongodb_replication_lag_seconds",
    ["member", "source"],
    unit: "seconds",
    "How far a member is behind the primary, less its own delay; source is own, or heartbeat when "
      + "only the primary could tell. Absent while unknown."
  )
  static let setBehindNewest = gauge(
    "hvsmon_mongodb_behind_newest_seconds",
    ["member"],
    unit: "seconds",
    "How far a member is behind the newest one that answered; known without a primary too."
  )
  static let setTerm = gauge("hvsmon_mongodb_set_term", "The highest election term of any member.")
  static let setElections = MetricDefinition(
    "hvsmon_mongodb_set_elections_total",
    .counter,
    help: "Elections seen since hvsmon started."
  )
  static let setElectionTime = gauge(
    "hvsmon_mongodb_set_election_timestamp_seconds",
    unit: "seconds",
    "When the primary was elected, in Unix seconds of its own clock."
  )
  static let setBrokenLinks = gauge(
    "hvsmon_mongodb_set_broken_links",
    "Pairs of members of which one sees the other as down although both answer hvsmon."
  )
  static let setDisputed = gauge(
    "hvsmon_mongodb_set_disputed_members",
    "Members about whose state the answers of the members differ."
  )
  static let setHasMajority = gauge(
    "hvsmon_mongodb_set_majority_present",
    "1 when a group of members that see each other can elect a primary, else 0."
  )
  static let setSpareVotes = gauge(
    "hvsmon_mongodb_set_spare_votes",
    "Votes that may still be lost before no primary can be elected; negative when too few are left."
  )

  // MARK: The server

  static let uptime = gauge("mongodb_ss_uptime", "Seconds since the process started.")
  static let isWritablePrimary = gauge(
    "mongodb_ss_repl_isWritablePrimary",
    "1 when the member takes writes, else 0; falls before the state does when it steps down."
  )
  static let rollbackID = gauge(
    "mongodb_ss_repl_rbid",
    "Rises by one with each rollback of the member."
  )
  static let connections = gauge(
    "mongodb_ss_connections",
    ["conn_type"],
    "Connections: current, available, active, and totalCreated since the start."
  )
  static let opcounters = count(
    "mongodb_ss_opcounters",
    ["legacy_op_type"],
    "Operations of clients since the start."
  )
  static let opcountersReplicated = count(
    "mongodb_ss_opcountersRepl",
    ["legacy_op_type"],
    "Operations applied from the oplog since the start."
  )
  static let asserts = count("mongodb_ss_asserts", ["assert_type"], "Assertions since the start.")
  static let bytesIn = count("mongodb_ss_network_bytesIn", "Bytes received since the start.")
  static let bytesOut = count("mongodb_ss_network_bytesOut", "Bytes sent since the start.")
  static let requests = count("mongodb_ss_network_numRequests", "Requests since the start.")
  static let residentMemory = gauge("mongodb_ss_mem_resident", "Resident memory in MiB.")
  static let queue = gauge(
    "mongodb_ss_globalLock_currentQueue",
    ["count_type"],
    "Operations that wait for a lock."
  )
  static let isLagged = gauge(
    "mongodb_ss_flowControl_isLagged",
    "1 when the primary holds back writes because a majority is behind, else 0."
  )
  static let laggedMicros = count(
    "mongodb_ss_flowControl_isLaggedTimeMicros",
    "Microseconds for which writes were held back since the start."
  )
  static let cacheBytes = gauge(
    "mongodb_ss_wt_cache_bytes_currently_in_the_cache",
    "Bytes in the cache of WiredTiger."
  )
  static let cacheLimit = gauge(
    "mongodb_ss_wt_cache_maximum_bytes_configured",
    "Bytes that the cache of WiredTiger may have."
  )
  static let cacheDirty = gauge(
    "mongodb_ss_wt_cache_tracked_dirty_bytes_in_the_cache",
    "Bytes in the cache of WiredTiger that are not on disk yet."
  )
  static let ticketsFree = gauge(
    "mongodb_ss_wt_concurrentTransactions_available",
    ["txn_rw_type"],
    "Free tickets for storage transactions."
  )
  static let ticketsOut = gauge(
    "mongodb_ss_wt_concurrentTransactions_out",
    ["txn_rw_type"],
    "Storage transactions that run."
  )

  static let member = [
    up, loggedIn, version, featureVersion, myState, term, memberState, memberHealth, memberUptime,
    memberPing,
    memberConfigVersion, clockSkew, majorityLag, oplogWindow, initialSync, tooStale, uptime,
    isWritablePrimary, rollbackID, connections, opcounters, opcountersReplicated, asserts, bytesIn,
    bytesOut, requests, residentMemory, queue, isLagged, laggedMicros, cacheBytes, cacheLimit,
    cacheDirty, ticketsFree, ticketsOut,
  ]

  static let set = [
    setPrimaries, setPrimary, setMemberState, setMemberAnswers, setLag, setBehindNewest, setTerm,
    setElections, setElectionTime, setBrokenLinks, setDisputed, setHasMajority, setSpareVotes,
  ]
}
