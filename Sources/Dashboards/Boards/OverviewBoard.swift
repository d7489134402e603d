// SPDX-License-Identifier: MIT

extension Dashboard {
  /// The first one to open.
  static let overview = Dashboard(
    "overview",
    title: "Overview",
    question: "Does the site work, how much more may fail, and what is wrong?",
    sections: [
      Section(panels: answers),
      Section("How much more may fail", panels: redundancy),
      Section("What is wrong", panels: problems),
      Section("What users and parts do", panels: trends),
    ]
  )

  private static let answers: [Panel] = [
    Panel(
      "Site",
      .verdict,
      .none,
      what: "Whether users reach each declared entry, by its probe or else by its tiers.",
      bad: "DOWN: users get nothing.",
      remedy: "Look at the tiers below: the first that is down is the cause. Then open Edge.",
      queries: [Query("min by (cluster, entry) (hvsmon_entry_working{@cluster})", "{{entry}}")],
      words: .works,
      width: 4,
      opens: "edge"
    ),
    Panel(
      "Floating IP",
      .verdict,
      .none,
      what: "Which load balancer has the floating IP, by all witnesses.",
      bad: "Nobody has it, or two have it.",
      remedy: "Open Edge and compare the witnesses.",
      queries: [
        Query(
          "max by (cluster, tier, instance) (hvsmon_vrrp_master{@cluster}) == 1",
          "{{instance}}"
        )
      ],
      words: .holder,
      width: 4,
      opens: "edge"
    ),
    Panel(
      "Members that may fail",
      .verdict,
      .none,
      what: "How many more members of the tier that bears least may fail.",
      bad: "NO SPARE: the next failure is an outage. Below zero a tier is down.",
      remedy: "See below which tier it is, and bring its failed member back.",
      queries: [
        Query("min by (cluster) (hvsmon_cluster_failures_tolerated{@cluster})", "{{cluster}}")
      ],
      words: .spare,
      width: 4
    ),
    Panel(
      "Votes to spare",
      .verdict,
      .none,
      what: "How many votes of the Proxmox cluster may still be lost before it has no quorum.",
      bad: "None: the loss of one more node stops changes to guests, and HA.",
      remedy: "Bring the missing node back; do not restart any other until then.",
      queries: [
        Query(
          "min by (cluster) (hvsmon_pve_quorum_votes_spare{@cluster})",
          "{{cluster}}"
        )
      ],
      limits: [Limit("QuorumAtRisk", .warning, .isZero)],
      width: 4,
      opens: "proxmox"
    ),
    Panel(
      "Alerts",
      .stat,
      .none,
      what: "How many alerts fire, by severity. Those that are held back count as well.",
      bad: "Any with severity page.",
      remedy: "Read the list below; each alert has a runbook.",
      queries: ["page", "warning", "info"].map { severity in
        Query(
          "sum(ALERTS{@cluster,alertstate=\"firing\",severity=\"\(severity)\"}) or vector(0)",
          severity,
          colour: severity == "page" ? .critical : severity == "warning" ? .warning : .info
        )
      },
      words: StateWords.none,
      width: 4
    ),
    Panel(
      "Oldest newest copy",
      .stat,
      .seconds,
      what: "The age of the newest backup of the guest whose newest backup is the oldest.",
      bad: "More than the distance of two runs.",
      remedy: "Open Backups; it names the guest and the run.",
      queries: [
        Query(
          "max by (cluster) (time() - hvsmon_backup_newest_timestamp_seconds{@cluster})",
          "{{cluster}}"
        )
      ],
      width: 4,
      opens: "backups"
    ),
  ]

