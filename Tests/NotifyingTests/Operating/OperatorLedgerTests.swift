// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import Testing

@Suite struct OperatorLedgerTests {
  private func draft(
    _ id: String = "",
    _ matchers: [LabelMatcher] = [LabelMatcher("alertname", .equal, "A")],
    from start: Double = 0,
    to end: Double = 3_600,
    by author: String = "ann",
    comment: String = "maintenance"
  ) -> SilenceDraft {
    SilenceDraft(
      id: id,
      matchers: matchers,
      startsAt: time(start),
      endsAt: time(end),
      createdBy: author,
      comment: comment
    )
  }

  private func refusal(
    _ draft: SilenceDraft,
    at seconds: Double = 0,
    of ledger: OperatorLedger = OperatorLedger()
  ) -> String? {
    var ledger = ledger
    do throws(SilenceRefusal) {
      _ = try ledger.set(draft, newID: "new", now: time(seconds))
      return nil
    } catch {
      return error.description
    }
  }

  @Test func `a new silence begins now at the earliest`() throws {
    var ledger = OperatorLedger()
    let made = try ledger.set(draft(from: -100), newID: "a", now: time(10))
    #expect(made.id == "a")
    #expect(made.changes.silences.map(\.startsAt) == [time(10)])
    #expect(ledger["a"]?.state(at: time(10)) == .active)
    #expect(ledger.book(at: time(10)).silences.count == 1)
    #expect(ledger.book(at: time(3_600)).silences.isEmpty)
  }

  @Test func `a new end or comment keeps the id, other matchers end the old silence`() throws {
    var ledger = OperatorLedger()
    _ = try ledger.set(draft(), newID: "a", now: time(0))
    let longer = try ledger.set(
      draft("a", to: 7_200, comment: "longer"),
      newID: "b",
      now: time(60)
    )
    #expect(longer.id == "a" && ledger["a"]?.endsAt == time(7_200))
    #expect(ledger["a"]?.comment == "longer" && ledger["a"]?.updatedAt == time(60))
    let other = try ledger.set(
      draft("a", [LabelMatcher("tier", .matches, "d.*")], to: 7_200),
      newID: "b",
      now: time(120)
    )
    #expect(other.id == "b" && other.changes.silences.map(\.id) == ["a", "b"])
    #expect(ledger["a"]?.state(at: time(120)) == .expired)
    #expect(ledger["b"]?.startsAt == time(120))
  }

  @Test func `a silence that is still to come may be moved, one that has ended is made anew`()
    throws
  {
    var ledger = OperatorLedger()
    _ = try ledger.set(draft(from: 100, to: 200), newID: "a", now: time(0))
    #expect(try ledger.set(draft("a", from: 150, to: 200), newID: "b", now: time(1)).id == "a")
    #expect(try ledger.set(draft("a", from: 150, to: 900), newID: "b", now: time(300)).id == "b")
    #expect(ledger["a"]?.endsAt == time(200))
    _ = try ledger.expire("b", now: time(310))
    #expect(throws: SilenceRefusal.expired(id: "b")) { try ledger.expire("b", now: time(311)) }
    #expect(throws: SilenceRefusal.unknown(id: "x")) { try ledger.expire("x", now: time(0)) }
    #expect(refusal(draft("x")) == "silence not found")
  }

