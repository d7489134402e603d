// SPDX-License-Identifier: MIT

extension Dashboard {
  /// hvsmon itself.
  static let monitor = Dashboard(
    "monitor",
    title: "Monitor",
    question: "Does hvsmon see everything, decide in time, and reach people?",
    events: [.alerts],
    sections: [
      Section(panels: sight),
      Section("Polls", panels: polls),
      Section("Rules and messages", panels: decisions),
      Section("Store and process", panels: resources),
    ]
  )

  private static func own(_ metric: String) -> String {
    "max by (cluster) (\(metric){@cluster,job=\"hvsmon\"})"
  }

  /// A state of each monitor: of two one may be bad.
  private static func ownState(_ metric: String) -> String {
    "min by (cluster, instance) (\(metric){@cluster,job=\"hvsmon\"})"
  }

  private static func ownRate(_ metric: String, by labels: String = "cluster") -> String {
    "sum by (\(labels)) (rate(\(metric){@cluster}[$__rate_interval]))"
  }

  private static let sight: [Panel] = [
    Panel(
      "Targets that do not answer",
      .stat,
      .none,
      what: "How many targets hvsmon polls without an answer.",
      bad: "Any that is meant to be there.",
      remedy: "The table of failures below names the reason.",
      queries: [Query("sum by (cluster) (1 - up{@cluster,job!=\"hvsmon\"})", "{{cluster}}")],
      words: StateWords.none,
      width: 4
    ),
    Panel(
      "Sees the cluster",
      .verdict,
      .none,
      what: "Whether hvsmon is cut off: nothing that it watches answers.",
      bad: "CUT OFF.",
      remedy: "The network of hvsmon's host; `monitor.witnesses` tell it from a dead cluster.",
      queries: [Query("max by (cluster) (hvsmon_cut_off{@cluster})", "{{cluster}}")],
      limits: [Limit("MonitorCutOff", .page, .isOne)],
      words: .cutOff,
      width: 4
    ),
    Panel(
      "Writes its store",
      .verdict,
      .none,
      what: "Whether the last flush of samples went well.",
      bad: "CANNOT WRITE: alerts go on from memory, samples are lost at a restart.",
      remedy: "`df -h` and `dmesg | tail` on hvsmon's host.",
      queries: [Query(ownState("hvsmon_store_writable"), "{{instance}}")],
      limits: [Limit("StoreNotWriting", .page, .isZero)],
      words: .writable,
      width: 4
    ),
    Panel(
      "Settings",
      .verdict,
      .none,
      what: "Whether the settings were accepted when they were last loaded.",
      bad: "BAD: the old ones go on.",
      remedy: "`hvsmon check --config /etc/hvsmon/hvsmon.yml`.",
      queries: [Query(ownState("hvsmon_config_last_reload_successful"), "{{instance}}")],
      limits: [Limit("SettingsRefused", .warning, .isZero)],
      words: .good,
      width: 4
    ),
    Panel(
      "Messages that wait",
      .stat,
      .none,
      what: "Messages that no service has taken yet.",
      bad: "Some for minutes.",
      remedy: "The failures below name the receiver; hvsmon's log the reason.",
      queries: [Query(own("hvsmon_notifications_waiting"), "{{cluster}}")],
      limits: [Limit("NotificationsWaiting", .warning, .moreThan(0))],
      words: StateWords.none,
      width: 4
    ),
    Panel(
      "Version",
      .stat,
      .none,
      what: "Which hvsmon runs, and for how many hours.",
      bad: "A few hours only, and nobody restarted it.",
      remedy: "`journalctl -u hvsmon -e`.",
      queries: [
        Query(
          "(time() - process_start_time_seconds{@cluster,job=\"hvsmon\"}) / 3600 * on (cluster, instance) "
            + "group_left (version) hvsmon_build_info",
          "{{version}}"
        )
      ],
      width: 4
    ),
  ]

  private static let polls: [Panel] = [
    Panel(
      "Polls that failed",
      .graph,
      .perSecond,
      what: "Failed polls by job and reason, confirmations included; the ten most.",
      bad: "Those that last.",
      remedy: "The reason says it: timeout, refused, login, certificate.",
      queries: [
        Query(
          "topk(10, \(ownRate("hvsmon_target_poll_failures_total", by: "cluster, job, reason")))",
          "{{job}} {{reason}}"
        )
      ]
    ),
    Panel(
      "Time of a poll",
      .graph,
      .seconds,
      what: "How long the polls of each kind of target take; the slowest target of each.",
      bad: "Above the line: near the timeout its state becomes luck.",
      remedy: "The load of that host, and the network.",
      queries: [
        Query(
          "max by (cluster, job) (scrape_duration_seconds{@cluster,job!=\"hvsmon\"})",
          "{{job}}"
        )
      ],
      limits: [Limit("TargetAnswersSlowly", .info, .above(2))]
    ),
    Panel(
      "What could not be asked",
      .table,
      .none,
      what: "Parts of targets that lack a right or a login.",
      bad: "Rows: rules about them are silent.",
      remedy: "Give what is missing, or take the part out of the settings.",
      queries: [
        Query(
          "max by (cluster, job, instance, tier, part, reason) (hvsmon_collector_partial{@cluster})",
          "is missing"
        )
      ]
    ),
    Panel(
      "Samples",
      .graph,
      .perSecond,
      what: "Samples a second that are taken in, and that are refused.",
      bad: "Refused ones; a jump of those taken in.",
      remedy: "hvsmon's log names the first of them.",
      queries: [
        Query(ownRate("hvsmon_ingest_samples_total"), "taken in"),
        Query(ownRate("hvsmon_store_dropped_samples_total"), "dropped", colour: .critical),
      ]
    ),
  ]