  private static let redundancy: [Panel] = [
    Panel(
      "Spare of each tier",
      .states,
      .none,
      what: "How many more members of each tier may fail.",
      bad: "NO SPARE after a failure. A tier that is down has less than none.",
      remedy: "Bring the failed member back before you touch another of the same tier.",
      queries: [Query("hvsmon_tier_failures_tolerated{@cluster}", "{{tier}}")],
      limits: [Limit("TierAtLimit", .warning, .isZero)],
      words: .spare,
      width: 12
    ),
    Panel(
      "Tiers",
      .table,
      .none,
      what: "How many members each tier has, how many work, and how many it needs.",
      bad: "Fewer work than are declared.",
      remedy: "Open the dashboard of the tier's software and look for the member.",
      queries: [
        Query("max by (cluster, tier) (hvsmon_tier_members{@cluster,state=\"working\"})", "works"),
        Query(
          "max by (cluster, tier) (hvsmon_tier_members{@cluster,state=\"declared\"})",
          "declared"
        ),
        Query("max by (cluster, tier) (hvsmon_tier_members_needed{@cluster})", "needed"),
        Query(
          "max by (cluster, tier) (hvsmon_tier_members_on_node_max{@cluster})",
          "most on one node",
          limits: [Limit("TierMembersTogether", .warning, .moreThan(1))]
        ),
      ],
      width: 12
    ),
    Panel(
      "Nodes",
      .states,
      .none,
      what: "Whether each node works.",
      bad: "DOWN: its guests are gone, or about to be started elsewhere.",
      remedy: "Open Proxmox. Power and network of the node first.",
      queries: [Query("hvsmon_node_up{@cluster}", "{{node}}")],
      limits: [Limit("NodeDown", .warning, .isZero)],
      words: .runs,
      width: 12,
      opens: "proxmox"
    ),
    Panel(
      "Members",
      .states,
      .none,
      what: "Whether each declared member works.",
      bad: "DOWN: a check of it fails, its guest is stopped or its node is down.",
      remedy: "When several of one node are down, look at the node. Otherwise `hvsmon explain` it.",
      queries: [
        Query(
          "min by (cluster, tier, instance) (hvsmon_member_working{@cluster})",
          "{{instance}} ({{tier}})"
        )
      ],
      words: .runs,
      width: 12
    ),
  ]

  private static let problems: [Panel] = [
    Panel(
      "Alerts that fire",
      .table,
      .none,
      what: "Every alert that fires, with its labels.",
      bad: "What has severity page.",
      remedy: "`hvsmon explain ALERT` says who was told and what is held back; then the runbook.",
      queries: [
        Query(
          "max by (cluster, severity, alertname, tier, node, instance, component) "
            + "(ALERTS{@cluster,alertstate=\"firing\"})",
          "fires"
        )
      ],
      width: 24
    )
  ]

  private static let trends: [Panel] = [
    Panel(
      "Time of an answer",
      .graph,
      .seconds,
      what: "How long the probe of each entry took, from name lookup to the last byte.",
      bad: "Seconds, or a hole where the probe failed.",
      remedy: "Compare with the probes of the app's members in Apps.",
      queries: [Query("probe_duration_seconds{@cluster,tier=\"\"}", "{{instance}}")],
      limits: [Limit("SiteSlow", .warning, .above(2))],
      opens: "slo"
    ),
    Panel(
      "Requests",
      .graph,
      .requestsPerSecond,
      what: "Requests a second to all load balancers of a tier.",
      bad: "A fall to nothing while users should be there.",
      remedy: "Open Edge: who has the floating IP, and does it answer?",
      queries: [
        Query(
          "sum by (cluster, tier) (rate(nginx_http_requests_total{@cluster}[$__rate_interval]))",
          "{{tier}}"
        )
      ],
      opens: "edge"
    ),
    Panel(
      "Replication lag",
      .graph,
      .seconds,
      what: "How far each secondary is behind its primary.",
      bad: "It grows: a fail-over would lose what is not copied yet.",
      remedy: "Open MongoDB; look at the disk and the network of that member.",
      queries: [
        Query(
          "max by (cluster, tier, member) (hvsmon_mongodb_replication_lag_seconds{@cluster})",
          "{{member}}"
        )
      ],
      limits: [
        Limit("MongoLag", .warning, .above(10)), Limit("MongoLagHigh", .page, .above(60)),
      ],
      opens: "mongodb"
    ),
  ]
}
