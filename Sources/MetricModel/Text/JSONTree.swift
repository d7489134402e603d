// SPDX-License-Identifier: MIT

/// A JSON text that was read (RFC 8259).
package enum JSONTree: Equatable, Sendable {
  /// One name and value of an object.
  package struct Member: Equatable, Sendable {
    /// The name, escapes resolved.
    package let name: String
    /// The value.
    package let value: JSONTree

    /// Pairs a name with a value.
    package init(_ name: String, _ value: JSONTree) {
      self.name = name
      self.value = value
    }
  }

  case null
  case flag(Bool)
  /// A number without fraction and exponent that fits.
  case integer(Int64)
  /// Any other number; beyond the range of `Double` it is infinite.
  case number(Double)
  case text(String)
  case list([JSONTree])
  /// The members in the order of the text.
  case object([Member])
}

/// What peers mean although they write it in different types: each of these is nil where there is
/// no such value, and none takes absent, null or empty for zero.
extension JSONTree {
  /// The value of the first member of that name; nil when it is absent or null, or this is no
  /// object.
  package subscript(name: String) -> JSONTree? {
    guard case .object(let members) = self else { return nil }
    for member in members where member.name == name {
      return member.value == .null ? nil : member.value
    }
    return nil
  }

  /// The items of a list; empty when this is no list.
  package var items: [JSONTree] {
    if case .list(let items) = self { items } else { [] }
  }

  /// The members of an object; empty when this is no object.
  package var members: [Member] {
    if case .object(let members) = self { members } else { [] }
  }

  /// A finite number, also one in a text such as `"1.5"`; a flag is 1 or 0.
  package var double: Double? {
    let value: Double? =
      switch self {
      case .integer(let number): Double(number)
      case .number(let number): number
      case .flag(let flag): flag ? 1 : 0
      case .text(let text): Double(text)
      case .null, .list, .object: nil
      }
    return value.flatMap { $0.isFinite ? $0 : nil }
  }

  /// A whole number, also one in a text, and one that was written with a fraction of zero.
  package var int: Int64? {
    switch self {
    case .integer(let number): number
    case .text(let text): Int64(text) ?? double.flatMap { Int64(exactly: $0) }
    default: double.flatMap { Int64(exactly: $0) }
    }
  }

  /// A text that is not empty; a number becomes its shortest text.
  package var string: String? {
    switch self {
    case .text(let text): text.isEmpty ? nil : text
    case .integer(let number): String(number)
    case .number(let number): number.isFinite ? number.description : nil
    case .flag, .null, .list, .object: nil
    }
  }

  /// A truth, also one written as a number or as `"1"`, `"0"`, `"true"`, `"false"`.
  package var bool: Bool? {
    switch self {
    case .flag(let flag): flag
    case .text("true"): true
    case .text("false"): false
    default: double.map { $0 != 0 }
    }
  }
}

/// Why a text is not JSON, or more than may be read.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Bytes before the fault.
  package let offset: Int
  /// What is wrong there, as half a sentence that repeats nothing of the text.
  package let reason: String

  /// `byte N: reason`.
  package var description: String { "byte \(offset): \(reason)" }
}
