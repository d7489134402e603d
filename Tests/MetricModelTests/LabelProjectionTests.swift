// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@Suite struct LabelProjectionTests {
  @Test(arguments: UInt64(1)...8)
  func `projections agree with label sets that keep those labels only`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let texts = ["a", "b", "é", "e\u{301}", "node", "tier", "a value that is longer than 15 bytes"]
    let names = Set(texts.shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random)))
    var projection = LabelProjection(names)
    var digests: [UInt64: LabelSet] = [:]
    var kept: [LabelSet] = []
    for _ in 0..<400 {
      let set = LabelSet(
        texts.filter { _ in Bool.random(using: &random) }.map { name in
          Label(name, texts.randomElement(using: &random) ?? "")
        }
      )
      let own = set.keeping(names)
      let digest = projection.digest(of: set)
      #expect(digests.updateValue(own, forKey: digest).map { $0 == own } ?? true)
      #expect(projection.equals(own, in: set))
      for other in kept.suffix(20) { #expect(projection.equals(other, in: set) == (other == own)) }
      kept.append(own)
    }
  }

  @Test func `a text that lies elsewhere is the same text`() {
    let long = "a value that is longer than 15 bytes"
    let copy = long.map { String($0) }.joined()
    #expect(LabelSet(["a": long]) == LabelSet(["a": copy]))
    var projection = LabelProjection(["a"])
    let digest = projection.digest(of: LabelSet(["a": long, "b": "1"]))
    #expect(projection.digest(of: LabelSet(["0": "1", "a": copy])) == digest)
    #expect(projection.equals(LabelSet(["a": long]), in: LabelSet(["0": "1", "a": copy])))
  }
}
