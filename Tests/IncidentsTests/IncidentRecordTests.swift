// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot
import Testing

@testable import Incidents

/// What is read from series, messages and deeds.
@Suite struct IncidentRecordTests {
  @Test func `a node's death is told in order`() {
    #expect(
      TimelineText.lines(of: Story.nodeDeath.record) == [
        "2026-03-01",
        "12:01:00Z  CRIT   entry     site           is not reached by users",
        "12:01:00Z  WARN   guest     lb2            is down",
        "12:01:00Z  WARN   member    lb2            is down",
        "12:01:00Z  CRIT   node      pve2           is down",
        "12:01:01Z  CRIT   alert     site           SiteDown fires",
        "12:01:01Z  WARN   election  rs0            has no primary",
        "12:01:02Z  WARN   alert     pve2           NodeDown fires",
        "12:01:03Z  OK     entry     site           is reached again",
        "12:01:03Z  WARN   failover  lb             the floating IP moved from lb2 to lb1 (silent), "
          + "nobody had it for 3.2 s",
        "12:01:04Z  OK     alert     site           SiteDown is resolved",
        "12:01:04Z  INFO   message   chat/slack[0]  was told of NodeDown (firing)",
        "12:01:11Z  INFO   election  rs0            elected db1",
        "12:01:30Z  INFO   person    ann            alert acknowledged, NodeDown{node=\"pve2\"}: "
          + "on my way | <b>",
        "12:03:00Z  OK     node      pve2           works again",
        "12:03:05Z  OK     alert     pve2           NodeDown is resolved",
        "12:03:10Z  OK     guest     lb2            works again",
        "12:03:12Z  OK     member    lb2            works again",
        "12:05:00Z  CRIT   message   chat/slack[0]  was not told of SiteDown (firing): "
          + "https://[hidden]@hooks.example/x said no: token=[hidden]",
        "12:06:40Z  OK     backup    db1            was backed up",
        "12:08:19Z  INFO   start     web on app1    was started",
        "12:08:20Z  INFO   start     web on app1    was deployed: build two",
      ]
    )
  }

  @Test func `a record survives its JSON`() throws {
    let record = Story.nodeDeath.record
    #expect(try IncidentRecord(jsonObject: record.jsonObject) == record)
    #expect(try IncidentRecord(jsonObject: Array("[]".utf8)) == IncidentRecord())
    #expect(throws: JSONError.self) { try IncidentRecord(jsonObject: Array("{".utf8)) }
  }

  @Test func `the sum says what users lost, how long, and who was told`() {
    #expect(
      IncidentSummary(Story.nodeDeath.record).sentences == [
        "Users did not reach site for 3.2 s.",
        "2 alerts fired, 1 of severity page, the first at 12:01:01Z; all had ended after 2 min 4 s.",
        "Tier lb had 1 of 2 members at its lowest and needs 1; it was not whole for 2 min 12 s.",
        "The floating IP moved once; nobody had it for 3.2 s.",
        "Databases elected a primary once.",
        "1 message was taken, 1 given up; the first 3.4 s after the first alert.",
      ]
    )
    #expect(IncidentSummary(Story().record).sentences == ["No alert fired."])
    #expect(TimelineText.lines(of: Story().record) == ["nothing happened"])
  }

  @Test func `what was so before is no news, and what is not known is no failure`() {
    var story = Story()
    story.add("hvsmon_node_up", ["node": "a"], (-50, 0), (10, nil), (20, 0))
    story.add("hvsmon_node_up", ["node": "b"], (10, 1), (20, nil), (30, 1), (700, 0))
    story.add("hvsmon_mongodb_set_election_timestamp_seconds", ["instance": "s"], (5, 1))
    story.add(
      "hvsmon_vrrp_last_transition_timestamp_seconds",
      ["tier": "lb"],
      (5, Story.at(-9_000).unixSeconds)
    )
    #expect(story.record.events.isEmpty && story.record.moves.isEmpty)
    story.add("hvsmon_entry_working", ["entry": "e"], (10, 1), (20, nil), (30, 1))
    #expect(
      IncidentSummary(story.record).sentences.first
        == "Users reached e all the time that is known; for 10 s nobody knows."
    )
  }

  @Test func `alerts from before and until after are said to be so`() {
    var story = Story()
    let labels = ["alertname": "Old", "alertstate": "firing", "severity": "info"]
    story.add("ALERTS", labels, (-50, 1), (30, nil), (40, 1))
    let record = story.record
    #expect(record.alerts.map(\.begin) == [nil, Story.at(40)])
    #expect(record.alerts.map(\.end) == [Story.at(30), nil])
    #expect(record.events.map(\.words) == ["Old is resolved", "Old fires"])
    #expect(IncidentSummary(record).sentences[0].contains("1 still did at the end"))
    #expect(IncidentSummary(record).sentences[1] == "Nobody was told: no message is recorded.")
  }

  @Test func `members of which nothing is known yet are not taken for failed`() {
    var story = Story()
    story.add("hvsmon_tier_members", ["tier": "t", "state": "declared"], (10, 3))
    story.add("hvsmon_tier_members", ["tier": "t", "state": "working"], (10, 0), (20, 3), (30, 2))
    story.add("hvsmon_tier_members", ["tier": "t", "state": "unknown"], (10, 3), (20, 0))
    #expect(story.record.tiers.map(\.fewest) == [2])
    #expect(story.record.tiers[0].steps.map(\.value) == [nil, 3, 2])
  }

  @Test func `what is down when the monitor starts is told, but not what may be off on purpose`() {
    var story = Story()
    story.add("hvsmon_node_up", ["node": "a"], (10, 0), (40, 1))
    story.add("hvsmon_node_up", ["node": "b"], (10, 1))
    story.add("hvsmon_guest_up", ["name": "web1", "node": "a", "member": "web1"], (10, 0))
    story.add("hvsmon_guest_up", ["name": "spare", "node": "b", "member": ""], (10, 0))
    story.add("hvsmon_entry_working", ["entry": "site"], (11, 0), (50, 1))
    story.add("hvsmon_tier_state", ["tier": "t", "state": "failed"], (11, 1))
    let told = story.record.events.map { "\($0.level) \($0.object) \($0.words)" }
    #expect(
      told == [
        "warning web1 is down since before hvsmon looked",
        "critical a is down since before hvsmon looked",
        "critical site is not reached by users since before hvsmon looked",
        "critical t is down since before hvsmon looked",
        "ok a works again", "ok site is reached again",
      ]
    )
  }

  @Test func `a guest that moves is one guest`() {
    var story = Story()
    story.add("hvsmon_guest_up", ["name": "g", "node": "a"], (-10, 1), (50, nil))
    story.add("hvsmon_guest_up", ["name": "g", "node": "b"], (50, 1))
    #expect(story.record.events.map(\.words) == ["runs on b, before on a"])
  }

  @Test func `a record of too much keeps the newest and counts the rest`() {
    var course = ValueCourse(LabelSet(metric: "hvsmon_node_up", ["node": "n"]))
    for index in 0..<30_000 {
      course.add(Sample(Story.at(Double(index) / 50), Double(index % 2)))
    }
    #expect(course.changes.count <= ValueCourse.changesMax)
    var story = Story()
    story.courses = [course]
    let record = story.record
    #expect(record.events.count == IncidentRecord.eventsMax)
    #expect(record.leftOut == 30_000 - IncidentRecord.eventsMax)
    #expect(record.events.last?.time == Story.at(599.98))
    #expect(IncidentSummary(record).sentences.last?.contains("are left out") == true)
  }

  @Test func `counts beyond all whole numbers are told, not computed with`() {
    var story = Story()
    let tier = ["tier": "t", "state": "working"]
    for (place, value) in [1e300, .infinity, -.infinity, .nan, -1e19, 2.5].enumerated() {
      let set = ["instance": "rs\(place)"]
      story.add("hvsmon_mongodb_set_primaries", set, (10, 1), (20, value))
      story.add("hvsmon_tier_members", tier.merging(["tier": "t\(place)"]) { $1 }, (10, value))
    }
    story.add("hvsmon_mongodb_set_primaries", ["instance": "rs"], (10, 1), (20, 2))
    let record = story.record
    #expect(record.events.map(\.words) == ["has 2 primaries"])
    #expect(HTMLReport.text(of: record, curves: []).contains("</svg>"))
  }
}
