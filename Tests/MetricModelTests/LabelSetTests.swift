// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@Suite struct LabelSetTests {
  @Test func `pairs are sorted by the bytes of their names`() {
    let set = LabelSet(["b": "1", "B": "2", "_": "3", "a": "4", "aa": "5", "é": "6"])
    #expect(set.map(\.name) == ["B", "_", "a", "aa", "b", "é"])
  }

  @Test func `the last of equal names wins`() {
    let set = LabelSet([Label("a", "1"), Label("b", "x"), Label("a", "2")])
    #expect(set.labels == [Label("a", "2"), Label("b", "x")])
  }

  @Test func `an empty value is the same as an absent label`() {
    #expect(LabelSet(["a": "", "b": "1"]) == LabelSet(["b": "1"]))
    #expect(LabelSet([Label("a", "1"), Label("a", "")]).isEmpty)
    #expect(LabelSet(metric: "up", ["job": ""]) == LabelSet(metric: "up"))
    #expect(LabelSet(["a": ""]) == .empty)
    #expect(LabelSet(["a": "1"]).setting("a", to: "") == .empty)
    #expect(LabelSet(["a": "1"]).merging(LabelSet(["b": ""])) == LabelSet(["a": "1"]))
  }

  @Test func `two spellings of one character are two values`() {
    let composed = Label("name", "\u{e9}")
    let decomposed = Label("name", "e\u{301}")
    #expect(composed != decomposed)
    #expect(LabelSet([composed]) != LabelSet([decomposed]))
    #expect(Set([LabelSet([composed]), LabelSet([decomposed])]).count == 2)
    #expect(decomposed < composed)
    #expect(!(composed < decomposed))
    let names = LabelSet([Label("\u{e9}", "1"), Label("e\u{301}", "2")])
    #expect(names.labels.count == 2)
  }

  @Test func `sets are ordered pair by pair, and a prefix comes first`() {
    let sorted = [
      LabelSet.empty,
      LabelSet(["a": "1"]),
      LabelSet(["a": "1", "b": "1"]),
      LabelSet(["a": "10"]),
      LabelSet(["a": "2"]),
      LabelSet(["b": "0"]),
    ]
    #expect(sorted.reversed().sorted() == sorted)
  }

  @Test func `setting keeps the order wherever the name belongs`() {
    let set = LabelSet(["b": "1", "d": "2"])
    for name in ["a", "b", "c", "d", "e"] {
      let changed = set.setting(name, to: "x")
      #expect(changed[name] == "x")
      #expect(changed.labels == changed.labels.sorted())
      #expect(changed == LabelSet(set.labels + [Label(name, "x")]))
    }
  }

  @Test func `setting several pairs is setting one after the other`() {
    var random = SeededRandom(seed: 3)
    func pairs(_ count: Int) -> [Label] {
      (0..<count).map { _ in
        Label(
          "n\(Int.random(in: 0...7, using: &random))",
          ["", "x", "y"].randomElement(using: &random)!
        )
      }
    }
    for count in 0..<200 {
      let (set, changes) = (LabelSet(pairs(count % 7)), pairs(count % 6))
      let expected = changes.reduce(set) { $0.setting($1.name, to: $1.value) }
      #expect(set.setting(changes) == expected)
      #expect(expected == LabelSet(set.labels + changes))
    }
  }

  @Test func `merging lets the other set win`() {
    let merged = LabelSet(metric: "up", ["job": "a", "tier": "t"]).merging(LabelSet(["job": "b"]))
    #expect(merged == LabelSet(metric: "up", ["job": "b", "tier": "t"]))
  }

  @Test func `removing and keeping split a set`() {
    let set = LabelSet(metric: "up", ["job": "a", "tier": "t"])
    #expect(set.removing(["job"]) == LabelSet(metric: "up", ["tier": "t"]))
    #expect(set.keeping(["job", "none"]) == LabelSet(["job": "a"]))
    #expect(set.withoutMetricName == LabelSet(["job": "a", "tier": "t"]))
    #expect(set.metricName == "up")
    #expect(set["none"] == nil)
  }

  @Test func `a set prints in the notation of PromQL`() {
    #expect(LabelSet.empty.description == "{}")
    #expect(LabelSet(metric: "up").description == "up")
    #expect(LabelSet(["a": "1"]).description == #"{a="1"}"#)
    let set = LabelSet(metric: "up", ["path": "C:\\x", "text": "say \"hi\"\n", "zero": "\0"])
    #expect(set.description == #"up{path="C:\\x", text="say \"hi\"\n", zero=""# + "\0\"}")
  }

  @Test func `a carriage return before a line feed is kept in quoted text`() {
    #expect("a\r\nb".quotedForPromQL == "\"a\r\\nb\"")
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `any pairs in any order make a set that keeps its promises`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let alphabet = ["a", "b", "B", "_", "__name__", "é", "e\u{301}", "Ω"]
    for _ in 0..<500 {
      let pairs = (0..<Int.random(in: 0...8, using: &random)).map { _ in
        Label(
          alphabet.randomElement(using: &random) ?? "",
          ["", "1", "2", "ö"].randomElement(using: &random) ?? ""
        )
      }
      let set = LabelSet(pairs)
      let names = set.labels.map { Array($0.name.utf8) }
      for (left, right) in zip(names, names.dropFirst()) {
        #expect(left.lexicographicallyPrecedes(right), "seed \(seed)")
      }
      #expect(set.labels.allSatisfy { !$0.value.isEmpty })
      #expect(LabelSet(set.labels.reversed()) == set)
      for label in set { #expect(set[label.name] == label.value) }
    }
  }

  @Test func `matchers print in the notation of PromQL`() {
    #expect(LabelMatcher("job", .matches, "a|b").description == #"job=~"a|b""#)
    #expect(LabelMatcher("job", .notEqual, "\"").description == #"job!="\"""#)
  }
}