  private static let decisions: [Panel] = [
    Panel(
      "Time of a rule group",
      .graph,
      .seconds,
      what: "How long the last evaluation of each rule group took; the ten slowest.",
      bad: "Above the line alerts come late.",
      remedy: "A rule with a long range over many series; a host that is too busy.",
      queries: [
        Query(
          "topk(10, max by (cluster, group) (hvsmon_rule_group_last_duration_seconds{@cluster}))",
          "{{group}}"
        )
      ],
      limits: [Limit("RulesSlow", .warning, .above(5))]
    ),
    Panel(
      "Rules that fail",
      .graph,
      .count,
      what: "Rules of a group that could not be evaluated.",
      bad: "Any: their alerts stay as they were.",
      remedy: "hvsmon's log names rule and reason.",
      queries: [
        Query("sum by (cluster) (hvsmon_rule_group_failing{@cluster})", "{{cluster}}")
      ],
      limits: [Limit("RuleFailing", .warning, .moreThan(0))]
    ),
    Panel(
      "Alerts by what is told of them",
      .graph,
      .count,
      what: "Alerts that fire: told by themselves, with their cause, or held back.",
      bad: "Many own: a storm.",
      remedy: "Open Overview.",
      queries: [
        Query("sum by (cluster, standing) (hvsmon_alerts_firing{@cluster})", "{{standing}}")
      ]
    ),
    Panel(
      "Messages delivered",
      .graph,
      .perSecond,
      what: "Messages that each receiver took.",
      bad: "None while alerts begin.",
      remedy: "`hvsmon notify-test RECEIVER`.",
      queries: [
        Query(
          ownRate("hvsmon_notifications_delivered_total", by: "cluster, receiver, integration"),
          "{{receiver}} {{integration}}"
        )
      ],
      width: 6
    ),
    Panel(
      "Deliveries that failed",
      .graph,
      .perSecond,
      what: "Attempts that a service refused or did not answer.",
      bad: "Some that last.",
      remedy: "A token, an address, the network, or a limit of the service.",
      queries: [
        Query(
          ownRate("hvsmon_notification_failures_total", by: "cluster, receiver, integration"),
          "{{receiver}} {{integration}}"
        )
      ],
      width: 6
    ),
    Panel(
      "Delay of a message",
      .graph,
      .seconds,
      what: "The longest time within the last hour from a firing alert to the service's answer.",
      bad: "Minutes, beyond what `group_wait` asks for.",
      remedy: "The receiver's failures; the load of hvsmon's host.",
      queries: [
        Query(
          "max by (cluster, receiver) (hvsmon_notification_delay_seconds{@cluster})",
          "{{receiver}}"
        )
      ],
      width: 6
    ),
    Panel(
      "Messages lost",
      .graph,
      .perSecond,
      what: "Messages that were given up, or dropped from a full queue.",
      bad: "Any: somebody was not told.",
      remedy: "Look at all alerts, and mend the receiver.",
      queries: [
        Query(ownRate("hvsmon_notifications_lost_total", by: "cluster, reason"), "{{reason}}")
      ],
      width: 6
    ),
  ]

  private static let resources: [Panel] = [
    Panel(
      "Series",
      .graph,
      .count,
      what: "Series that the store knows; it takes 200,000.",
      bad: "Above the line.",
      remedy: "A label that takes ever new values: count series by name and job.",
      queries: [Query(own("hvsmon_store_series"), "{{cluster}}")],
      limits: [Limit("StoreSeriesNearLimit", .warning, .above(160_000))],
      width: 6
    ),
    Panel(
      "Size of the store",
      .graph,
      .bytes,
      what: "What the store's files take.",
      bad: "The room on its disk.",
      remedy: "A shorter `storage.retention`, or fewer series.",
      queries: [Query(own("hvsmon_store_file_bytes"), "{{cluster}}")],
      width: 6
    ),
    Panel(
      "Time of a flush",
      .graph,
      .seconds,
      what: "How long the last flush to disk took.",
      bad: "Above the line: the disk is too slow.",
      remedy: "`iostat -x 5` on hvsmon's host: who else writes?",
      queries: [Query(own("hvsmon_store_last_flush_duration_seconds"), "{{cluster}}")],
      limits: [Limit("StoreFlushSlow", .warning, .above(0.5))],
      width: 6
    ),
    Panel(
      "Damaged blocks",
      .stat,
      .none,
      what: "Blocks of samples that could not be read since the start.",
      bad: "Any.",
      remedy: "`smartctl -a` and `dmesg`; `hvsmon backup` first.",
      queries: [Query(own("hvsmon_store_damaged_blocks"), "{{cluster}}")],
      limits: [Limit("StoreDamaged", .warning, .moreThan(0))],
      words: StateWords.none,
      width: 6
    ),
    Panel(
      "Memory",
      .graph,
      .bytes,
      what: "Resident memory of hvsmon.",
      bad: "Above the line.",
      remedy: "Many new series, or queries over long ranges.",
      queries: [Query(own("process_resident_memory_bytes"), "{{cluster}}")],
      limits: [Limit("MonitorMemoryHigh", .warning, .above(256 * 1_024 * 1_024))],
      width: 12
    ),
    Panel(
      "Processor",
      .graph,
      .ratio,
      what: "How much of one processor hvsmon uses.",
      bad: "Above the line.",
      remedy: "Who asks it, which group is slow, what is polled too often?",
      queries: [
        Query(
          "max by (cluster) (rate(process_cpu_seconds_total{@cluster,job=\"hvsmon\"}[$__rate_interval]))",
          "{{cluster}}"
        )
      ],
      limits: [Limit("MonitorProcessorHigh", .warning, .above(0.2))],
      width: 12
    ),
  ]
}
