// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

extension IncidentReader {
  /// Series that are 1 while a part works, with what to call it.
  private static let parts: [(metric: String, kind: IncidentEvent.Kind, label: String)] = [
    ("hvsmon_node_up", .node, "node"), ("hvsmon_guest_up", .guest, "name"),
    ("hvsmon_member_working", .member, "instance"),
  ]

  mutating func readParts() {
    for part in Self.parts {
      for (name, course) in subjects(part.metric, by: part.label, "id") {
        tell(course, of: name, part.kind)
      }
    }
    readEntries()
    readTiers()
  }

  private mutating func tell(
    _ course: SubjectCourse,
    of name: String,
    _ kind: IncidentEvent.Kind
  ) {
    var last: SubjectCourse.Change?
    for change in course.changes {
      // While nobody knows, what was known last is what the next news differs from.
      guard let value = change.value else { continue }
      defer { last = change }
      guard let before = last else {
        // Else a part that is down all the time would not be in the record at all. A guest that is no
        // member may be stopped on purpose.
        if value == 0, kind != .guest || change.labels["member"].map({ !$0.isEmpty }) == true {
          add(change.time, kind, Self.levelDown(kind), name, Self.downBefore)
        }
        continue
      }
      if before.value != value {
        value > 0
          ? add(change.time, kind, .ok, name, "works again")
          : add(change.time, kind, Self.levelDown(kind), name, "is down")
      }
      if kind == .guest, let from = before.labels["node"], let to = change.labels["node"],
        from != to
      {
        add(change.time, kind, .info, name, "runs on \(to), before on \(from)")
      }
    }
  }

  /// What is said at the first look at a part.
  private static let downBefore = "is down since before hvsmon looked"

  private static func levelDown(_ kind: IncidentEvent.Kind) -> Level {
    kind == .node ? .critical : .warning
  }

  private mutating func readEntries() {
    for (name, course) in subjects("hvsmon_entry_working", by: "entry") {
      var entry = EntryCourse()
      entry.name = OutsideText.clean(name)
      entry.steps = steps(of: course)
      entries.append(entry)
      if let first = course.firstKnown, first.value == 0 {
        let words = "is not reached by users since before hvsmon looked"
        add(first.time, .entry, .critical, name, words)
      }
      for news in course.news {
        news.value > 0
          ? add(news.time, .entry, .ok, name, "is reached again")
          : add(news.time, .entry, .critical, name, "is not reached by users")
      }
    }
  }

  private mutating func readTiers() {
    for (name, course) in subjects("hvsmon_tier_state", by: "tier") {
      if let first = course.firstKnown, first.value > 0 {
        add(first.time, .tier, .critical, name, Self.downBefore)
      }
      for news in course.news {
        news.value > 0
          ? add(news.time, .tier, .critical, name, "failed")
          : add(news.time, .tier, .ok, name, "works again")
      }
    }
    let members = Dictionary(grouping: courses("hvsmon_tier_members")) { $0.labels["tier"] ?? "" }
    for (name, all) in members.sorted(by: { $0.key < $1.key }) {
      var tier = TierCourse()
      tier.name = OutsideText.clean(name)
      tier.declared = newest(all.filter { $0.labels["state"] == "declared" })
      tier.needed = newest(
        courses("hvsmon_tier_members_needed").filter { $0.labels["tier"] == name }
      )
      tier.steps = memberSteps(of: all)
      tiers.append(tier)
    }
  }

  /// How many members work; while something is not known of one of them, nobody knows.
  private func memberSteps(of all: [ValueCourse]) -> [CourseStep] {
    func changes(_ state: String) -> [SubjectCourse.Change] {
      SubjectCourse(all.filter { $0.labels["state"] == state }).changes
    }
    let both =
      changes("working").map { (change: $0, isWorking: true) }
      + changes("unknown").map { (change: $0, isWorking: false) }
    var working: Double?
    var unknown: Double?
    var steps: [CourseStep] = []
    for (change, isWorking) in both.sorted(by: { $0.change.time < $1.change.time })
    where change.time <= range.upperBound {
      if isWorking { working = change.value } else { unknown = change.value }
      append((unknown ?? 0) > 0 ? nil : working, at: change.time, to: &steps)
    }
    return steps
  }

  /// Adds what holds from a time on, within the record.
  private func append(_ value: Double?, at time: Timestamp, to steps: inout [CourseStep]) {
    var step = CourseStep()
    step.time = max(time, range.lowerBound)
    step.value = value
    if let last = steps.last, last.time == step.time { steps.removeLast() }
    if let last = steps.last, last.value == value { return }
    steps.append(step)
  }

  private func newest(_ courses: [ValueCourse]) -> Int? {
    courses.compactMap { course in
      course.changes.last { !$0.isStalenessMarker && $0.timestamp <= range.upperBound }
    }
    .max { $0.timestamp < $1.timestamp }.flatMap { Int(exactly: $0.value) }
  }

  /// The values of a course within the record; the first holds from its begin on.
  func steps(of course: SubjectCourse) -> [CourseStep] {
    var steps: [CourseStep] = []
    for change in course.changes where change.time <= range.upperBound {
      append(change.value, at: change.time, to: &steps)
    }
    return steps
  }
}
