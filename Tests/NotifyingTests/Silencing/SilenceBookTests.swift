// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Patterns
import Rules
import Testing

@Suite struct SilenceBookTests {
  @Test func `a silence is in force from its start up to but not at its end`() throws {
    let one = try silence("a", [LabelMatcher("n", .equal, "1")], from: 10, to: 20)
    #expect(one.state(at: time(9.999)) == .pending)
    #expect(one.state(at: time(10)) == .active)
    #expect(one.state(at: time(19.999)) == .active)
    #expect(one.state(at: time(20)) == .expired)
    #expect(one.isActive(at: time(15)))
  }

  @Test func `all matchers of a silence must match, and none matches nothing`() throws {
    let two = [LabelMatcher("n", .equal, "1"), LabelMatcher("m", .notEqual, "x")]
    let both = try silence("a", two)
    #expect(both.matches(LabelSet(["n": "1"])))
    #expect(!both.matches(LabelSet(["n": "1", "m": "x"])))
    #expect(!both.matches(LabelSet(["n": "2"])))
    let none = try silence("b", [])
    #expect(!none.matches(LabelSet(["n": "1"])))
  }

  @Test func `silences are found by label, by pattern and by absence`() throws {
    let book = SilenceBook([
      try silence("equal", [LabelMatcher("n", .equal, "1")]),
      try silence("pattern", [LabelMatcher("n", .matches, "1|2")]),
      try silence("absent", [LabelMatcher("m", .equal, "")]),
      try silence("over", [LabelMatcher("n", .equal, "1")], from: 0, to: 5),
    ])
    func found(_ labels: [String: String]) -> [String] {
      book.active(for: LabelSet(labels), at: time(50)).map(\.id).sorted()
    }
    #expect(found(["n": "1"]) == ["absent", "equal", "pattern"])
    #expect(found(["n": "2", "m": "x"]) == ["pattern"])
    #expect(found(["m": "x"]) == [])
  }

  @Test func `the next change is the nearest start or end to come`() throws {
    let book = SilenceBook([
      try silence("a", [LabelMatcher("n", .equal, "1")], from: 10, to: 30),
      try silence("b", [LabelMatcher("n", .equal, "1")], from: 20, to: 40),
    ])
    #expect(book.nextChange(after: time(0)) == time(10))
    #expect(book.nextChange(after: time(10)) == time(20))
    #expect(book.nextChange(after: time(20)) == time(30))
    #expect(book.nextChange(after: time(35)) == time(40))
    #expect(book.nextChange(after: time(40)) == nil)
    #expect(SilenceBook().nextChange(after: time(0)) == nil)
  }

  @Test func `a book keeps ten thousand silences, those that end last`() throws {
    let many = try (0..<10_050).map { index in
      try silence("\(index)", [LabelMatcher("n", .equal, "\(index)")], to: 100 + Double(index))
    }
    let book = SilenceBook(many)
    #expect(book.silences.count == SilenceBook.maximumCount)
    #expect(book.leftOutCount == 50)
    #expect(book.active(for: LabelSet(["n": "49"]), at: time(50)).isEmpty)
    #expect(book.active(for: LabelSet(["n": "50"]), at: time(50)).map(\.id) == ["50"])
  }

  @Test func `an acknowledgement covers what fired when it was made`() {
    let first = alert("A", ["n": "1"], at: 0)
    let own = Acknowledgement(.alert(first.labels), by: "ann", at: time(10))
    let group = Acknowledgement(.group(key: "{}:{}"), by: "bob", at: time(20))
    let book = SilenceBook(acknowledgements: [group, own])
    #expect(book.acknowledgement(of: first, inGroup: nil) == own)
    #expect(book.acknowledgement(of: first, inGroup: "{}:{}") == group)
    let again = alert("A", ["n": "1"], at: 15)
    #expect(book.acknowledgement(of: again, inGroup: nil) == nil)
    #expect(book.acknowledgement(of: again, inGroup: "{}:{}") == group)
    #expect(book.acknowledgement(of: alert("A", at: 21), inGroup: "{}:{}") == nil)
  }
}
