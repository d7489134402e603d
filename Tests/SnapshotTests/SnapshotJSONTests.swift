// SPDX-License-Identifier: MIT
import MetricModel
import Testing

@testable import Snapshot

@Suite struct SnapshotJSONTests {
  /// A snapshot in which no field is as it is by itself.
  private var full: ClusterSnapshot {
    var filler = Filler()
    var snapshot = ClusterSnapshot()
    snapshot.visit(&filler)
    snapshot.schemaVersion = ClusterSnapshot.schemaVersion
    return snapshot
  }

  /// Sets every field to something that can be told from every other.
  private struct Filler: FieldVisiting {
    var count = 0
    mutating func next() -> Int {
      count += 1
      return count
    }
    mutating func text(_ name: String, _ value: inout String) {
      value = "\(name) \"\(next())\" é\n"
    }
    mutating func text(_ name: String, _ value: inout String?) { value = "\(name) \(next())" }
    mutating func number(_ name: String, _ value: inout Double?) { value = Double(next()) + 0.25 }
    mutating func number(_ name: String, _ value: inout Int?) { value = next() }
    mutating func number(_ name: String, _ value: inout Int) { value = next() }
    mutating func flag(_ name: String, _ value: inout Bool?) { value = next() % 2 == 0 }
    mutating func time(_ name: String, _ value: inout Timestamp?) {
      value = Timestamp(unixMilliseconds: 1_796_005_680_000 + Int64(next()))
    }
    mutating func word<Word: RawRepresentable>(
      _ name: String,
      _ value: inout Word,
      else standard: Word
    ) where Word.RawValue == String {
      value =
        Word(rawValue: ["warning", "failed"].first { Word(rawValue: $0) != nil } ?? "") ?? standard
    }
    mutating func texts(_ name: String, _ value: inout [String]) { value = ["\(next())", "b"] }
    mutating func numbers(_ name: String, _ value: inout [Double?]) {
      value = [nil, Double(next()) / 8, -3]
    }
    mutating func part<Part: SnapshotPart>(_ name: String, _ value: inout Part?) {
      var part = Part()
      part.visit(&self)
      value = part
    }
    mutating func parts<Part: SnapshotPart>(_ name: String, _ value: inout [Part]) {
      var first = Part()
      first.visit(&self)
      value = [first, Part()]
    }
  }

  @Test func `every field reads back as it was written`() throws {
    let snapshot = full
    #expect(try ClusterSnapshot(json: snapshot.json) == snapshot)
    let empty = ClusterSnapshot()
    #expect(try ClusterSnapshot(json: empty.json) == empty)
  }

  @Test func `no two fields of a part have the same name`() throws {
    func expectDistinct(_ tree: JSONTree) {
      let names = tree.members.map(\.name)
      #expect(Set(names).count == names.count, "\(names)")
      for member in tree.members { expectDistinct(member.value) }
      for item in tree.items { expectDistinct(item) }
    }
    expectDistinct(try JSONReader.read(full.json))
  }

  @Test func `fields in another order, absent or unknown do no harm`() throws {
    let text =
      #"{"later":[1],"nodes":[{"memory_used_bytes":7,"name":"a","level":"purple"}],"schema_version":1}"#
    let snapshot = try ClusterSnapshot(json: Array(text.utf8))
    #expect(snapshot.nodes.map(\.name) == ["a"])
    #expect(snapshot.nodes[0].memoryUsedBytes == 7)
    #expect(snapshot.nodes[0].condition.level == .unknown)
    #expect(snapshot.nodes[0].cpuRatio == nil)
  }

  @Test func `what is no snapshot, or of another version, is refused`() {
    #expect(throws: SnapshotError.notASnapshot) { try ClusterSnapshot(json: Array("[]".utf8)) }
    #expect(throws: SnapshotError.otherVersion(2)) {
      try ClusterSnapshot(json: Array(#"{"schema_version":2}"#.utf8))
    }
    #expect(throws: SnapshotError.self) { try ClusterSnapshot(json: []) }
  }

  @Test func `truncated and changed bytes never trap`() {
    let json = full.json
    for length in stride(from: 0, to: json.count, by: 7) {
      #expect(throws: SnapshotError.self) { try ClusterSnapshot(json: Array(json[..<length])) }
    }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      var bytes = json
      for _ in 0..<4 {
        bytes[.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
      }
      // Either outcome is good; a trap is not.
      _ = try? ClusterSnapshot(json: bytes)
    }
  }
}
