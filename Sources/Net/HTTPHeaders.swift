// SPDX-License-Identifier: MIT

/// The header fields of one HTTP message, in the order of the wire; names compare without case.
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// One field.
  package struct Field: Sendable, Equatable {
    /// The name as it was given or received.
    package let name: String
    /// The value without blanks around it; may be empty.
    package let value: String
  }

  /// Every field in order; a name can occur more than once.
  package private(set) var fields: [Field] = []

  /// Starts without a field.
  package init() {}

  package init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { add(name, value) }
  }

  /// The value of the first field of that name; setting replaces every field of that name.
  package subscript(name: String) -> String? {
    get { fields.first { Self.isSameName($0.name, name) }?.value }
    set {
      fields.removeAll { Self.isSameName($0.name, name) }
      if let newValue { add(name, newValue) }
    }
  }

  /// The values of every field of that name, in order.
  package func all(_ name: String) -> [String] {
    fields.filter { Self.isSameName($0.name, name) }.map(\.value)
  }

  /// Appends a field and keeps those that have the same name.
  package mutating func add(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// Tells whether two names are the same but for ASCII case (RFC 9110, section 5.1).
  static func isSameName(_ left: String, _ right: String) -> Bool {
    guard left.utf8.count == right.utf8.count else { return false }
    return left == right
      || zip(left.utf8, right.utf8).allSatisfy { lowercased($0) == lowercased($1) }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
