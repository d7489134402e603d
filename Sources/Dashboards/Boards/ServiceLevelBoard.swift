// SPDX-License-Identifier: MIT

extension Dashboard {
  /// What users felt.
  static let serviceLevel = Dashboard(
    "slo",
    title: "Service level",
    question: "How much failure have users felt, and how fast is the month's budget spent?",
    choices: [.entry],
    sections: [
      Section(panels: budget),
      Section("Burn rates", panels: burning),
      Section("Probes", panels: probes),
    ]
  )

  /// The share of the probes of an entry that failed in five minutes, which count as a whole when an
  /// answer took more than two seconds on average: what the rules record as `entry:probe_bad`,
  /// written out because only hvsmon itself has recorded series.
  ///
  /// A store that sums up five minutes each has these averages at hand: a month is 8,640 of them,
  /// where single probes would be twenty times as many.
  static let badShare =
    "(1 - avg_over_time(probe_success{@cluster,@entry,tier=\"\"}[5m]) unless on (cluster, instance) "
    + "avg_over_time(probe_duration_seconds{@cluster,@entry,tier=\"\"}[5m]) > 2) "
    + "or avg_over_time(probe_duration_seconds{@cluster,@entry,tier=\"\"}[5m]) > bool 2"

  private static func badRatio(_ window: String) -> String {
    "avg_over_time((\(badShare))[\(window):5m])"
  }

  private static let budget: [Panel] = [
    Panel(
      "Budget left",
      .verdict,
      .minutes,
      what: "Of the 43 minutes in 30 days in which probes may fail or be slow, what is left.",
      bad: "Below zero: users had less than 99.9%.",
      remedy: "Put off risky changes, and mend what took the most time.",
      queries: [Query("43.2 - 5 * sum_over_time((\(badShare))[30d:5m])", "{{instance}}")],
      limits: [Limit("SiteBudgetSpent", .info, .below(0))],
      width: 6
    ),
    Panel(
      "Good in 30 days",
      .verdict,
      .ratio,
      what: "The share of probes in 30 days that were answered within two seconds.",
      bad: "Below 99.9%.",
      remedy: "As above.",
      queries: [Query("1 - \(badRatio("30d"))", "{{instance}}")],
      width: 6
    ),
    Panel(
      "Now",
      .verdict,
      .none,
      what: "Whether the last probe was answered.",
      bad: "DOWN.",
      remedy: "Open Overview: the first tier that is down is the cause.",
      queries: [
        Query(
          "min by (cluster, instance) (probe_success{@cluster,@entry,tier=\"\"})",
          "{{instance}}"
        )
      ],
      limits: [Limit("SiteDown", .page, .isZero)],
      words: .works,
      width: 6
    ),
    Panel(
      "Certificate ends",
      .stat,
      .seconds,
      what: "How long the certificate that users are shown is still good.",
      bad: "Below the lines.",
      remedy: "`certbot renew`, then reload nginx on every member.",
      queries: [
        Query(
          "min by (cluster, instance) (probe_ssl_earliest_cert_expiry{@cluster,@entry,tier=\"\"} - time())",
          "{{instance}}"
        )
      ],
      limits: [
        Limit("CertificateExpiresSoon", .warning, .below(14 * 86_400)),
        Limit("CertificateExpiresVerySoon", .page, .below(3 * 86_400)),
      ],
      width: 6
    ),
  ]

  private static let burning: [Panel] = [
    Panel(
      "Bad within the last hour",
      .graph,
      .ratio,
      what: "The share of probes within an hour that failed or were slow.",
      bad: "Above the line: 2% of the month is spent in that hour.",
      remedy: "It is now: see Overview.",
      queries: [Query(badRatio("1h"), "{{instance}}")],
      limits: [Limit("SiteBudgetBurnsFast", .page, .above(14.4 * 0.001))],
      scale: 0...0.05
    ),
    Panel(
      "Bad within six hours",
      .graph,
      .ratio,
      what: "The share of probes within six hours that failed or were slow.",
      bad: "Above the line: 5% of the month is spent in that time.",
      remedy: "It comes and goes: compare with fail-overs, elections and the tiers' members.",
      queries: [Query(badRatio("6h"), "{{instance}}")],
      limits: [Limit("SiteBudgetBurnsFast", .page, .above(6 * 0.001))],
      scale: 0...0.05
    ),
    Panel(
      "Bad within a day",
      .graph,
      .ratio,
      what: "The share of probes within a day that failed or were slow.",
      bad: "Above the line the month's budget is spent in ten days.",
      remedy: "Find what is slow or drops out regularly: backups, deploys, a timer.",
      queries: [Query(badRatio("1d"), "{{instance}}")],
      limits: [Limit("SiteBudgetBurnsSlowly", .warning, .above(3 * 0.001))],
      scale: 0...0.05
    ),
  ]

  private static let probes: [Panel] = [
    Panel(
      "Time of an answer",
      .graph,
      .seconds,
      what: "How long each probe took.",
      bad: "Above the line it counts as bad.",
      remedy: "The phases beside it say on what.",
      queries: [Query("probe_duration_seconds{@cluster,@entry,tier=\"\"}", "{{instance}}")],
      limits: [Limit("SiteSlow", .warning, .above(2))]
    ),
    Panel(
      "Phases",
      .graph,
      .seconds,
      what: "What a probe spends its time on.",
      bad: "One that grows.",
      remedy: "`processing` is the app, the others are network and load balancer.",
      queries: [
        Query(
          "sum by (cluster, instance, phase) (probe_http_duration_seconds{@cluster,@entry,tier=\"\"})",
          "{{instance}} {{phase}}"
        )
      ]
    ),
    Panel(
      "Probes that failed",
      .states,
      .none,
      what: "Whether each probe was answered.",
      bad: "DOWN.",
      remedy: "As above.",
      queries: [
        Query(
          "min by (cluster, instance) (probe_success{@cluster,@entry,tier=\"\"})",
          "{{instance}}"
        )
      ],
      limits: [Limit("SiteDown", .page, .isZero)],
      words: .works
    ),
  ]
}
