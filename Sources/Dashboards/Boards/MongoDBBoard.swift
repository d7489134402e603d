// SPDX-License-Identifier: MIT

extension Dashboard {
  /// Replica sets.
  static let mongodb = Dashboard(
    "mongodb",
    title: "MongoDB",
    question: "Can the sets write, would they after one more failure, and do all members keep up?",
    choices: [.tier, .member],
    sections: [
      Section(panels: setStates),
      Section("Keeping up", panels: setLags),
      Section("Load", panels: setLoad),
      Section("Memory, links and clocks", isFolded: true, panels: setDetails),
    ]
  )

  private static func set(_ metric: String) -> String {
    "max by (cluster, tier) (\(metric){@cluster,@tier})"
  }

  private static func member(_ expression: String) -> String {
    "max by (cluster, tier, instance) (\(expression))"
  }

  private static let chosen = "{@cluster,@tier,@instance}"

  private static let setStates: [Panel] = [
    Panel(
      "Majority",
      .verdict,
      .none,
      what: "Whether members that see each other can elect a primary.",
      bad: "NO MAJORITY: nobody can write.",
      remedy: "Bring members back; a forced configuration is the last way.",
      queries: [Query(set("hvsmon_mongodb_set_majority_present"), "{{tier}}")],
      limits: [Limit("MongoMajorityLost", .page, .isZero)],
      words: .majority,
      width: 5
    ),
    Panel(
      "Primaries",
      .stat,
      .none,
      what: "How many members say that they are the primary.",
      bad: "None for more than seconds, or two.",
      remedy: "None: see the majority. Two: the network is split; the older one will step down.",
      queries: [Query(set("hvsmon_mongodb_set_primaries"), "{{tier}}")],
      limits: [Limit("MongoTwoPrimaries", .page, .moreThan(1))],
      width: 3
    ),
    Panel(
      "Votes to spare",
      .verdict,
      .none,
      what: "How many votes may still be lost.",
      bad: "NO SPARE: one more failure stops writes.",
      remedy: "Bring the failed member back before any other work.",
      queries: [
        Query("min by (cluster, tier) (hvsmon_mongodb_set_spare_votes{@cluster,@tier})", "{{tier}}")
      ],
      words: .spare,
      width: 4
    ),
    Panel(
      "Members",
      .states,
      .none,
      what: "The state of each member by its own word, or else by that of the others.",
      bad: "DOWN, ROLLBACK, RECOVERING; two PRIMARY.",
      remedy: "Its log: `journalctl -u mongod -e`. A rollback keeps what it took back in files.",
      queries: [
        Query(
          "max by (cluster, tier, member) (hvsmon_mongodb_set_member_state{@cluster,@tier})",
          "{{member}}"
        )
      ],
      words: .member,
      width: 12
    ),
    Panel(
      "Elections",
      .graph,
      .perSecond,
      what: "Elections that hvsmon saw.",
      bad: "Again and again: each one stops writes for seconds.",
      remedy: "Look at links and clocks below, and at the load of the primary's node.",
      queries: [
        Query(
          "sum by (cluster, tier) (rate(hvsmon_mongodb_set_elections_total{@cluster,@tier}[$__rate_interval]))",
          "{{tier}}"
        )
      ],
      width: 12
    ),
  ]

  private static let setLags: [Panel] = [
    Panel(
      "Replication lag",
      .graph,
      .seconds,
      what: "How far each secondary is behind its primary.",
      bad: "Above the lines.",
      remedy: "Its disk, its network, or an operation on the primary that is large.",
      queries: [
        Query(
          "max by (cluster, tier, member) (hvsmon_mongodb_replication_lag_seconds{@cluster,@tier})",
          "{{member}}"
        )
      ],
      limits: [
        Limit("MongoLag", .warning, .above(10)), Limit("MongoLagHigh", .page, .above(60)),
      ]
    ),
    Panel(
      "Oplog window",
      .graph,
      .seconds,
      what: "How long another member may be away and still catch up.",
      bad: "Below the lines, once the set is older than them.",
      remedy: "`db.adminCommand({replSetResizeOplog: 1, size: MEGABYTES})` on every member.",
      queries: [Query(member("hvsmon_mongodb_oplog_window_seconds\(chosen)"), "{{instance}}")],
      limits: [
        Limit("MongoOplogWindowShort", .warning, .below(48 * 3_600)),
        Limit("MongoOplogWindowTooShort", .page, .below(24 * 3_600)),
      ]
    ),
    Panel(
      "Lag of the majority",
      .graph,
      .seconds,
      what: "How far what a majority has is behind the newest write.",
      bad: "Above the line: writes that wait for a majority hang.",
      remedy: "As for the lag of the member that is behind.",
      queries: [Query(member("hvsmon_mongodb_majority_lag_seconds\(chosen)"), "{{instance}}")],
      limits: [Limit("MongoMajorityLag", .warning, .above(10))]
    ),
  ]

