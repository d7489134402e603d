// SPDX-License-Identifier: MIT

extension Dashboard {
  /// The nodes below everything.
  static let proxmox = Dashboard(
    "proxmox",
    title: "Proxmox",
    question: "Do nodes and storage hold, and would the cluster bear the loss of one node?",
    choices: [.node],
    sections: [
      Section(panels: standing),
      Section("Load", panels: load),
      Section("Storage", panels: storage),
      Section("Services, disks and tasks", isFolded: true, panels: details),
    ]
  )

  private static let standing: [Panel] = [
    Panel(
      "Quorum",
      .verdict,
      .none,
      what: "Whether the nodes that see each other may decide.",
      bad: "NO QUORUM: nothing can be started, stopped or changed, HA included.",
      remedy: "Bring nodes back until more than half of all votes are there.",
      queries: [
        Query("min by (cluster) (pve_up{@cluster,id=~\"cluster/.*\"})", "{{cluster}}")
      ],
      limits: [Limit("QuorumLost", .page, .isZero)],
      words: .quorate,
      width: 4
    ),
    Panel(
      "Votes",
      .stat,
      .none,
      what: "Votes that are present, of those expected, and how many are needed.",
      bad: "As many present as needed: the next loss ends the quorum.",
      remedy: "Bring the missing node or quorum device back.",
      queries: [
        Query("max by (cluster) (hvsmon_pve_quorum_votes_present{@cluster})", "present"),
        Query("max by (cluster) (hvsmon_pve_quorum_votes_expected{@cluster})", "expected"),
        Query("max by (cluster) (hvsmon_pve_quorum_votes_needed{@cluster})", "needed"),
      ],
      width: 8
    ),
    Panel(
      "The loss of this node is survivable",
      .verdict,
      .none,
      what: "Whether all tiers, the quorum and all entries would work without the node.",
      bad: "NO while nothing else has failed: something stands on one node alone.",
      remedy: "`hvsmon safe-to-stop NODE` names what would fail.",
      queries: [
        Query("min by (cluster, node) (hvsmon_node_loss_survivable{@cluster,@node})", "{{node}}")
      ],
      limits: [Limit("NodeLossNotSurvivable", .info, .isZero)],
      words: .yes,
      width: 6
    ),
    Panel(
      "Its guests fit elsewhere",
      .verdict,
      .none,
      what: "Whether the memory assigned to a node's guests fits on the others.",
      bad: "NO: after a failure some guests are not started again.",
      remedy: "Give guests less memory, or the nodes more.",
      queries: [
        Query(
          "min by (cluster, node) (hvsmon_node_guests_fit_elsewhere{@cluster,@node})",
          "{{node}}"
        )
      ],
      limits: [Limit("NodeGuestsFitNowhere", .info, .isZero)],
      words: .yes,
      width: 6
    ),
    Panel(
      "Nodes",
      .states,
      .none,
      what: "Whether each node works.",
      bad: "DOWN: the cluster lost it, or nothing on it answers.",
      remedy:
        "Power and network first; then its console. `hvsmon explain NodeDown` says what it took.",
      queries: [Query("hvsmon_node_up{@cluster,@node}", "{{node}}")],
      limits: [Limit("NodeDown", .warning, .isZero)],
      words: .runs,
      width: 12
    ),
    Panel(
      "Services of HA by state",
      .table,
      .none,
      what: "How many services the HA manager has in each state.",
      bad: "error, fence or recovery.",
      remedy: "`ha-manager status` on any node; `error` waits for you.",
      queries: [
        Query("count by (cluster, state) (hvsmon_pve_ha_service_info{@cluster} == 1)", "services")
      ],
      width: 12
    ),
  ]

  /// A label for the node instead of Proxmox' id.
  private static func byNode(_ series: String) -> String {
    "label_replace(\(series), \"node\", \"$1\", \"id\", \"node/(.+)\")"
  }

