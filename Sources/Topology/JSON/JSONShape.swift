// SPDX-License-Identifier: MIT
import MetricModel

/// Objects and lists written one after another; commas come by themselves.
struct JSONShape {
  private var text = JSONText()
  private var needsComma = false

  var bytes: [UInt8] { text.bytes }

  mutating func object(_ name: String? = nil, _ body: (inout JSONShape) -> Void) {
    enclose(name, "{", "}", body)
  }

  mutating func list(_ name: String, _ body: (inout JSONShape) -> Void) {
    enclose(name, "[", "]", body)
  }

  mutating func field(_ name: String, _ value: String?) {
    begin(name)
    if let value { text.string(value) } else { text.raw("null") }
  }

  mutating func field(_ name: String, _ value: Int?) {
    begin(name)
    text.raw(value.map { String($0) } ?? "null")
  }

  mutating func field(_ name: String, _ value: Bool?) {
    begin(name)
    text.raw(value.map { $0 ? "true" : "false" } ?? "null")
  }

  /// JSON has no word for infinities: they are null.
  mutating func field(_ name: String, _ value: Double?) {
    begin(name)
    let finite = value.flatMap { $0.isFinite ? $0 : nil }
    text.raw(finite?.plainDecimalText ?? "null")
  }

  mutating func field(_ name: String, _ time: Timestamp) {
    begin(name)
    text.raw(time.secondsText)
  }

  mutating func field(_ name: String, _ texts: [String]) {
    list(name) { shape in
      for item in texts {
        shape.begin(nil)
        shape.text.string(item)
      }
    }
  }

  mutating func field(_ name: String, _ numbers: [Int]) {
    list(name) { shape in
      for item in numbers {
        shape.begin(nil)
        shape.text.raw(String(item))
      }
    }
  }

  mutating func null(_ name: String) {
    begin(name)
    text.raw("null")
  }

  private mutating func enclose(
    _ name: String?,
    _ opening: String,
    _ closing: String,
    _ body: (inout JSONShape) -> Void
  ) {
    begin(name)
    text.raw(opening)
    needsComma = false
    body(&self)
    text.raw(closing)
    needsComma = true
  }

  private mutating func begin(_ name: String?) {
    if needsComma { text.raw(",") }
    needsComma = true
    guard let name else { return }
    text.string(name)
    text.raw(":")
  }
}
