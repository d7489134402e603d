// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

extension IncidentReader {
  /// Backups, starts and deploys.
  mutating func readWork() {
    for (name, course) in subjects("hvsmon_backup_newest_timestamp_seconds", by: "name", "id") {
      tell(course) { reader, value, seen in
        reader.add(reader.moment(value, seen: seen), .backup, .ok, name, "was backed up")
      }
    }
    for (metric, words) in [
      ("hvsmon_backup_run_failed", "was not backed up: the run failed"),
      ("hvsmon_backup_run_missed", "was not backed up: the run did not begin"),
    ] {
      for (name, course) in subjects(metric, by: "name", "id") {
        tell(course) { reader, value, seen in
          if value > 0 { reader.add(seen, .backup, .warning, name, words) }
        }
      }
    }
    for course in courses("hvsmon_pm2_process_start_time_seconds") {
      let name = course.labels.program
      tell(SubjectCourse([course])) { reader, value, seen in
        reader.add(reader.moment(value, seen: seen), .start, .info, name, "was started")
      }
    }
    for (name, course) in subjects("hvsmon_nginx_restarts_total", by: "instance") {
      tell(course) { reader, value, seen in
        if value > 0 { reader.add(seen, .start, .info, "nginx on \(name)", "was started") }
      }
    }
    readDeploys()
    for change in courses("process_start_time_seconds").flatMap(\.changes)
    where !change.isStalenessMarker {
      let time = Timestamp(unixSeconds: change.value)
      if range.contains(time) { add(time, .start, .info, "hvsmon", "was started") }
    }
  }

  /// Hands over each value that differs from the one before.
  private mutating func tell(
    _ course: SubjectCourse,
    _ news: (inout IncidentReader, _ value: Double, _ seen: Timestamp) -> Void
  ) {
    var last: Double?
    for change in course.changes {
      guard let value = change.value else { continue }
      if let last, last != value { news(&self, value, change.time) }
      last = value
    }
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
