// SPDX-License-Identifier: MIT
import MetricModel
import Testing

@testable import Snapshot

@Suite struct MarkedSnapshotTests {
  private var first: ClusterSnapshot {
    var snapshot = ClusterSnapshot()
    snapshot.cluster = "a\"},{[\\"
    snapshot.time = Timestamp(unixSeconds: 1)
    snapshot.guests = (0..<50).map { index in
      var guest = GuestRow()
      (guest.id, guest.name, guest.tags) = ("lxc/\(index)", "g,\"]}\(index)", ["x"])
      guest.cpuTrend = [nil, 0.25]
      return guest
    }
    return snapshot
  }

  /// A ledger in which a snapshot was entered, and what a reader has of it.
  private func begin(_ snapshot: ClusterSnapshot) throws -> (SnapshotLedger, MarkedSnapshot) {
    var ledger = SnapshotLedger(origin: "run1")
    ledger.enter(snapshot)
    return (ledger, try MarkedSnapshot(json: ledger.json(since: ""), over: nil))
  }

  @Test func `whole snapshots are sent as if there were no ledger`() throws {
    var (ledger, _) = try begin(first)
    #expect(ledger.json == first.json)
    var next = first
    next.guests[7].cpuRatio = 0.5
    next.quorum = QuorumRow()
    ledger.enter(next)
    #expect(ledger.json == next.json)
  }

  @Test func `a reader who asks for changes has what one who asks for all has`() throws {
    var snapshot = first
    var (ledger, near) = try begin(snapshot)
    let far = near
    #expect(near.snapshot == snapshot)
    let changes: [(inout ClusterSnapshot) -> Void] = [
      { $0.guests[2].name = "other" },
      { _ in },
      { $0.quorum = QuorumRow() },
      { $0.quorum = nil },
      { $0.guests.removeFirst() },
      { $0.guests[48].cpuTrend = [0.5] },
      { $0.alerts = [AlertRow()] },
      { $0.alerts[0].isUnknown = true },
      { $0.guests = [] },
      { $0.cluster = "b" },
      { $0.trendStepSeconds = 15 },
    ]
    for (index, change) in changes.enumerated() {
      change(&snapshot)
      snapshot.time = Timestamp(unixSeconds: Double(index + 2))
      ledger.enter(snapshot)
      let mark = try #require(near.mark)
      near = try MarkedSnapshot(json: ledger.json(since: mark), over: near)
      #expect(near.snapshot == snapshot, "change \(index)")
      // One who slept through all of them.
      let late = try MarkedSnapshot(json: ledger.json(since: far.mark ?? ""), over: far)
      #expect(late.snapshot == snapshot, "change \(index)")
    }
  }

  @Test func `only rows that changed are sent`() throws {
    var (ledger, known) = try begin(first)
    var next = first
    next.guests[41].cpuRatio = 0.5
    ledger.enter(next)
    let answer = ledger.json(since: try #require(known.mark))
    let tree = try JSONReader.read(answer)
    #expect(tree.members.map(\.name) == ["schema_version", "mark", "since", "guests"])
    #expect(tree["guests"]?.members.map(\.name) == ["41"])
    #expect(tree["since"]?.string == known.mark)
    known = try MarkedSnapshot(json: answer, over: known)
    #expect(known.snapshot == next)
    // And nothing of it a second time.
    let again = try JSONReader.read(ledger.json(since: try #require(known.mark)))
    #expect(again.members.map(\.name) == ["schema_version", "mark", "since"])
  }

  @Test func `after a restart, and for a mark that nobody gave, all is sent`() throws {
    let (ledger, known) = try begin(first)
    var other = SnapshotLedger(origin: "run2")
    other.enter(first)
    let marks = [
      "", "run1-0", "run1-2", "run1-+1", "run1-01", "run1-1 ", "run1-x", "run2-1", "run1", "-1",
      "1",
    ]
    for mark in marks {
      let answer = ledger.json(since: mark)
      #expect(try JSONReader.read(answer)["since"] == nil, "\(mark)")
      #expect(try MarkedSnapshot(json: answer, over: known).snapshot == first)
    }
    let restarted = other.json(since: try #require(known.mark))
    #expect(try MarkedSnapshot(json: restarted, over: known).snapshot == first)
    #expect(try JSONReader.read(SnapshotLedger(origin: "r").json(since: "r-1"))["since"] == nil)
  }

  @Test func `changes of a snapshot that is not known are refused`() throws {
    var (ledger, known) = try begin(first)
    var next = first
    next.guests[3].name = "x"
    ledger.enter(next)
    let answer = ledger.json(since: try #require(known.mark))
    #expect(throws: SnapshotError.strayChanges) { try MarkedSnapshot(json: answer, over: nil) }
    let newer = try MarkedSnapshot(json: answer, over: known)
    #expect(throws: SnapshotError.strayChanges) { try MarkedSnapshot(json: answer, over: newer) }
    for place in ["50", "-1", "x", "9223372036854775808", ""] {
      let text =
        #"{"schema_version":1,"mark":"m","since":"run1-1","guests":{"\#(place)":{"id":"a"}}}"#
      #expect(throws: SnapshotError.self, "\(place)") {
        try MarkedSnapshot(json: Array(text.utf8), over: known)
      }
    }
  }

  @Test func `a daemon that gives no marks is read as ever`() throws {
    let (_, known) = try begin(first)
    var next = first
    next.guests.removeLast()
    let read = try MarkedSnapshot(json: next.json, over: known)
    #expect(read.snapshot == next)
    #expect(read.mark == nil)
  }

  @Test func `truncated and changed answers never trap, and none is half taken`() throws {
    var (ledger, known) = try begin(first)
    var next = first
    for index in stride(from: 0, to: 50, by: 9) { next.guests[index].note = "x" }
    ledger.enter(next)
    let answer = ledger.json(since: try #require(known.mark))
    for length in 0..<answer.count {
      #expect(throws: SnapshotError.self) {
        try MarkedSnapshot(json: Array(answer[..<length]), over: known)
      }
    }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<5_000 {
      var bytes = answer
      for _ in 0..<4 {
        bytes[.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
      }
      // What is read of a text that is not JSON would be half of it.
      if let read = try? MarkedSnapshot(json: bytes, over: known) {
        let tree = try JSONReader.read(bytes)
        // Where the name of `since` was hit, the text tells a whole snapshot: of the rows it lists.
        let isOfChanges = tree["since"]?.string == known.mark
        #expect(read.snapshot.guests.count == (isOfChanges ? 50 : tree["guests"]?.items.count ?? 0))
      }
    }
  }
}

extension GuestRow {
  fileprivate var note: String? {
    get { condition.note }
    set { condition.note = newValue }
  }
}