  @Test func `what is no silence is refused with a reason and changes nothing`() throws {
    #expect(refusal(draft(from: 10, to: 10)) == "start time must be before end time")
    #expect(refusal(draft(to: 5), at: 5) == "end time can't be in the past")
    #expect(refusal(draft("", [])) == "invalid silence: at least one matcher required")
    #expect(refusal(draft(by: "")) == "invalid silence: creator missing")
    #expect(refusal(draft(comment: "")) == "invalid silence: comment missing")
    #expect(
      refusal(draft("", [LabelMatcher("a", .matches, ".*"), LabelMatcher("b", .notEqual, "c")]))
        == "invalid silence: at least one matcher must not match the empty string"
    )
    #expect(
      refusal(draft("", [LabelMatcher("a", .matches, "(")]))?.hasPrefix("invalid label matcher")
        == true
    )
    let many = (0..<65).map { LabelMatcher("l\($0)", .equal, "v") }
    #expect(refusal(draft("", many))?.contains("more than 64 matchers") == true)
    let long = String(repeating: "x", count: SilenceDraft.textBytesMax + 1)
    #expect(refusal(draft(comment: long))?.contains("bytes") == true)
    var full = OperatorLedger(silencesMax: 1)
    _ = try full.set(draft(), newID: "a", now: time(0))
    #expect(refusal(draft(), of: full)?.contains("more than 1 silences") == true)
    let before = full["a"]
    #expect(refusal(draft("a", [], to: 9_000), of: full) != nil && full["a"] == before)
    // One that has ended makes room.
    let late = try full.set(draft(to: 9_999), newID: "b", now: time(5_000))
    #expect(late.changes.droppedSilences == ["a"] && full.silences.map(\.id) == ["b"])
  }

  @Test func `an ended silence is kept for 120 hours`() throws {
    var ledger = OperatorLedger()
    _ = try ledger.set(draft(to: 100), newID: "a", now: time(0))
    #expect(ledger.drop(now: time(100 + 120 * 3_600)).isEmpty)
    let dropped = ledger.drop(now: time(101 + 120 * 3_600))
    #expect(dropped.droppedSilences == ["a"] && ledger.silences.isEmpty)
  }

  @Test func `an acknowledgement ends with its alert, and not with the end before it`() {
    var ledger = OperatorLedger()
    let firing = alert("A", at: 0)
    let subject = Acknowledgement.Subject.alert(firing.labels)
    _ = ledger.acknowledge(Acknowledgement(subject, by: "ann", at: time(50)))
    #expect(ledger.drop(ended: [alert("A", at: -20, endedAt: -10)], now: time(60)).isEmpty)
    #expect(ledger.book(at: time(60)).acknowledgement(of: firing, inGroup: nil)?.by == "ann")
    let changes = ledger.drop(ended: [alert("A", at: 0, endedAt: 70)], now: time(70))
    #expect(changes.droppedAcknowledgements == [subject] && ledger.acknowledgements.isEmpty)
    #expect(ledger.withdraw(subject, now: time(80)) == nil)
  }

  @Test func `the oldest acknowledgement makes room, and that of a group nobody knows ends`() {
    var ledger = OperatorLedger(acknowledgementsMax: 2)
    for (number, key) in ["a", "b", "c"].enumerated() {
      let subject = Acknowledgement.Subject.group(key: key)
      let changes = ledger.acknowledge(
        Acknowledgement(subject, by: "ann", at: time(Double(number)))
      )
      #expect(changes.droppedAcknowledgements == (key == "c" ? [.group(key: "a")] : []))
    }
    #expect(ledger.drop(groupKeys: ["c"], now: time(300)).isEmpty)
    #expect(
      ledger.drop(groupKeys: ["c"], now: time(700)).droppedAcknowledgements == [.group(key: "b")]
    )
  }

  @Test func `changes that wait together keep the newest of each`() throws {
    var ledger = OperatorLedger()
    var waiting = try ledger.set(draft(), newID: "a", now: time(0)).changes
    waiting.append(try ledger.expire("a", now: time(5)))
    #expect(waiting.silences == [ledger["a"]].compactMap { $0 })
    waiting.append(ledger.drop(now: time(900_000)))
    #expect(waiting.silences.isEmpty && waiting.droppedSilences == ["a"])
  }

  @Test func `texts of the audit log are cut between characters`() {
    let entry = AuditEntry(
      at: time(0),
      by: "ann",
      action: .silenceMade,
      subject: String(repeating: "ü", count: 5_000)
    )
    #expect(entry.subject.utf8.count <= AuditEntry.textBytesMax && entry.subject.hasSuffix("ü…"))
    #expect(entry.by == "ann")
  }
}
