// SPDX-License-Identifier: MIT

extension Dashboard {
  /// Load balancers and their floating IP.
  static let edge = Dashboard(
    "edge",
    title: "Edge",
    question: "Who has the floating IP, and do the load balancers pass everything on?",
    choices: [.tier, .member],
    sections: [
      Section(panels: router),
      Section("Requests", panels: requests),
      Section("Faults", panels: edgeFaults),
      Section("Settings and certificates", isFolded: true, panels: edgeSettings),
    ]
  )

  private static let router: [Panel] = [
    Panel(
      "The witnesses say",
      .verdict,
      .none,
      what: "What advertisements, hosts, Proxmox and the address itself tell together.",
      bad: "Anything but one: none, two, stale, disagree or unknown.",
      remedy: "The table beside it shows what each of them sees.",
      queries: [
        Query("hvsmon_vrrp_verdict{@cluster,@tier} == 1", "{{tier}}: {{state}}")
      ],
      words: .verdict,
      width: 4
    ),
    Panel(
      "Who is master",
      .table,
      .none,
      what: "For each witness the members that it sees as master or holder of the address.",
      bad: "Rows of two members, or none.",
      remedy: "Two masters do not hear each other: protocol 112 is filtered or a bridge is down.",
      queries: [
        Query("hvsmon_vrrp_master{@cluster,@tier,@instance} == 1", "master")
      ],
      width: 8
    ),
    Panel(
      "State of each router",
      .states,
      .none,
      what: "What keepalived of each member is, as keepalived itself says by ssh.",
      bad: "FAULT or init; two MASTER at once; a MASTER that changes often.",
      remedy: "`journalctl -u keepalived` on the member.",
      queries: [
        Query(
          "max by (cluster, tier, instance) (keepalived_vrrp_state{@cluster,@tier,@instance})",
          "{{instance}}"
        )
      ],
      words: .router,
      width: 12
    ),
    Panel(
      "Changes of master",
      .graph,
      .perSecond,
      what: "How often the floating IP moves, by what the old master did.",
      bad: "Again and again, or `silent`: the old master was lost.",
      remedy: "One member whose check script swings, or a network that loses packets.",
      queries: [
        Query(
          "sum by (cluster, tier, cause) (rate(hvsmon_vrrp_transitions_total{@cluster,@tier}[$__rate_interval]))",
          "{{cause}}"
        )
      ],
      width: 8
    ),
    Panel(
      "Gap of the last fail-over",
      .stat,
      .seconds,
      what: "How long nobody answered for the address at the last change of masters.",
      bad: "Above the line.",
      remedy: "Shorten `advert_int`; look for a switch that learns the new place slowly.",
      queries: [Query("hvsmon_vrrp_failover_gap_seconds{@cluster,@tier}", "{{tier}}")],
      limits: [Limit("VrrpFailoverSlow", .warning, .above(10))],
      width: 4
    ),
    Panel(
      "Witnesses",
      .states,
      .none,
      what: "Which ways to see the master work.",
      bad: "DOWN: fewer eyes; with one of them left a fault may be judged wrongly.",
      remedy: "The label `reason` of the series says what is missing: a right, a login, a host.",
      queries: [
        Query(
          "max by (cluster, tier, witness) (hvsmon_vrrp_witness_up{@cluster,@tier})",
          "{{witness}}"
        )
      ],
      limits: [Limit("VrrpWitnessLost", .info, .isZero)],
      words: .runs,
      width: 12
    ),
  ]

  private static let requests: [Panel] = [
    Panel(
      "Requests",
      .graph,
      .requestsPerSecond,
      what: "Requests a second of each load balancer.",
      bad: "None at all, or some at one that does not have the address.",
      remedy: "Ask the address from outside; look at the probe of the entry.",
      queries: [
        Query(
          "sum by (cluster, tier, instance) (rate(nginx_http_requests_total{@cluster,@tier,@instance}[$__rate_interval]))",
          "{{instance}}"
        )
      ]
    ),
    Panel(
      "Connections of the limit",
      .graph,
      .ratio,
      what: "Open connections as a share of what nginx takes at once.",
      bad: "Above the line: at 100% it refuses.",
      remedy: "Raise `worker_connections` and the limit of open files; look for slow clients.",
      queries: [
        Query(
          "nginx_connections_active{@cluster,@tier,@instance} / on (cluster, tier, instance) "
            + "group_left () hvsmon_nginx_worker_connections_limit",
          "{{instance}}"
        )
      ],
      limits: [Limit("NginxConnectionsNearLimit", .warning, .above(0.5))]
    ),
    Panel(
      "Phases of the probe",
      .graph,
      .seconds,
      what: "What a request to each entry spends its time on.",
      bad: "`processing` that grows is the app; `connect` and `tls` are network and load balancer.",
      remedy: "Open Apps for the first, Proxmox for the second.",
      queries: [
        Query(
          "sum by (cluster, instance, phase) (probe_http_duration_seconds{@cluster,tier=\"\"})",
          "{{instance}} {{phase}}"
        )
      ]
    ),
  ]

