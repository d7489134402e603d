// SPDX-License-Identifier: MIT

extension Dashboard {
  /// What PM2 runs.
  static let apps = Dashboard(
    "apps",
    title: "Apps",
    question: "Do all processes of the app run, the same build, and fast enough?",
    choices: [.tier, .member],
    events: [.failovers, .deploys, .alerts],
    sections: [
      Section(panels: appStates),
      Section("How fast", panels: appSpeed),
      Section("What they use", panels: appUse),
    ]
  )

  private static func perProcess(_ metric: String) -> String {
    "max by (cluster, tier, instance, process) (\(metric){@cluster,@tier,@instance})"
  }

  private static func graph(_ metric: String) -> [Query] {
    [Query(perProcess(metric), "{{instance}} {{process}}")]
  }

  private static let appStates: [Panel] = [
    Panel(
      "Processes",
      .table,
      .none,
      what: "For each declared process of each member how many instances run.",
      bad: "Fewer online than declared; many restarts.",
      remedy: "`pm2 status` and `pm2 logs PROCESS --lines 50` on the member.",
      queries: [
        Query(
          perProcess("hvsmon_pm2_instances_online"),
          "online",
          limits: [Limit("PM2ProcessDown", .warning, .isZero)]
        ),
        Query(perProcess("hvsmon_pm2_instances_declared"), "declared"),
        Query(perProcess("hvsmon_pm2_process_restarts_total"), "restarts"),
        Query(
          "time() - \(perProcess("hvsmon_pm2_process_start_time_seconds"))",
          "up for",
          unit: .seconds
        ),
      ],
      width: 12
    ),
    Panel(
      "Builds",
      .table,
      .none,
      what: "Which build, version and Node.js each process runs.",
      bad: "Two builds of one process for longer than a deploy takes.",
      remedy: "Finish the deploy, or take it back, on the member that is behind.",
      queries: [
        Query(
          "max by (cluster, tier, instance, process, build, version, node_version) "
            + "(hvsmon_pm2_process_info{@cluster,@tier,@instance})",
          "processes"
        )
      ],
      width: 12
    ),
    Panel(
      "PM2",
      .states,
      .none,
      what: "Whether PM2 of each member answers.",
      bad: "DOWN: nothing starts an app again that ends.",
      remedy: "`systemctl status pm2-USER` on the member; `pm2 resurrect`.",
      queries: [
        Query(
          "min by (cluster, tier, instance) (hvsmon_pm2_daemon_up{@cluster,@tier,@instance})",
          "{{instance}}"
        )
      ],
      limits: [Limit("PM2DaemonDown", .warning, .isZero)],
      words: .runs
    ),
    Panel(
      "Answers of each member",
      .states,
      .none,
      what: "Whether each member answers the probe itself, past the load balancers.",
      bad: "DOWN.",
      remedy: "Process first, then its log.",
      queries: [
        Query(
          "min by (cluster, tier, instance) (probe_success{@cluster,@tier,@instance})",
          "{{instance}}"
        )
      ],
      limits: [Limit("MemberProbeFailed", .warning, .isZero)],
      words: .runs
    ),
    Panel(
      "Restarts",
      .graph,
      .perSecond,
      what: "How often PM2 starts each process again.",
      bad: "Without a deploy: it crashes.",
      remedy: "`pm2 logs PROCESS --err` shows its last words.",
      queries: [
        Query(
          "sum by (cluster, tier, instance, process) (rate(hvsmon_pm2_process_restarts_total"
            + "{@cluster,@tier,@instance}[$__rate_interval]))",
          "{{instance}} {{process}}"
        )
      ]
    ),
  ]

  private static let appSpeed: [Panel] = [
    Panel(
      "Requests",
      .graph,
      .requestsPerSecond,
      what: "Requests a second, as the process counts them.",
      bad: "One member without any while others have some.",
      remedy: "Open Edge: the load balancers may think it dead.",
      queries: graph("hvsmon_pm2_process_http_requests_per_second")
    ),
    Panel(
      "Time of an answer, 95th percentile",
      .graph,
      .seconds,
      what: "The time within which 95 of 100 requests were answered.",
      bad: "Above the line.",
      remedy: "Event loop and database beside it: which one is slow too?",
      queries: graph("hvsmon_pm2_process_http_latency_p95_seconds"),
      limits: [Limit("AppAnswersSlow", .warning, .above(1))]
    ),
    Panel(
      "Probe of each member",
      .graph,
      .seconds,
      what: "How long a request of hvsmon to each member took.",
      bad: "Above the line.",
      remedy: "As above; when only one member is slow, look at its node.",
      queries: [
        Query(
          "max by (cluster, tier, instance) (probe_duration_seconds{@cluster,@tier,@instance})",
          "{{instance}}"
        )
      ],
      limits: [Limit("MemberSlow", .warning, .above(2))]
    ),
    Panel(
      "Event loop, 95th percentile",
      .graph,
      .seconds,
      what: "How late the process comes to its next piece of work.",
      bad: "Above the line: something computes for long, and all users wait.",
      remedy: "A profile of the process; `pm2 monit`.",
      queries: graph("hvsmon_pm2_process_event_loop_latency_p95_seconds"),
      limits: [Limit("PM2EventLoopSlow", .warning, .above(0.1))]
    ),
  ]

  private static let appUse: [Panel] = [
    Panel(
      "Memory of the limit",
      .graph,
      .ratio,
      what: "A process' memory as a share of that at which PM2 restarts it.",
      bad: "Above the line: it is about to be restarted among its users.",
      remedy: "See whether it only grows: then a leak.",
      queries: [
        Query(
          "\(perProcess("hvsmon_pm2_process_memory_bytes")) / "
            + perProcess("hvsmon_pm2_process_memory_limit_bytes"),
          "{{instance}} {{process}}"
        )
      ],
      limits: [Limit("PM2MemoryNearLimit", .warning, .above(0.85))]
    ),
    Panel(
      "Memory",
      .graph,
      .bytes,
      what: "A process' memory.",
      bad: "It grows for days.",
      remedy: "Compare with the heap: outside the heap it is buffers.",
      queries: graph("hvsmon_pm2_process_memory_bytes")
    ),
    Panel(
      "Heap in use",
      .graph,
      .bytes,
      what: "What the objects of a process take.",
      bad: "It grows for days.",
      remedy: "A snapshot of the heap says of what.",
      queries: graph("hvsmon_pm2_process_heap_used_bytes")
    ),
    Panel(
      "Processor",
      .graph,
      .ratio,
      what: "How much of one processor a process uses; it can use no more than one.",
      bad: "Above the line.",
      remedy: "More instances, or find what computes.",
      queries: graph("hvsmon_pm2_process_cpu_ratio"),
      limits: [Limit("PM2ProcessorBusy", .warning, .above(0.9))]
    ),
    Panel(
      "Handles",
      .graph,
      .count,
      what: "Open sockets, files and timers of a process.",
      bad: "They grow for days: connections are not closed.",
      remedy: "`ss -tnp` on the member: to whom?",
      queries: graph("hvsmon_pm2_process_active_handles")
    ),
    Panel(
      "Failures seen by the load balancers",
      .graph,
      .perSecond,
      what: "Requests of nginx that the member did not answer, by what went wrong.",
      bad: "Any that last.",
      remedy: "`connect_refused`: not running. Timeouts: too slow, or the network.",
      queries: [
        Query(
          "sum by (cluster, member, reason) "
            + "(rate(hvsmon_nginx_upstream_failures_total{@cluster}[$__rate_interval]))",
          "{{member}} {{reason}}"
        )
      ]
    ),
  ]
}
