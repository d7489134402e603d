// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// Writes Prometheus' JSON envelope.
enum APIEnvelope {
  /// The longest answer, before compression.
  static let bytesMax = 32 << 20

  /// The warning of an answer that was cut because its sender asked for no more.
  static let truncated = "results truncated due to limit"

  static func failure(_ type: String, _ message: String) -> [UInt8] {
    var json = JSONText()
    json.raw("{\"status\":\"error\",\"errorType\":")
    json.string(type)
    json.raw(",\"error\":")
    json.string(message)
    json.raw("}")
    return json.bytes
  }

  /// An answer whose data `data` writes.
  static func success(
    warnings: [String] = [],
    infos: [String] = [],
    _ data: (inout JSONText) throws(APIFailure) -> Void
  ) throws(APIFailure) -> ServerResponse {
    var json = JSONText()
    json.raw("{\"status\":\"success\",\"data\":")
    try data(&json)
    for (name, texts) in [("warnings", warnings), ("infos", infos)] where !texts.isEmpty {
      json.key(name)
      json.list(texts) { json, text in json.string(text) }
    }
    json.raw("}")
    try json.checkLength()
    return .json(json.bytes)
  }
}

extension APIEnvelope {
  /// Refuses to go on with an answer that is too long.
  static func check(length: Int) throws(APIFailure) {
    guard length <= bytesMax else {
      throw APIFailure(
        .execution,
        "the answer is longer than the limit of \(bytesMax) bytes: ask for fewer series, a shorter "
          + "time or a longer step"
      )
    }
  }
}

extension JSONText {
  /// Refuses to go on with an answer that is too long.
  func checkLength() throws(APIFailure) { try APIEnvelope.check(length: bytes.count) }

  /// Adds a member's name and its colon, and the comma before it unless it is the first.
  mutating func key(_ name: String, isFirst: Bool = false) {
    if !isFirst { raw(",") }
    string(name)
    raw(":")
  }

  /// Adds a member whose value is a text.
  mutating func member(_ name: String, _ text: String, isFirst: Bool = false) {
    key(name, isFirst: isFirst)
    string(text)
  }

  /// Adds a member whose value is a finite number.
  mutating func member(_ name: String, number: Double, isFirst: Bool = false) {
    key(name, isFirst: isFirst)
    raw(number.sampleValueText)
  }

  /// Adds a list; each element writes itself.
  mutating func list<Element, Failure: Error>(
    _ elements: some Sequence<Element>,
    _ write: (inout JSONText, Element) throws(Failure) -> Void
  ) throws(Failure) {
    raw("[")
    var isFirst = true
    for element in elements {
      if !isFirst { raw(",") }
      isFirst = false
      try write(&self, element)
    }
    raw("]")
  }

  /// Adds an object of pairs in the order of their names, empty values kept.
  mutating func object(pairs: [Label]) {
    raw("{")
    for (index, pair) in pairs.sorted().enumerated() {
      member(pair.name, pair.value, isFirst: index == 0)
    }
    raw("}")
  }
}
