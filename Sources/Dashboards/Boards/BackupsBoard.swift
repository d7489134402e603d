// SPDX-License-Identifier: MIT

extension Dashboard {
  /// Copies of the guests.
  static let backups = Dashboard(
    "backups",
    title: "Backups",
    question: "Could every guest be restored, from how long ago, and will the next run fit?",
    events: [.backups, .alerts],
    sections: [
      Section(panels: runs),
      Section("Guests", panels: copies),
      Section("Trends", panels: copyTrends),
    ]
  )

  private static func job(_ metric: String) -> String {
    "max by (cluster, backup) (\(metric){@cluster})"
  }

  private static func copy(_ metric: String) -> String {
    "max by (cluster, name) (\(metric){@cluster})"
  }

  private static let runs: [Panel] = [
    Panel(
      "Missed",
      .stat,
      .none,
      what: "Guests for which the last due run did not begin.",
      bad: "Any.",
      remedy: "Is the job enabled, and was its node up at that time?",
      queries: [Query(job("hvsmon_backup_missed_guests"), "{{backup}}")],
      limits: [Limit("BackupMissed", .warning, .moreThan(0))],
      words: StateWords.none,
      width: 4
    ),
    Panel(
      "Failed",
      .stat,
      .none,
      what: "Guests for which the last due run failed.",
      bad: "Any.",
      remedy: "The log of the task says why; run it again by hand.",
      queries: [Query(job("hvsmon_backup_failed_guests"), "{{backup}}")],
      limits: [Limit("BackupFailed", .warning, .moreThan(0))],
      words: StateWords.none,
      width: 4
    ),
    Panel(
      "Next run",
      .stat,
      .moment,
      what: "When each declared backup is due next.",
      bad: "Another time than you expect.",
      remedy: "Compare the schedule, and `cluster.timezone`.",
      queries: [
        Query("1000 * \(job("hvsmon_backup_next_run_timestamp_seconds"))", "{{backup}}")
      ],
      width: 4
    ),
    Panel(
      "Free for the next run",
      .stat,
      .bytes,
      what: "What the storage has free, less what the next run needs at its fullest.",
      bad: "Below zero: the run will fail half-way.",
      remedy: "Prune, or enlarge the storage, before it is due.",
      queries: [
        Query(
          "min by (cluster, backup, storage) (hvsmon_backup_storage_free_bytes{@cluster} "
            + "- hvsmon_backup_next_run_needed_bytes)",
          "{{storage}}"
        )
      ],
      width: 6
    ),
    Panel(
      "In no job",
      .stat,
      .none,
      what: "Guests that no enabled job copies.",
      bad: "Any that you would miss.",
      remedy: "Add them to a job, or declare that they need none.",
      queries: [Query("sum by (cluster) (hvsmon_backup_guest_uncovered{@cluster})", "{{cluster}}")],
      limits: [Limit("GuestWithoutBackup", .warning, .isOne)],
      words: StateWords.none,
      width: 6
    ),
  ]

  private static let copies: [Panel] = [
    Panel(
      "Copies",
      .table,
      .none,
      what: "The newest copy of each guest, and how many there are.",
      bad: "Runs overdue, fewer copies than are to be kept, volumes left out.",
      remedy: "The log of the guest's last run; then run the job for that guest.",
      queries: [
        Query("time() - \(copy("hvsmon_backup_newest_timestamp_seconds"))", "age", unit: .seconds),
        Query(
          copy("hvsmon_backup_overdue_runs"),
          "runs overdue",
          limits: [Limit("BackupTooOld", .warning, .moreThan(1))]
        ),
        Query(copy("hvsmon_backup_size_bytes"), "size", unit: .bytes),
        Query(copy("hvsmon_backup_duration_seconds"), "took", unit: .seconds),
        Query(copy("hvsmon_backup_archives"), "copies"),
        Query(copy("hvsmon_backup_archives_declared"), "to be kept"),
        Query(
          copy("hvsmon_backup_excluded_volumes"),
          "volumes left out",
          limits: [Limit("BackupLacksVolume", .warning, .moreThan(0))]
        ),
      ],
      width: 24
    ),
    Panel(
      "Failed or missed",
      .states,
      .none,
      what: "Whether the last due run failed, or did not begin, for each guest.",
      bad: "YES.",
      remedy: "As above.",
      queries: [
        Query(
          "\(copy("hvsmon_backup_run_failed")) + \(copy("hvsmon_backup_run_missed"))",
          "{{name}}"
        )
      ],
      limits: [Limit("BackupFailed", .warning, .moreThan(0))],
      words: .fault,
      width: 24
    ),
  ]

  private static let copyTrends: [Panel] = [
    Panel(
      "Age of the newest copy",
      .graph,
      .seconds,
      what: "How old the newest copy of each guest is; the ten oldest.",
      bad: "A line that does not fall at a run.",
      remedy: "The guest's last run.",
      queries: [
        Query("topk(10, time() - \(copy("hvsmon_backup_newest_timestamp_seconds")))", "{{name}}")
      ]
    ),
    Panel(
      "Size beside the usual",
      .graph,
      .none,
      what: "The newest copy's size as a multiple of the usual one; ten guests.",
      bad: "Outside the lines: half of it is missing, or something filled up.",
      remedy: "Look into the archive, and at the guest's disk.",
      queries: [
        Query(
          "topk(10, \(copy("hvsmon_backup_size_bytes")) / \(copy("hvsmon_backup_usual_size_bytes")))",
          "{{name}}"
        )
      ],
      limits: [Limit("BackupSizeUnusual", .warning, .above(2))]
    ),
    Panel(
      "Duration beside the usual",
      .graph,
      .none,
      what: "How long the newest copy took as a multiple of the usual; ten guests.",
      bad: "Above the line.",
      remedy: "The network to the storage, and who else writes to it.",
      queries: [
        Query(
          "topk(10, \(copy("hvsmon_backup_duration_seconds")) / \(copy("hvsmon_backup_usual_duration_seconds")))",
          "{{name}}"
        )
      ],
      limits: [Limit("BackupSlow", .info, .above(3))]
    ),
  ]
}
