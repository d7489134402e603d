// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import TestSupport
import Testing

@Suite struct PostedAlertBookTests {
  private func posted(
    _ name: String = "A",
    from start: Double? = nil,
    to end: Double? = nil,
    summary: String = "it is so"
  ) -> PostedAlert {
    PostedAlert(
      labels: LabelSet(["alertname": name, "empty": ""]),
      annotations: [Label("summary", summary)],
      startsAt: start.map { time($0) },
      endsAt: end.map { time($0) },
      sourceURL: "http://prometheus.test/graph"
    )
  }

  private let name = LabelSet(["alertname": "A"])

  @Test func `an alert without an end is over five minutes after it was posted last`() throws {
    var book = PostedAlertBook()
    let first = book.take([posted()], by: "prometheus", now: time(0))
    #expect(first.begun == [name] && first.faults.isEmpty && first.ended.isEmpty)
    #expect(book.firing.map(\.startsAt) == [time(0)])
    #expect(book.take([posted()], by: "prometheus", now: time(60)).begun.isEmpty)
    #expect(book.nextEnd == time(360))
    #expect(book.end(at: time(359)).isEmpty)
    let ended = book.end(at: time(360))
    #expect(ended.map(\.endsAt) == [time(360)] && ended.map(\.startsAt) == [time(0)])
    #expect(book.firing.isEmpty && book.nextEnd == nil)
  }

  @Test func `the earlier start and the newer texts of two posts stand`() throws {
    var book = PostedAlertBook()
    _ = book.take([posted(from: -100, to: 300)], by: "a", now: time(0))
    _ = book.take([posted(from: -50, to: 200, summary: "newer")], by: "b", now: time(10))
    let entry = try #require(book.entries[name])
    #expect(entry.alert.startsAt == time(-100))
    #expect(entry.alert.annotations == [Label("summary", "newer")])
    #expect(entry.postedBy == "b" && entry.updatedAt == time(10))
    // The later of two ends that lie ahead.
    #expect(entry.endsAt == time(300))
    _ = book.take([posted(from: -50, to: 400)], by: "b", now: time(20))
    #expect(book.nextEnd == time(400))
  }

  @Test func `an end that has passed ends the alert, also one that nobody knows`() {
    var book = PostedAlertBook()
    _ = book.take([posted(from: -10)], by: "a", now: time(0))
    let ended = book.take([posted(from: -10, to: 30)], by: "a", now: time(31)).ended
    #expect(ended.map(\.endsAt) == [time(30)])
    #expect(book.firing.isEmpty)
    // It is posted as resolved for a while; after a restart of hvsmon too.
    #expect(book.take([posted(from: -10, to: 30)], by: "a", now: time(60)).ended.count == 1)
    // An old end says nothing about what began since.
    _ = book.take([posted(from: 70)], by: "a", now: time(70))
    #expect(book.take([posted(from: -10, to: 30)], by: "a", now: time(80)).ended.isEmpty)
    #expect(book.firing.count == 1)
  }

  @Test func `faulty alerts are left out with their reasons, the others are taken`() {
    var book = PostedAlertBook()
    let many = LabelSet((0..<65).map { Label("l\($0)", "v") })
    let long = PostedAlert(
      labels: name,
      annotations: [Label("text", String(repeating: "x", count: PostedAlert.bytesMax))]
    )
    let outcome = book.take(
      [
        PostedAlert(labels: LabelSet(["alertname": ""])), posted("B"), posted(from: 5, to: 4),
        PostedAlert(labels: many), long,
      ],
      by: "a",
      now: time(0)
    )
    #expect(outcome.faults.count == 4)
    #expect(outcome.faults[0] == "at least one label pair required")
    #expect(outcome.faults[1] == "start time must be before end time")
    #expect(outcome.begun == [LabelSet(["alertname": "B"])])
  }

  @Test func `a full book refuses new alerts, counts them and goes on with those it has`() {
    var book = PostedAlertBook(alertsMax: 2)
    let three = ["A", "B", "C"].map { posted($0) }
    #expect(book.take(three, by: "a", now: time(0)).faults.count == 1)
    #expect(book.refused == 1 && book.firing.count == 2)
    #expect(book.take([posted("A"), posted("B")], by: "a", now: time(60)).faults.isEmpty)
    _ = book.take([posted("A", to: 90)], by: "a", now: time(100))
    #expect(book.take([posted("C")], by: "a", now: time(101)).begun.count == 1)
    var small = PostedAlertBook(bytesMax: 100)
    #expect(small.take(three, by: "a", now: time(0)).begun.count == 1)
  }

  @Test func `any course of posts keeps what fires, and only that`() {
    var random = SeededRandom(seed: 71)
    for _ in 0..<200 {
      var book = PostedAlertBook()
      var now = 0.0
      var fires: Set<LabelSet> = []
      for _ in 0..<60 {
        now += Double.random(in: 0...200, using: &random)
        for ended in book.end(at: time(now)) { fires.remove(ended.labels) }
        let name = ["A", "B", "C"].randomElement(using: &random) ?? "A"
        let end =
          Bool.random(using: &random) ? now + Double.random(in: -50...400, using: &random) : nil
        let start = min(now, end ?? now) - 100
        let outcome = book.take([posted(name, from: start, to: end)], by: "a", now: time(now))
        for ended in outcome.ended { fires.remove(ended.labels) }
        fires.formUnion(outcome.begun)
        #expect(Set(book.firing.map(\.labels)) == fires)
        #expect(book.entries.values.allSatisfy { $0.endsAt > time(now) })
      }
    }
  }
}