  private static let setLoad: [Panel] = [
    Panel(
      "Operations",
      .graph,
      .perSecond,
      what: "What clients ask for, a second, of all members, by kind.",
      bad: "A fall to nothing, or a jump.",
      remedy: "Open Apps: was there a deploy?",
      queries: [
        Query(
          "sum by (cluster, tier, legacy_op_type) (rate(mongodb_ss_opcounters\(chosen)[$__rate_interval]))",
          "{{legacy_op_type}}"
        )
      ]
    ),
    Panel(
      "Connections of the limit",
      .graph,
      .ratio,
      what: "Connections as a share of what a member takes.",
      bad: "Above the line: new ones are refused at 100%.",
      remedy: "Look for an app whose pool has no bound.",
      queries: [
        Query(
          "sum by (cluster, tier, instance) (mongodb_ss_connections{@cluster,@tier,@instance,conn_type=\"current\"})"
            + " / sum by (cluster, tier, instance) (mongodb_ss_connections{@cluster,@tier,@instance,conn_type=~\"current|available\"})",
          "{{instance}}"
        )
      ],
      limits: [Limit("MongoConnectionsNearLimit", .warning, .above(0.8))]
    ),
    Panel(
      "Operations that wait",
      .graph,
      .count,
      what: "Operations that wait for a lock.",
      bad: "Any that last.",
      remedy: "`db.currentOp({waitingForLock: true})` names what holds it.",
      queries: [
        Query(
          member(
            "mongodb_ss_globalLock_currentQueue{@cluster,@tier,@instance,count_type=\"total\"}"
          ),
          "{{instance}}"
        )
      ],
      limits: [Limit("MongoOperationsQueue", .warning, .moreThan(0))]
    ),
    Panel(
      "Tickets left",
      .graph,
      .ratio,
      what: "The share of the storage engine's tickets for reading and writing that are free.",
      bad: "Below the line while operations wait.",
      remedy: "The disk is too slow for what is asked; look for queries without an index.",
      queries: [
        Query(
          "mongodb_ss_wt_concurrentTransactions_available\(chosen) / "
            + "(mongodb_ss_wt_concurrentTransactions_available + mongodb_ss_wt_concurrentTransactions_out)",
          "{{instance}} {{txn_rw_type}}"
        )
      ],
      limits: [Limit("MongoTicketsShort", .warning, .below(0.1))]
    ),
    Panel(
      "Cache in use",
      .graph,
      .ratio,
      what: "How full the cache of the storage engine is.",
      bad: "Above the line: clients have to make room themselves.",
      remedy: "A larger cache, or less data in use at once.",
      queries: [
        Query(
          "mongodb_ss_wt_cache_bytes_currently_in_the_cache\(chosen) / mongodb_ss_wt_cache_maximum_bytes_configured",
          "{{instance}}"
        )
      ],
      limits: [Limit("MongoCacheFull", .warning, .above(0.95))]
    ),
    Panel(
      "Cache not yet written",
      .graph,
      .ratio,
      what: "The share of the cache that is changed and not on disk.",
      bad: "Above the line: writes have to wait for the disk.",
      remedy: "The disk of the member; Guests shows what it writes.",
      queries: [
        Query(
          "mongodb_ss_wt_cache_tracked_dirty_bytes_in_the_cache\(chosen) / mongodb_ss_wt_cache_maximum_bytes_configured",
          "{{instance}}"
        )
      ],
      limits: [Limit("MongoCacheDirty", .warning, .above(0.2))]
    ),
  ]

  private static let setDetails: [Panel] = [
    Panel(
      "Memory",
      .graph,
      .mebibytes,
      what: "Resident memory of each member.",
      bad: "Near that of its guest.",
      remedy: "Bound the cache: `storage.wiredTiger.engineConfig.cacheSizeGB`.",
      queries: [Query(member("mongodb_ss_mem_resident\(chosen)"), "{{instance}}")]
    ),
    Panel(
      "Network",
      .graph,
      .bytesPerSecond,
      what: "What each member sends.",
      bad: "A jump without more requests: a query without bounds, or a sync.",
      remedy: "`db.currentOp()`; the state of the members above.",
      queries: [
        Query(
          member("rate(mongodb_ss_network_bytesOut\(chosen)[$__rate_interval])"),
          "{{instance}}"
        )
      ]
    ),
    Panel(
      "Heartbeats",
      .graph,
      .milliseconds,
      what: "How long a member's heartbeat to each other one takes.",
      bad: "Above the line.",
      remedy: "Network between their nodes; a node that is overloaded.",
      queries: [
        Query(
          "max by (cluster, tier, instance) (mongodb_rs_members_pingMs\(chosen))",
          "{{instance}}"
        )
      ],
      limits: [Limit("MongoHeartbeatSlow", .info, .above(100))]
    ),
    Panel(
      "Clocks",
      .graph,
      .seconds,
      what: "Each member's clock minus hvsmon's.",
      bad: "Members more than the line apart.",
      remedy: "`chronyc tracking` on their nodes.",
      queries: [Query(member("hvsmon_mongodb_clock_skew_seconds\(chosen)"), "{{instance}}")],
      limits: [Limit("MongoClocksDiffer", .warning, .above(2))]
    ),
    Panel(
      "Broken links and disputes",
      .graph,
      .count,
      what: "Pairs of members of which one sees the other as down, and members of disputed state.",
      bad: "Any.",
      remedy: "The network between those members; `rs.status()` at both.",
      queries: [
        Query(set("hvsmon_mongodb_set_broken_links"), "{{tier}} links"),
        Query(set("hvsmon_mongodb_set_disputed_members"), "{{tier}} disputed", colour: .warning),
      ],
      limits: [Limit("MongoLinkBroken", .warning, .moreThan(0))]
    ),
    Panel(
      "Asserts",
      .graph,
      .perSecond,
      what: "Errors that members count, by kind; those of kind user are clients' own.",
      bad: "regular: a fault of the server.",
      remedy: "Its log at that time.",
      queries: [
        Query(
          "sum by (cluster, tier, assert_type) (rate(mongodb_ss_asserts\(chosen)[$__rate_interval]))",
          "{{assert_type}}"
        )
      ]
    ),
  ]
}
