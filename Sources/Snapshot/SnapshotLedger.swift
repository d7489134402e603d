// SPDX-License-Identifier: MIT
package import MetricModel

/// A daemon's newest snapshot as it is sent: whole, or what changed in it since an earlier one.
///
/// Each field, and each row of a list, is kept as the text it is sent as, with the number of the
/// snapshot in which it changed last; what is as before is not written again. So much is kept as one
/// answer is long.
package struct SnapshotLedger: Sendable {
  /// When the newest snapshot was made.
  package private(set) var time: Timestamp?
  /// How many snapshots were entered.
  package private(set) var number = 0
  /// Tells the marks of one run of a daemon from those of any other.
  private let origin: String
  private var fields: [any SentField] = []

  /// A ledger without a snapshot.
  ///
  /// - Parameter origin: Letters and digits that no other run of a daemon has.
  package init(origin: String) {
    self.origin = origin
  }

  /// Enters a snapshot that is newer than those before.
  package mutating func enter(_ snapshot: ClusterSnapshot) {
    number += 1
    time = snapshot.time
    var snapshot = snapshot
    var visitor = LedgerVisitor(number: number, known: fields)
    snapshot.visit(&visitor)
    fields = visitor.fields
  }

  /// The newest snapshot as one JSON object.
  package var json: [UInt8] {
    var bytes = [UInt8(ascii: "{")]
    bytes.reserveCapacity(fields.reduce(2) { $0 + $1.count })
    for field in fields {
      if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
      field.write(to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  /// The mark of the newest snapshot, and what changed in it since the one of another mark; all of it
  /// when that mark is not of this ledger.
  package func json(since mark: String) -> [UInt8] {
    let since = number(of: mark)
    var head = JSONText()
    head.raw("{\"schema_version\":\(ClusterSnapshot.schemaVersion),\"mark\":")
    head.string("\(origin)-\(number)")
    head.raw(",\"since\":")
    if since == nil { head.raw("null") } else { head.string(mark) }
    var bytes = head.bytes
    for field in fields where field.changedAt > since ?? 0 && field.name != "schema_version" {
      bytes.append(UInt8(ascii: ","))
      field.write(changesSince: since ?? 0, to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  /// Nil for what is no mark of a snapshot that was entered here.
  private func number(of mark: String) -> Int? {
    let start = "\(origin)-"
    guard mark.hasPrefix(start), let number = Int(mark.dropFirst(start.count)),
      number >= 1, number <= self.number, mark == "\(start)\(number)"
    else { return nil }
    return number
  }
}

/// A field as it is sent.
private protocol SentField: Sendable {
  var name: String { get }
  /// The snapshot in which it changed last.
  var changedAt: Int { get }
  /// About as many bytes as it takes.
  var count: Int { get }
  /// Adds name and value.
  func write(to bytes: inout [UInt8])
  /// Adds the name and what changed since a snapshot.
  func write(changesSince number: Int, to bytes: inout [UInt8])
}

/// A field that changes as a whole.
private struct PlainField: SentField {
  let name: String
  let changedAt: Int
  let text: [UInt8]

  var count: Int { text.count + 1 }
  func write(to bytes: inout [UInt8]) { bytes += text }
  func write(changesSince number: Int, to bytes: inout [UInt8]) { bytes += text }
}

/// A list of which single rows change.
private struct RowsField<Part: SnapshotPart>: SentField {
  struct Row: Sendable {
    let part: Part
    let text: [UInt8]
    let changedAt: Int
  }

  let name: String
  let changedAt: Int
  let rows: [Row]
  /// The snapshot in which it got as many rows as it has.
  let countedAt: Int

  init(_ name: String, _ parts: [Part], number: Int, after old: RowsField?) {
    self.name = name
    let known = old?.rows ?? []
    let rows = parts.enumerated().map { index, part in
      if known.indices.contains(index), known[index].part == part { return known[index] }
      return Row(part: part, text: part.jsonObject, changedAt: number)
    }
    self.rows = rows
    countedAt = old.flatMap { rows.count == $0.rows.count ? $0.countedAt : nil } ?? number
    changedAt = max(countedAt, rows.lazy.map(\.changedAt).max() ?? 0)
  }

  var count: Int { rows.reduce(name.utf8.count + 6) { $0 + $1.text.count + 1 } }

  func write(to bytes: inout [UInt8]) {
    bytes += "\"\(name)\":[".utf8
    for (index, row) in rows.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += row.text
    }
    bytes.append(UInt8(ascii: "]"))
  }

  func write(changesSince number: Int, to bytes: inout [UInt8]) {
    guard countedAt <= number else { return write(to: &bytes) }
    bytes += "\"\(name)\":{".utf8
    var needsComma = false
    for (index, row) in rows.enumerated() where row.changedAt > number {
      bytes += (needsComma ? ",\"\(index)\":" : "\"\(index)\":").utf8
      bytes += row.text
      needsComma = true
    }
    bytes.append(UInt8(ascii: "}"))
  }
}

/// Collects the fields of a snapshot.
private struct LedgerVisitor: FieldVisiting {
  let number: Int
  let known: [any SentField]
  var fields: [any SentField] = []

  /// A snapshot's fields come in the same order every time.
  private var before: (any SentField)? {
    known.indices.contains(fields.count) ? known[fields.count] : nil
  }

  private mutating func take(_ name: String, _ write: (inout SnapshotWriter) -> Void) {
    var writer = SnapshotWriter()
    write(&writer)
    if let before = before as? PlainField, before.text == writer.bytes {
      fields.append(before)
    } else {
      fields.append(PlainField(name: name, changedAt: number, text: writer.bytes))
    }
  }

  mutating func text(_ name: String, _ value: inout String) {
    take(name) { $0.text(name, &value) }
  }

  mutating func text(_ name: String, _ value: inout String?) {
    take(name) { $0.text(name, &value) }
  }

  mutating func number(_ name: String, _ value: inout Double?) {
    take(name) { $0.number(name, &value) }
  }

  mutating func number(_ name: String, _ value: inout Int?) {
    take(name) { $0.number(name, &value) }
  }

  mutating func number(_ name: String, _ value: inout Int) {
    take(name) { $0.number(name, &value) }
  }

  mutating func flag(_ name: String, _ value: inout Bool?) {
    take(name) { $0.flag(name, &value) }
  }

  mutating func time(_ name: String, _ value: inout Timestamp?) {
    take(name) { $0.time(name, &value) }
  }

  mutating func word<Word: RawRepresentable>(
    _ name: String,
    _ value: inout Word,
    else standard: Word
  ) where Word.RawValue == String {
    take(name) { $0.word(name, &value, else: standard) }
  }

  mutating func texts(_ name: String, _ value: inout [String]) {
    take(name) { $0.texts(name, &value) }
  }

  mutating func numbers(_ name: String, _ value: inout [Double?]) {
    take(name) { $0.numbers(name, &value) }
  }

  mutating func part<Part: SnapshotPart>(_ name: String, _ value: inout Part?) {
    take(name) { $0.part(name, &value) }
  }

  mutating func parts<Part: SnapshotPart>(_ name: String, _ value: inout [Part]) {
    let old = before as? RowsField<Part>
    fields.append(RowsField(name, value, number: number, after: old))
  }
}