  private static let edgeFaults: [Panel] = [
    Panel(
      "Rejected by the limit",
      .graph,
      .requestsPerSecond,
      what: "Requests that `limit_req` refused.",
      bad: "Above the line: a robot, or a limit that is too low for users behind one address.",
      remedy: "the access log says who; then block, or raise the limit.",
      queries: [
        Query(
          "sum by (cluster, tier, instance, zone) (rate(hvsmon_nginx_limited_requests_total"
            + "{@cluster,@tier,@instance,outcome=\"rejected\"}[$__rate_interval]))",
          "{{instance}} {{zone}}"
        )
      ],
      limits: [Limit("NginxRejectsMany", .info, .above(5))]
    ),
    Panel(
      "Upstreams that failed",
      .graph,
      .perSecond,
      what: "Requests that an app did not answer, by the app's member.",
      bad: "Any that last: users wait until the next member answers.",
      remedy: "Open Apps and look at that member.",
      queries: [
        Query(
          "sum by (cluster, tier, member) (rate(hvsmon_nginx_upstream_failures_total"
            + "{@cluster,@tier,@instance}[$__rate_interval]))",
          "{{member}}"
        )
      ]
    ),
    Panel(
      "Lines of the error log",
      .graph,
      .perSecond,
      what: "What nginx writes to its error log, by level.",
      bad: "emerg and alert.",
      remedy: "Read them: `tail -f /var/log/nginx/error.log`.",
      queries: [
        Query(
          "sum by (cluster, tier, level) (rate(hvsmon_nginx_error_log_lines_total"
            + "{@cluster,@tier,@instance}[$__rate_interval]))",
          "{{level}}"
        )
      ]
    ),
    Panel(
      "Connections dropped",
      .graph,
      .perSecond,
      what: "Connections that nginx accepted and could not serve.",
      bad: "Any.",
      remedy: "As for connections of the limit.",
      queries: [
        Query(
          "rate(nginx_connections_accepted{@cluster,@tier,@instance}[$__rate_interval]) "
            + "- rate(nginx_connections_handled[$__rate_interval])",
          "{{instance}}"
        )
      ]
    ),
    Panel(
      "No upstream left",
      .graph,
      .perSecond,
      what: "Requests for which no app was left that nginx thinks alive: users got 502.",
      bad: "Any.",
      remedy: "Open Apps: all members fail, or failed within `fail_timeout`.",
      queries: [
        Query(
          "sum by (cluster, tier, upstream) (rate(hvsmon_nginx_upstream_exhausted_total"
            + "{@cluster,@tier,@instance}[$__rate_interval]))",
          "{{upstream}}"
        )
      ]
    ),
    Panel(
      "nginx answers",
      .states,
      .none,
      what: "Whether nginx of each member answers.",
      bad: "DOWN.",
      remedy: "`nginx -t`, then `systemctl restart nginx` on the member.",
      queries: [
        Query(
          "min by (cluster, tier, instance) (nginx_up{@cluster,@tier,@instance})",
          "{{instance}}"
        )
      ],
      words: .runs
    ),
  ]

  private static let edgeSettings: [Panel] = [
    Panel(
      "Certificates end",
      .bars,
      .seconds,
      what: "How long each certificate that nginx serves is still good.",
      bad: "Below the lines: browsers refuse it at the end.",
      remedy: "`certbot renew`, then reload nginx on every member.",
      queries: [
        Query(
          "hvsmon_nginx_certificate_expiry_timestamp_seconds{@cluster,@tier,@instance} - time()",
          "{{instance}} {{path}}"
        )
      ],
      limits: [
        Limit("NginxCertificateExpiresSoon", .warning, .below(14 * 86_400)),
        Limit("NginxCertificateExpiresVerySoon", .page, .below(3 * 86_400)),
      ],
      width: 12
    ),
    Panel(
      "Configuration",
      .table,
      .none,
      what: "What hvsmon reads of each member's configuration.",
      bad: "Not valid, not loaded, or not that of the others.",
      remedy: "`nginx -t`; compare `nginx -T` of the members; reload.",
      queries: [
        Query(
          edgeColumn("hvsmon_nginx_config_valid"),
          "valid",
          limits: [Limit("NginxConfigurationInvalid", .warning, .isZero)],
          words: .yes
        ),
        Query(
          edgeColumn("hvsmon_nginx_config_reload_pending"),
          "not loaded",
          limits: [Limit("NginxReloadPending", .warning, .isOne)],
          words: .fault
        ),
        Query(
          edgeColumn("hvsmon_nginx_config_differs"),
          "differs",
          limits: [Limit("NginxConfigurationsDiffer", .warning, .isOne)],
          words: .fault
        ),
      ],
      width: 12
    ),
  ]

  private static func edgeColumn(_ metric: String) -> String {
    "max by (cluster, tier, instance) (\(metric){@cluster,@tier,@instance})"
  }
}
