// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

/// Server-sent events (WHATWG HTML, section 9.2) for an open page.
///
/// A page is sent anew when something on it has changed besides ages, which the browser counts
/// itself; between two of those a beat tells that the daemon is there.
struct LiveText {
  private let kind: PageDocument.Kind
  private var shown: ClusterSnapshot?

  init(_ kind: PageDocument.Kind) {
    self.kind = kind
  }

  /// The event for a snapshot.
  mutating func event(_ snapshot: ClusterSnapshot) -> [UInt8] {
    let ageless = snapshot.ageless
    let time = snapshot.time?.unixMilliseconds ?? 0
    let age = snapshot.freshness?.ageSeconds.map { String(Int64($0 * 1_000)) } ?? "null"
    guard ageless != shown else {
      return Array("event: beat\ndata: {\"time\":\(time),\"age\":\(age)}\n\n".utf8)
    }
    shown = ageless
    var json = JSONText()
    json.raw("event: page\ndata: {\"time\":\(time),\"age\":\(age),\"title\":")
    json.string(PageDocument.title(snapshot))
    json.raw(",\"level\":")
    json.string(PageDocument.level(snapshot).styleClass)
    json.raw(",\"html\":")
    json.string(PageDocument.body(kind, snapshot))
    json.raw("}\n\n")
    return json.bytes
  }
}

extension ClusterSnapshot {
  /// The snapshot without what changes while nothing does.
  fileprivate var ageless: ClusterSnapshot {
    var copy = self
    copy.time = nil
    copy.freshness?.ageSeconds = nil
    var ageless = AgelessFields()
    for index in copy.tiers.indices { copy.tiers[index].visit(&ageless) }
    for index in copy.entries.indices { copy.entries[index].visit(&ageless) }
    for index in copy.nodes.indices { copy.nodes[index].visit(&ageless) }
    for index in copy.guests.indices { copy.guests[index].visit(&ageless) }
    for index in copy.loadBalancers.indices { copy.loadBalancers[index].visit(&ageless) }
    for index in copy.apps.indices { copy.apps[index].visit(&ageless) }
    for index in copy.databases.indices { copy.databases[index].visit(&ageless) }
    copy.quorum?.condition.ageSeconds = nil
    return copy
  }
}

/// Takes the ages out of parts.
private struct AgelessFields: FieldVisiting {
  mutating func text(_ name: String, _ value: inout String) {}
  mutating func text(_ name: String, _ value: inout String?) {}
  mutating func number(_ name: String, _ value: inout Double?) {
    if name == "age_seconds" { value = nil }
  }
  mutating func number(_ name: String, _ value: inout Int?) {}
  mutating func number(_ name: String, _ value: inout Int) {}
  mutating func flag(_ name: String, _ value: inout Bool?) {}
  mutating func time(_ name: String, _ value: inout Timestamp?) {}
  mutating func word<Word: RawRepresentable>(
    _ name: String,
    _ value: inout Word,
    else standard: Word
  ) where Word.RawValue == String {}
  mutating func texts(_ name: String, _ value: inout [String]) {}
  mutating func numbers(_ name: String, _ value: inout [Double?]) {}
  mutating func part<Part: SnapshotPart>(_ name: String, _ value: inout Part?) {}
  mutating func parts<Part: SnapshotPart>(_ name: String, _ value: inout [Part]) {}
}
