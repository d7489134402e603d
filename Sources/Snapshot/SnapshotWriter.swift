// SPDX-License-Identifier: MIT
import MetricModel

/// Writes parts as JSON.
struct SnapshotWriter: FieldVisiting {
  private var json = JSONText()
  private var needsComma = false

  var bytes: [UInt8] { json.bytes }

  mutating func write<Part: SnapshotPart>(_ part: Part) {
    var part = part
    json.raw("{")
    needsComma = false
    part.visit(&self)
    json.raw("}")
    needsComma = true
  }

  mutating func text(_ name: String, _ value: inout String) {
    begin(name)
    json.string(value)
  }

  mutating func text(_ name: String, _ value: inout String?) {
    begin(name)
    if let value { json.string(value) } else { json.raw("null") }
  }

  mutating func number(_ name: String, _ value: inout Double?) {
    begin(name)
    json.raw(Self.digits(value))
  }

  mutating func number(_ name: String, _ value: inout Int?) {
    begin(name)
    json.raw(value.map { String($0) } ?? "null")
  }

  mutating func number(_ name: String, _ value: inout Int) {
    begin(name)
    json.raw(String(value))
  }

  mutating func flag(_ name: String, _ value: inout Bool?) {
    begin(name)
    json.raw(value.map { $0 ? "true" : "false" } ?? "null")
  }

  mutating func time(_ name: String, _ value: inout Timestamp?) {
    begin(name)
    if let value { json.string(value.rfc3339Text) } else { json.raw("null") }
  }

  mutating func word<Word: RawRepresentable>(
    _ name: String,
    _ value: inout Word,
    else standard: Word
  ) where Word.RawValue == String {
    begin(name)
    json.string(value.rawValue)
  }

  mutating func texts(_ name: String, _ value: inout [String]) {
    begin(name)
    json.raw("[")
    for (index, item) in value.enumerated() {
      if index > 0 { json.raw(",") }
      json.string(item)
    }
    json.raw("]")
  }

  mutating func numbers(_ name: String, _ value: inout [Double?]) {
    begin(name)
    json.raw("[")
    for (index, item) in value.enumerated() {
      if index > 0 { json.raw(",") }
      json.raw(Self.digits(item))
    }
    json.raw("]")
  }

  mutating func part<Part: SnapshotPart>(_ name: String, _ value: inout Part?) {
    begin(name)
    if let value { write(value) } else { json.raw("null") }
  }

  mutating func parts<Part: SnapshotPart>(_ name: String, _ value: inout [Part]) {
    begin(name)
    json.raw("[")
    for (index, item) in value.enumerated() {
      if index > 0 { json.raw(",") }
      write(item)
    }
    json.raw("]")
    needsComma = true
  }

  private mutating func begin(_ name: String) {
    json.raw(needsComma ? ",\"" : "\"")
    json.raw(name)
    json.raw("\":")
    needsComma = true
  }

  private static func digits(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "null" }
    if let whole = Int64(exactly: value) { return String(whole) }
    return value.plainDecimalText
  }
}
