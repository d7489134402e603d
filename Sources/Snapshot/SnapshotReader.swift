// SPDX-License-Identifier: MIT
import MetricModel

/// Reads parts from JSON; what is absent, or of another type, is as if it were null.
struct SnapshotReader: FieldVisiting {
  private let members: [JSONTree.Member]
  /// Fields of these names stay as they are.
  private let kept: Set<String>
  /// Fields come in the order in which they were written, so the next one is most often here.
  private var next = 0

  init(_ tree: JSONTree, keeping kept: Set<String> = []) {
    members = tree.members
    self.kept = kept
  }

  private func isKept(_ name: String) -> Bool { !kept.isEmpty && kept.contains(name) }

  mutating func text(_ name: String, _ value: inout String) {
    if isKept(name) { return }
    value = find(name)?.string ?? ""
  }

  mutating func text(_ name: String, _ value: inout String?) {
    if isKept(name) { return }
    value = find(name)?.string
  }

  mutating func number(_ name: String, _ value: inout Double?) {
    if isKept(name) { return }
    value = find(name)?.double
  }

  mutating func number(_ name: String, _ value: inout Int?) {
    if isKept(name) { return }
    value = find(name)?.int.flatMap { Int(exactly: $0) }
  }

  mutating func number(_ name: String, _ value: inout Int) {
    if isKept(name) { return }
    value = find(name)?.int.flatMap { Int(exactly: $0) } ?? 0
  }

  mutating func flag(_ name: String, _ value: inout Bool?) {
    if isKept(name) { return }
    value = find(name)?.bool
  }

  mutating func time(_ name: String, _ value: inout Timestamp?) {
    if isKept(name) { return }
    value = find(name)?.string.flatMap { Timestamp(rfc3339: $0) }
  }

  mutating func word<Word: RawRepresentable>(
    _ name: String,
    _ value: inout Word,
    else standard: Word
  ) where Word.RawValue == String {
    if isKept(name) { return }
    value = find(name)?.string.flatMap { Word(rawValue: $0) } ?? standard
  }

  mutating func texts(_ name: String, _ value: inout [String]) {
    if isKept(name) { return }
    value = find(name)?.items.compactMap(\.string) ?? []
  }

  mutating func numbers(_ name: String, _ value: inout [Double?]) {
    if isKept(name) { return }
    value = find(name)?.items.map(\.double) ?? []
  }

  mutating func part<Part: SnapshotPart>(_ name: String, _ value: inout Part?) {
    if isKept(name) { return }
    value = find(name).map(Self.part)
  }

  mutating func parts<Part: SnapshotPart>(_ name: String, _ value: inout [Part]) {
    if isKept(name) { return }
    value = find(name)?.items.map(Self.part) ?? []
  }

  private static func part<Part: SnapshotPart>(_ tree: JSONTree) -> Part {
    var part = Part()
    var reader = SnapshotReader(tree)
    part.visit(&reader)
    return part
  }

  private mutating func find(_ name: String) -> JSONTree? {
    if next < members.count, members[next].name == name {
      next += 1
      let value = members[next - 1].value
      return value == .null ? nil : value
    }
    guard let place = members.firstIndex(where: { $0.name == name }) else { return nil }
    next = place + 1
    let value = members[place].value
    return value == .null ? nil : value
  }
}
