// SPDX-License-Identifier: MIT
package import MetricModel

/// Which series tell what happened.
package enum IncidentSource {
  /// Whoever reads begins so long before the record, to know how things stood.
  package static let lookback = Duration.seconds(300)

  static let names = [
    "ALERTS", "hvsmon_node_up", "hvsmon_guest_up", "hvsmon_member_working", "hvsmon_entry_working",
    "hvsmon_tier_state", "hvsmon_tier_members", "hvsmon_tier_members_needed",
    "hvsmon_vrrp_last_transition_timestamp_seconds", "hvsmon_vrrp_last_transition_info",
    "hvsmon_vrrp_failover_gap_seconds", "hvsmon_mongodb_set_election_timestamp_seconds",
    "hvsmon_mongodb_set_primary", "hvsmon_mongodb_set_primaries",
    "hvsmon_backup_newest_timestamp_seconds", "hvsmon_backup_run_failed",
    "hvsmon_backup_run_missed", "hvsmon_pm2_process_start_time_seconds", "hvsmon_pm2_process_info",
    "hvsmon_nginx_restarts_total", "process_start_time_seconds",
  ]

  /// Selects them.
  package static let matchers = [
    LabelMatcher(LabelSet.metricNameLabel, .matches, names.joined(separator: "|"))
  ]

  /// Of a selected series nothing is told.
  package static func isSilent(_ labels: LabelSet) -> Bool {
    switch labels.metricName {
    case "ALERTS": labels["alertstate"] != "firing"
    case "process_start_time_seconds": labels["job"] != "hvsmon"
    case "hvsmon_tier_state": labels["state"] != "failed"
    default: false
    }
  }
}

/// A series as the times at which its value changed.
package struct ValueCourse: Sendable {
  /// Changes of one series that are kept; of more the oldest are left out.
  package static let changesMax = 20_000

  /// The series.
  package let labels: LabelSet
  /// The first sample and every one that differs from the one before; staleness markers are kept.
  ///
  /// Nothing is written while hvsmon is off: where no sample follows for ``IncidentSource/lookback``
  /// a staleness marker stands after that.
  package private(set) var changes: [Sample] = []
  /// The times of the markers that stand for missing samples.
  private var gaps: Set<Timestamp> = []
  private var last: Sample?
  /// Changes that were left out.
  package private(set) var leftOut = 0

  /// A series without samples.
  package init(_ labels: LabelSet) {
    self.labels = labels
  }

  /// Takes in the next stretch of samples.
  package mutating func add(_ run: SampleRun) {
    for index in 0..<run.count {
      add(Sample(Timestamp(unixMilliseconds: run.unixMilliseconds[index]), run.values[index]))
    }
  }

  /// Takes in the next sample.
  package mutating func add(_ sample: Sample) {
    end(before: sample.timestamp)
    let before = last
    last = sample
    if let before, before.value.bitPattern == sample.value.bitPattern { return }
    keep(sample)
  }

  /// The same series as far as it is known at a time.
  func known(until time: Timestamp) -> ValueCourse {
    var copy = self
    copy.end(before: time)
    return copy
  }

  /// Nobody knew whether the value still held, as no sample came.
  func isGap(at time: Timestamp) -> Bool { gaps.contains(time) }

  private mutating func end(before time: Timestamp) {
    guard let known = last, !known.isStalenessMarker,
      time - known.timestamp > IncidentSource.lookback
    else { return }
    let marker = Sample(known.timestamp + IncidentSource.lookback, .stalenessMarker)
    gaps.insert(marker.timestamp)
    last = marker
    keep(marker)
  }

  private mutating func keep(_ change: Sample) {
    changes.append(change)
    guard changes.count > Self.changesMax else { return }
    let over = Self.changesMax / 10
    for old in changes.prefix(over) { gaps.remove(old.timestamp) }
    changes.removeFirst(over)
    leftOut += over
  }

  /// The value at a time; nil when there is none.
  func value(at time: Timestamp) -> Double? {
    guard let sample = changes.last(where: { $0.timestamp <= time }), !sample.isStalenessMarker
    else { return nil }
    return sample.value
  }
}

/// Several series about one thing, as one: the labels that differ are those of its place.
struct SubjectCourse {
  /// A value with the labels of its series; nil from when on nobody knows.
  struct Change {
    let time: Timestamp
    let value: Double?
    let labels: LabelSet
  }

  let changes: [Change]

  init(_ courses: [ValueCourse]) {
    var all: [Change] = []
    for course in courses {
      all += course.changes.map { sample in
        Change(
          time: sample.timestamp,
          value: sample.isStalenessMarker ? nil : sample.value,
          labels: course.labels
        )
      }
    }
    // At one time the end of one series comes before the begin of the next.
    all.sort { ($0.time, $0.value == nil ? 0 : 1) < ($1.time, $1.value == nil ? 0 : 1) }
    var kept: [Change] = []
    for change in all {
      if let last = kept.last, last.time == change.time, last.value == nil { kept.removeLast() }
      // The end of a series that another one has already followed says nothing.
      if change.value == nil, let last = kept.last, last.labels != change.labels { continue }
      kept.append(change)
    }
    changes = kept
  }
  /// A known value that differs from the known one before.
  struct News {
    let time: Timestamp
    let before: Double
    let value: Double
  }

  /// The first value that is known.
  var firstKnown: (time: Timestamp, value: Double)? {
    for change in changes { if let value = change.value { return (change.time, value) } }
    return nil
  }

  /// What is otherwise than it was known to be; the first value is no news.
  var news: [News] {
    var all: [News] = []
    var last: Double?
    for change in changes {
      guard let value = change.value else { continue }
      if let last, last != value {
        all.append(News(time: change.time, before: last, value: value))
      }
      last = value
    }
    return all
  }
}
