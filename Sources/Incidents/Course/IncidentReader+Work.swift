// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

extension IncidentReader {
  /// Backups, starts and deploys.
  mutating func readWork() {
    for (name, course) in subjects("hvsmon_backup_newest_timestamp_seconds", by: "name", "id") {
      for news in course.news {
        add(moment(news.value, seen: news.time), .backup, .ok, name, "was backed up")
      }
    }
    for (metric, words) in [
      ("hvsmon_backup_run_failed", "was not backed up: the run failed"),
      ("hvsmon_backup_run_missed", "was not backed up: the run did not begin"),
    ] {
      for (name, course) in subjects(metric, by: "name", "id") {
        for news in course.news where news.value > 0 {
          add(news.time, .backup, .warning, name, words)
        }
      }
    }
    for course in courses("hvsmon_pm2_process_start_time_seconds") {
      let name = course.labels.program
      for news in SubjectCourse([course]).news {
        add(moment(news.value, seen: news.time), .start, .info, name, "was started")
      }
    }
    for (name, course) in subjects("hvsmon_nginx_restarts_total", by: "instance") {
      for news in course.news where news.value > 0 {
        add(news.time, .start, .info, "nginx on \(name)", "was started")
      }
    }
    readDeploys()
    for course in courses(Self.start) {
      var last: Double?
      for change in course.changes where !change.isStalenessMarker && change.value != last {
        last = change.value
        let time = Timestamp(unixSeconds: change.value)
        if range.contains(time) { add(time, .start, .info, "hvsmon", "was started") }
      }
    }
  }

  /// hvsmon's own start, which it writes as long as it runs.
  private static let start = "process_start_time_seconds"

  /// When hvsmon itself wrote nothing; nothing is said where its own series is not kept.
  mutating func readUnwatchedTime() {
    let own = courses(Self.start)
    guard !own.isEmpty else { return }
    let steps = steps(of: SubjectCourse(own))
    for step in steps where step.value == nil {
      guard let time = step.time, time > range.lowerBound else { continue }
      add(time, .start, .unknown, "hvsmon", "wrote nothing from here on")
    }
    let first = steps.first?.time ?? range.upperBound
    unwatchedSeconds =
      (first - range.lowerBound).inSeconds
      + steps.seconds(until: range.upperBound) { $0 == nil }
  }

  /// A process that was seen with one build is seen with another.
  private mutating func readDeploys() {
    let processes = Dictionary(grouping: courses("hvsmon_pm2_process_info")) { $0.labels.program }
    for (name, all) in processes.sorted(by: { $0.key < $1.key }) {
      var last: (build: String, version: String)?
      for change in SubjectCourse(all).changes where change.value != nil {
        let new = (change.labels["build"] ?? "", change.labels["version"] ?? "")
        defer { last = new }
        guard let last, last != new else { continue }
        let what = new.0.isEmpty || new.0 == last.build ? "version \(new.1)" : "build \(new.0)"
        add(change.time, .start, .info, name, "was deployed: \(what)")
      }
    }
  }
}

extension LabelSet {
  /// A process of a member.
  fileprivate var program: String { "\(self["process"] ?? "") on \(self["instance"] ?? "")" }
}