  private static let load: [Panel] = [
    Panel(
      "Processor",
      .graph,
      .ratio,
      what: "The share of a node's processors in use.",
      bad: "Above the line for long: guests wait for each other.",
      remedy: "Open Guests, sort by processor, and move one.",
      queries: [
        Query(byNode("pve_cpu_usage_ratio{@cluster,id=~\"node/$node\"}"), "{{node}}")
      ],
      limits: [Limit("NodeProcessorBusy", .warning, .above(0.9))]
    ),
    Panel(
      "Load for each processor",
      .graph,
      .none,
      what: "Processes that run or wait, of the last five minutes, for each processor.",
      bad: "Above the line: a queue, often for the disk.",
      remedy: "Look at the pressure beside it: which of processor, disk and memory is short?",
      queries: [
        Query(
          "hvsmon_pve_node_load{@cluster,@node,minutes=\"5\"} / on (cluster, node) group_left () "
            + byNode("pve_cpu_usage_limit{@cluster,id=~\"node/.*\"}"),
          "{{node}}"
        )
      ],
      limits: [Limit("NodeLoadHigh", .warning, .above(2))]
    ),
    Panel(
      "Stalled by disk or memory",
      .graph,
      .ratio,
      what: "The share of time in which all work on the node waited for its disks or for memory.",
      bad: "Above the line.",
      remedy: "Memory: stop a guest. Disk: look for a backup, a scrub or a failing disk.",
      queries: [
        Query(
          byNode(
            "hvsmon_pve_pressure_ratio{@cluster,id=~\"node/$node\",kind=\"full\",resource=~\"io|memory\"}"
          ),
          "{{node}} {{resource}}"
        )
      ],
      limits: [Limit("NodeUnderPressure", .warning, .above(0.2))]
    ),
    Panel(
      "Memory available",
      .graph,
      .ratio,
      what: "The share of a node's memory that programs can still get.",
      bad: "Below the line the kernel soon ends a guest.",
      remedy: "Stop or move a guest; look whether the cache of ZFS is bounded.",
      queries: [
        Query(
          "hvsmon_pve_node_memory_available_bytes{@cluster,@node} "
            + "/ on (cluster, node) group_left () "
            + byNode("pve_memory_size_bytes{@cluster,id=~\"node/.*\"}"),
          "{{node}}"
        )
      ],
      limits: [Limit("NodeMemoryTight", .warning, .below(0.1))]
    ),
    Panel(
      "Root disk free",
      .graph,
      .ratio,
      what: "The share of a node's root file system that is free.",
      bad: "Below the lines: at the end nothing can be written, and the node falls out.",
      remedy: "`du -xh / | sort -h | tail`; old kernels, logs and images are the usual ones.",
      queries: [
        Query(
          "hvsmon_pve_node_root_available_bytes{@cluster,@node} "
            + "/ on (cluster, node) group_left () "
            + byNode("pve_disk_size_bytes{@cluster,id=~\"node/.*\"}"),
          "{{node}}"
        )
      ],
      limits: [
        Limit("NodeRootFilling", .warning, .below(0.15)),
        Limit("NodeRootFull", .page, .below(0.03)),
      ]
    ),
    Panel(
      "Swap in use",
      .graph,
      .bytes,
      what: "What a node has moved out of memory.",
      bad: "It grows while memory is tight.",
      remedy: "As for memory.",
      queries: [Query("hvsmon_pve_node_swap_usage_bytes{@cluster,@node}", "{{node}}")]
    ),
  ]

  private static let storage: [Panel] = [
    Panel(
      "Storage in use",
      .bars,
      .ratio,
      what: "How full each storage is, as each node sees it.",
      bad: "Above the first line plan; above the second guests stop.",
      remedy: "Prune backups, delete old disks, or enlarge it.",
      queries: [
        Query(
          "pve_disk_usage_bytes{@cluster,id=~\"storage/$node/.*\"} / pve_disk_size_bytes",
          "{{id}}"
        )
      ],
      limits: [
        Limit("StorageFilling", .warning, .above(0.85)), Limit("StorageFull", .page, .above(0.98)),
      ],
      width: 12
    ),
    Panel(
      "Storage in three days, as it grows now",
      .bars,
      .ratio,
      what: "How full each storage will be in three days if it goes on as within the last day.",
      bad: "Full.",
      remedy: "See what grows: a guest's disk or backups.",
      queries: [
        Query(
          "predict_linear(pve_disk_usage_bytes{@cluster,id=~\"storage/$node/.*\"}[1d:30m], 3 * 86400) "
            + "/ pve_disk_size_bytes",
          "{{id}}"
        )
      ],
      width: 12
    ),
  ]

  private static let details: [Panel] = [
    Panel(
      "Services of Proxmox",
      .states,
      .none,
      what: "Whether all services that a node needs run.",
      bad: "DOWN: the node may look well and still not start guests.",
      remedy: "`systemctl --failed` on the node.",
      queries: [
        Query("min by (cluster, node) (hvsmon_pve_service_up{@cluster,@node})", "{{node}}")
      ],
      limits: [Limit("NodeServiceDown", .warning, .isZero)],
      words: .runs,
      width: 12
    ),
    Panel(
      "Storage that answers",
      .states,
      .none,
      what: "Whether each node reaches each storage.",
      bad: "DOWN: guests on it hang, backups fail.",
      remedy: "The server of the storage, and the network to it.",
      queries: [
        Query("hvsmon_pve_storage_active{@cluster,id=~\"storage/$node/.*\"}", "{{id}}")
      ],
      limits: [Limit("StorageOffline", .warning, .isZero)],
      words: .runs,
      width: 12
    ),
    Panel(
      "Life left of disks",
      .bars,
      .ratio,
      what: "What a disk says of its own wear: 100% is new.",
      bad: "Below the line.",
      remedy: "Order another one and replace it while it works.",
      queries: [Query("hvsmon_pve_disk_life_left_ratio{@cluster,@node}", "{{node}} {{device}}")],
      limits: [Limit("DiskWornOut", .warning, .below(0.1))],
      width: 8
    ),
    Panel(
      "Certificates end",
      .bars,
      .seconds,
      what: "How long the certificate of each node's web interface is still good.",
      bad: "Below the lines: browsers, and hvsmon with a `ca_file`, refuse it.",
      remedy: "`pvecm updatecerts` or `pvenode acme cert renew`.",
      queries: [
        Query(
          "min by (cluster, node) (hvsmon_pve_certificate_expiry_timestamp_seconds{@cluster,@node} - time())",
          "{{node}}"
        )
      ],
      limits: [
        Limit("NodeCertificateExpiresSoon", .warning, .below(10 * 86_400)),
        Limit("NodeCertificateExpiresVerySoon", .page, .below(2 * 86_400)),
      ],
      width: 8
    ),
    Panel(
      "Tasks that failed",
      .graph,
      .perSecond,
      what: "Tasks of Proxmox that ended with an error, a second, by kind.",
      bad: "Any.",
      remedy: "The task's log in the web interface says why.",
      queries: [
        Query(
          "sum by (cluster, type) (rate(hvsmon_pve_tasks_finished_total{@cluster,@node,result=\"error\"}[$__rate_interval]))",
          "{{type}}"
        )
      ],
      width: 8
    ),
  ]
}
