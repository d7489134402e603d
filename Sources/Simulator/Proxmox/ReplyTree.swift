// SPDX-License-Identifier: MIT
import MetricModel

/// A JSON value whose members keep their order.
indirect enum ReplyTree: Sendable {
  case null
  /// Other programs than Proxmox have it.
  case boolean(Bool)
  case text(String)
  case integer(Int64)
  case number(Double)
  case list([ReplyTree])
  case object([Member])

  struct Member: Sendable {
    let name: String
    let value: ReplyTree
  }

  static func integer(_ value: Int) -> ReplyTree { .integer(Int64(value)) }

  /// Proxmox's way to say yes and no.
  static func flag(_ value: Bool) -> ReplyTree { .integer(value ? 1 : 0) }

  /// This object with more members.
  func adding(_ more: ReplyTree) -> ReplyTree {
    guard case .object(let own) = self, case .object(let others) = more else { return self }
    return .object(own + others)
  }

  /// The UTF-8 text.
  var bytes: [UInt8] {
    var text = JSONText()
    write(to: &text)
    return text.bytes
  }

  private func write(to text: inout JSONText) {
    switch self {
    case .null: text.raw("null")
    case .boolean(let flag): text.raw(flag ? "true" : "false")
    case .text(let string): text.string(string)
    case .integer(let number): text.raw(String(number))
    case .number(let number): text.raw(number.isFinite ? number.description : "null")
    case .list(let values):
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

extension ReplyTree: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
  ExpressibleByStringLiteral, ExpressibleByIntegerLiteral
{
  init(dictionaryLiteral elements: (String, ReplyTree)...) {
    self = .object(elements.map { Member(name: $0, value: $1) })
  }

  init(arrayLiteral elements: ReplyTree...) { self = .list(elements) }

  init(stringLiteral value: String) { self = .text(value) }

  init(integerLiteral value: Int64) { self = .integer(value) }
}
