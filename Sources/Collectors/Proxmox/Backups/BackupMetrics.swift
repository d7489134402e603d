// SPDX-License-Identifier: MIT
import MetricModel

/// What the backup collector emits.
///
/// `id` is a guest such as `lxc/100`, `name` its name, `backup` the name of a declared backup.
enum BackupMetrics {
  private static let guest: Set<String> = ["id", "name"]
  private static let guestOfBackup: Set<String> = ["id", "name", "backup"]
  private static let backup: Set<String> = ["backup"]

  static let newest = MetricDefinition(
    "hvsmon_backup_newest_timestamp_seconds",
    .gauge,
    unit: "seconds",
    labels: guest,
    help: "When the newest archive of a guest was begun, over all storages."
  )
  static let archives = MetricDefinition(
    "hvsmon_backup_archives",
    .gauge,
    labels: guest.union(["storage"]),
    help: "Archives of a guest on a storage."
  )
  static let archivesDeclared = MetricDefinition(
    "hvsmon_backup_archives_declared",
    .gauge,
    labels: guestOfBackup.union(["storage"]),
    help: "Archives of a guest that are meant to be kept."
  )
  static let overdue = MetricDefinition(
    "hvsmon_backup_overdue_runs",
    .gauge,
    labels: guestOfBackup,
    help: "Runs that were due since the newest archive of a guest; at most 100 are counted."
  )
  static let missed = MetricDefinition(
    "hvsmon_backup_run_missed",
    .gauge,
    labels: guestOfBackup,
    help: "1 when the last due run did not begin for a guest, else 0."
  )
  static let failed = MetricDefinition(
    "hvsmon_backup_run_failed",
    .gauge,
    labels: guestOfBackup,
    help: "1 when the last due run failed for a guest, else 0."
  )
  static let failure = MetricDefinition(
    "hvsmon_backup_run_failure_info",
    .info,
    labels: guestOfBackup.union(["reason"]),
    help: "Why the last due run failed for a guest."
  )
  static let missedGuests = MetricDefinition(
    "hvsmon_backup_missed_guests",
    .gauge,
    labels: backup,
    help: "Guests for which the last due run of a declared backup did not begin."
  )
  static let failedGuests = MetricDefinition(
    "hvsmon_backup_failed_guests",
    .gauge,
    labels: backup,
    help: "Guests for which the last due run of a declared backup failed."
  )
  static let due = MetricDefinition(
    "hvsmon_backup_due_timestamp_seconds",
    .gauge,
    unit: "seconds",
    labels: backup,
    help: "When a declared backup was last due."
  )
  static let next = MetricDefinition(
    "hvsmon_backup_next_run_timestamp_seconds",
    .gauge,
    unit: "seconds",
    labels: backup,
    help: "When a declared backup is due next."
  )
  static let uncovered = MetricDefinition(
    "hvsmon_backup_guest_uncovered",
    .gauge,
    labels: guest,
    help: "1 when a guest is in no enabled backup job, else 0."
  )
  static let deviation = MetricDefinition(
    "hvsmon_backup_deviation",
    .gauge,
    labels: backup.union(["aspect", "expected", "found"]),
    help: "1 for each point in which the found job is not the declared one."
  )
  static let deviations = MetricDefinition(
    "hvsmon_backup_deviations",
    .gauge,
    labels: backup,
    help: "Points in which the found job is not the declared one."
  )
  static let size = MetricDefinition(
    "hvsmon_backup_size_bytes",
    .gauge,
    unit: "bytes",
    labels: guest,
    help: "Size of the newest good copy of a guest, as its task's log rounds it."
  )
  static let usualSize = MetricDefinition(
    "hvsmon_backup_usual_size_bytes",
    .gauge,
    unit: "bytes",
    labels: guest,
    help: "Median size of the up to seven good copies before the newest."
  )
  static let duration = MetricDefinition(
    "hvsmon_backup_duration_seconds",
    .gauge,
    unit: "seconds",
    labels: guest,
    help: "How long the newest good copy of a guest took."
  )
  static let usualDuration = MetricDefinition(
    "hvsmon_backup_usual_duration_seconds",
    .gauge,
    unit: "seconds",
    labels: guest,
    help: "Median duration of the up to seven good copies before the newest."
  )
  static let excluded = MetricDefinition(
    "hvsmon_backup_excluded_volumes",
    .gauge,
    labels: guest,
    help: "Mount points that the newest good copy of a guest lacks."
  )
  static let fellBack = MetricDefinition(
    "hvsmon_backup_mode_fallback",
    .gauge,
    labels: guest,
    help: "1 when the newest good copy was made in another mode, as the declared one did not work."
  )
  static let needed = MetricDefinition(
    "hvsmon_backup_next_run_needed_bytes",
    .gauge,
    unit: "bytes",
    labels: backup.union(["storage"]),
    help: "Room the next run of a declared backup needs at its fullest, by the sizes seen."
  )
  static let free = MetricDefinition(
    "hvsmon_backup_storage_free_bytes",
    .gauge,
    unit: "bytes",
    labels: backup.union(["storage"]),
    help: "Free room on the storage of a declared backup."
  )

  static let all = [
    newest, archives, archivesDeclared, overdue, missed, failed, failure, missedGuests,
    failedGuests, due, next, uncovered, deviation, deviations, size, usualSize, duration,
    usualDuration, excluded, fellBack, needed, free,
  ]
}
