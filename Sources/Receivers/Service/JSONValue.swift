// SPDX-License-Identifier: MIT
import MetricModel

/// A JSON value whose members keep their order, so that equal messages are equal bytes.
indirect enum JSONValue: Equatable {
  struct Member: Equatable {
    let name: String
    let value: JSONValue
  }

  case string(String)
  case integer(Int)
  case flag(Bool)
  case array([JSONValue])
  case object([Member])

  /// An object of these members; those whose value is nil are left out.
  static func members(_ pairs: (String, JSONValue?)...) -> JSONValue {
    .object(pairs.compactMap { name, value in value.map { Member(name: name, value: $0) } })
  }

  /// An object of these labels, which have no name twice.
  static func labels(_ labels: some Sequence<Label>) -> JSONValue {
    .object(labels.map { Member(name: $0.name, value: .string($0.value)) })
  }

  /// The UTF-8 text.
  var bytes: [UInt8] {
    var text = JSONText()
    write(to: &text)
    return text.bytes
  }

  private func write(to text: inout JSONText) {
    switch self {
    case .string(let string): text.string(string)
    case .integer(let number): text.raw(String(number))
    case .flag(let flag): text.raw(flag ? "true" : "false")
    case .array(let values):
      text.raw("[")
      for (index, value) in values.enumerated() {
        if index > 0 { text.raw(",") }
        value.write(to: &text)
      }
      text.raw("]")
    case .object(let members):
      text.raw("{")
      for (index, member) in members.enumerated() {
        if index > 0 { text.raw(",") }
        text.string(member.name)
        text.raw(":")
        member.value.write(to: &text)
      }
      text.raw("}")
    }
  }
}
