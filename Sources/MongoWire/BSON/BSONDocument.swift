// SPDX-License-Identifier: MIT

/// Keys with values, in the order they have on the wire.
package struct BSONDocument: Equatable, Sendable {
  /// One key with its value.
  package struct Element: Equatable, Sendable {
    /// The key; it holds no zero byte.
    package let key: String
    /// The value.
    package let value: BSONValue
  }

  /// All elements; peers may send a key twice.
  package private(set) var elements: [Element]

  /// Makes a document of keys and values in this order.
  package init(_ elements: [(String, BSONValue)] = []) {
    self.elements = []
    for (key, value) in elements { append(key, value) }
  }

  init(elements: [Element]) {
    self.elements = elements
  }

  /// The value of a key; the first one when the key comes twice.
  package subscript(_ key: String) -> BSONValue? {
    elements.first { $0.key == key }?.value
  }

  /// The value that a path of keys leads to through embedded documents.
  package subscript(path key: String, _ rest: String...) -> BSONValue? {
    var value = self[key]
    for key in rest { value = value?.document?[key] }
    return value
  }

  /// Adds an element at the end.
  package mutating func append(_ key: String, _ value: BSONValue) {
    precondition(!key.utf8.contains(0), "a BSON key holds no zero byte")
    elements.append(Element(key: key, value: value))
  }
}

extension BSONDocument: ExpressibleByDictionaryLiteral {
  /// Keeps the order of the literal.
  package init(dictionaryLiteral elements: (String, BSONValue)...) {
    self.init(elements)
  }
}
