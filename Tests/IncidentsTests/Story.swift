// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

@testable import Incidents

/// A node that dies and comes back, as series, messages and deeds.
struct Story {
  static let start = Timestamp(rfc3339: "2026-03-01T12:00:00Z") ?? .epoch
  static let range = at(0)...at(600)

  static func at(_ seconds: Double) -> Timestamp { start + .seconds(seconds) }

  var courses: [ValueCourse] = []
  var messages: [IncidentMessage] = []
  var deeds: [IncidentDeed] = []

  /// A series whose value is so from each time on, with a sample each minute; nil ends it.
  mutating func add(_ name: String, _ labels: [String: String], _ values: (Double, Double?)...) {
    var course = ValueCourse(LabelSet(metric: name, labels))
    for (index, (seconds, value)) in values.enumerated() {
      course.add(Sample(Self.at(seconds), value ?? Double.stalenessMarker))
      guard let value else { continue }
      let end = index + 1 < values.count ? values[index + 1].0 : 600
      for time in stride(from: seconds + 60, to: end, by: 60) {
        course.add(Sample(Self.at(time), value))
      }
    }
    courses.append(course)
  }

  mutating func tell(
    _ about: String,
    decided: Double,
    ended: Double?,
    _ outcome: IncidentMessage.Outcome,
    _ reason: String,
    answer: String,
    tries: Int = 0
  ) {
    var message = IncidentMessage()
    message.decidedAt = Self.at(decided)
    message.endedAt = ended.map(Self.at)
    message.receiver = "chat/slack[0]"
    message.about = about
    message.reason = reason
    message.outcome = outcome
    message.answer = answer
    message.failedTries = tries
    messages.append(message)
  }

  var record: IncidentRecord {
    IncidentRecord(
      cluster: "prod",
      in: Self.range,
      courses: courses,
      messages: messages,
      deeds: deeds
    )
  }

  /// pve2 dies after a minute, with a load balancer and a database on it.
  static var nodeDeath: Story {
    var story = Story()
    story.addParts()
    story.addRoles()
    story.addTelling()
    story.addWork()
    return story
  }

  /// What works, and what does not.
  private mutating func addParts() {
    add("hvsmon_node_up", ["node": "pve1"], (-100, 1))
    add("hvsmon_node_up", ["node": "pve2"], (-100, 1), (60, 0), (180, 1))
    add(
      "hvsmon_guest_up",
      ["name": "lb2", "id": "lxc/102", "node": "pve2"],
      (-100, 1),
      (60, 0),
      (190, 1)
    )
    add(
      "hvsmon_member_working",
      ["instance": "lb2", "tier": "lb"],
      (-100, 1),
      (60, 0),
      (192, 1)
    )
    add("hvsmon_entry_working", ["entry": "site"], (-100, 1), (60, 0), (63.2, 1))
    add("hvsmon_tier_members", ["tier": "lb", "state": "declared"], (-100, 2))
    add(
      "hvsmon_tier_members",
      ["tier": "lb", "state": "working"],
      (-100, 2),
      (60, 1),
      (192, 2)
    )
    add("hvsmon_tier_members_needed", ["tier": "lb"], (-100, 1))
    add("hvsmon_tier_state", ["tier": "lb", "state": "failed"], (-100, 0))
  }

  /// Who leads what.
  private mutating func addRoles() {
    let from = ["tier": "lb", "from": "lb2", "to": "lb1", "cause": "silent"]
    add("hvsmon_vrrp_last_transition_info", from, (63.5, 1))
    add(
      "hvsmon_vrrp_last_transition_timestamp_seconds",
      ["tier": "lb"],
      (63.5, Self.at(63.2).unixSeconds)
    )
    add("hvsmon_vrrp_failover_gap_seconds", ["tier": "lb"], (63.5, 3.2))
    let set = ["instance": "rs0", "tier": "db"]
    add(
      "hvsmon_mongodb_set_election_timestamp_seconds",
      set,
      (-100, Self.at(-90_000).unixSeconds),
      (72, Self.at(71).unixSeconds)
    )
    add("hvsmon_mongodb_set_primaries", set, (-100, 1), (61, 0), (72, 1))
    add(
      "hvsmon_mongodb_set_primary",
      set.merging(["member": "db1"]) { $1 },
      (-100, 0),
      (72, 1)
    )
  }

  /// Alerts, and who is told.
  private mutating func addTelling() {
    let alert = ["alertname": "NodeDown", "alertstate": "firing", "node": "pve2"]
    add("ALERTS", alert.merging(["severity": "warning"]) { $1 }, (62, 1), (185, nil))
    add(
      "ALERTS",
      ["alertname": "SiteDown", "alertstate": "firing", "instance": "site", "severity": "page"],
      (61, 1),
      (64, nil)
    )
    tell("NodeDown", decided: 64, ended: 64.4, .accepted, "firing", answer: "accepted")
    tell(
      "SiteDown",
      decided: 62,
      ended: 300,
      .givenUp,
      "firing",
      answer: "https://ops:pw-1234@hooks.example/x said no: token=abcdef",
      tries: 4
    )
    deeds = [
      IncidentDeed(
        at: Self.at(90),
        by: "ann",
        action: "alert_acknowledged",
        subject: "NodeDown{node=\"pve2\"}",
        detail: "on my way | <b>"
      )
    ]
  }

  /// What goes on besides.
  private mutating func addWork() {
    add(
      "hvsmon_backup_newest_timestamp_seconds",
      ["name": "db1", "id": "lxc/103"],
      (-100, Self.at(-80_000).unixSeconds),
      (410, Self.at(400).unixSeconds)
    )
    let process = ["instance": "app1", "process": "web", "id": "0"]
    add(
      "hvsmon_pm2_process_start_time_seconds",
      process,
      (-100, Self.at(-9_000).unixSeconds),
      (500, Self.at(499).unixSeconds)
    )
    add(
      "hvsmon_pm2_process_info",
      process.merging(["build": "one", "version": "1"]) { $1 },
      (-100, 1),
      (500, nil)
    )
    add(
      "hvsmon_pm2_process_info",
      process.merging(["build": "two", "version": "2"]) { $1 },
      (500, 1)
    )
  }
}
