// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot
import Testing

@testable import Incidents

/// What a record says of times in which hvsmon was off: no series says that it ends then.
@Suite struct UnwatchedTimeTests {
  private static let off = 200.0...9_000.0

  /// Series with a sample each minute besides the time in which hvsmon was off.
  private static func record(
    of series: [(String, [String: String], Double)],
    in range: ClosedRange<Double> = 0...10_000
  ) -> IncidentRecord {
    let courses = series.map { name, labels, value in
      var course = ValueCourse(LabelSet(metric: name, labels))
      for time in stride(from: -120.0, through: 10_000, by: 60) where !off.contains(time) {
        course.add(Sample(Story.at(time), value))
      }
      return course
    }
    return IncidentRecord(
      cluster: "prod",
      in: Story.at(range.lowerBound)...Story.at(range.upperBound),
      courses: courses,
      messages: [],
      deeds: []
    )
  }

  @Test func `a gap between equal values is a time of which nobody knows`() {
    var course = ValueCourse(LabelSet(metric: "hvsmon_entry_working", ["entry": "site"]))
    for time in [0.0, 300, 10_000] { course.add(Sample(Story.at(time), 1)) }
    #expect(course.changes.map(\.timestamp) == [Story.at(0), Story.at(600), Story.at(10_000)])
    #expect(course.changes.map(\.isStalenessMarker) == [false, true, false])
    #expect(course.value(at: Story.at(599)) == 1 && course.value(at: Story.at(601)) == nil)
  }

  @Test func `users and members are not told to have been well while hvsmon was off`() {
    let record = Self.record(of: [
      ("hvsmon_entry_working", ["entry": "site"], 1),
      ("hvsmon_tier_members", ["tier": "lb", "state": "working"], 2),
    ])
    #expect(record.entries[0].steps.map(\.value) == [1, nil, 1])
    #expect(record.entries[0].steps.map(\.time) == [0, 480, 9_060].map(Story.at))
    #expect(record.tiers[0].steps.map(\.value) == [2, nil, 2])
    #expect(
      IncidentSummary(record).sentences.first
        == "Users reached site all the time that is known; for 2 h 23 min nobody knows."
    )
  }

  @Test func `series that end before the record does leave its end unknown`() {
    let record = Self.record(of: [("hvsmon_entry_working", ["entry": "site"], 1)], in: 0...5_000)
    #expect(record.entries[0].steps.map(\.value) == [1, nil])
  }

  @Test func `an alert is not said to fire, or to end, while hvsmon was off`() {
    let labels = ["alertname": "Down", "alertstate": "firing", "severity": "page", "node": "a"]
    let record = Self.record(of: [("ALERTS", labels, 1)])
    #expect(record.alerts.map(\.begin) == [nil, Story.at(9_060)])
    #expect(record.alerts.map(\.end) == [nil, nil])
    #expect(record.alerts.map(\.unknownSince) == [Story.at(480), nil])
    #expect(
      record.events.map(\.words) == [
        "Down fires, or not: nobody knows from here on", "Down fires, still or again",
      ]
    )
    #expect(IncidentSummary(record).sentences[0].contains("of 1 nobody knows until when"))
    #expect(MarkdownReport.text(of: record).contains("not known after"))
  }

  @Test func `what was so before and after is told once`() {
    let moved = Story.at(60).unixSeconds
    let record = Self.record(of: [
      ("hvsmon_vrrp_last_transition_timestamp_seconds", ["tier": "lb"], moved),
      ("hvsmon_mongodb_set_primaries", ["instance": "rs0"], 2),
      ("hvsmon_guest_up", ["name": "g", "node": "a"], 1),
      ("hvsmon_backup_newest_timestamp_seconds", ["name": "g"], moved),
    ])
    #expect(record.moves.count == 1)
    #expect(record.events.count == 1)
  }

  @Test func `for how long hvsmon wrote nothing is said first`() throws {
    let start = ("process_start_time_seconds", ["job": "hvsmon"], Story.at(-9_000).unixSeconds)
    let record = Self.record(of: [start])
    #expect(record.unwatchedSeconds == 8_580)
    #expect(record.events.map(\.words) == ["wrote nothing from here on"])
    #expect(record.events.map(\.level) == [.unknown])
    #expect(
      IncidentSummary(record).sentences == [
        "For 2 h 23 min hvsmon wrote nothing: what happened then is not known.",
        "No alert is known to have fired.",
      ]
    )
    #expect(try IncidentRecord(jsonObject: record.jsonObject) == record)
    // From the first moment on, and until the last.
    #expect(Self.record(of: [start], in: 3_000...10_000).unwatchedSeconds == 6_060)
    #expect(Self.record(of: [start], in: 0...5_000).unwatchedSeconds == 4_520)
    #expect(Self.record(of: [start], in: 0...300).unwatchedSeconds == 0)
    #expect(Story().record.unwatchedSeconds == nil)
  }
}
