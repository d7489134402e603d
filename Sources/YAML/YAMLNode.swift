// SPDX-License-Identifier: MIT

/// A place in the text; both count from 1.
package struct YAMLMark: Hashable, Sendable {
  /// The line.
  package let line: Int
  /// The column, in characters.
  package let column: Int

  /// Names a place.
  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// Why text is not a document; the place is where the reader noticed.
package struct YAMLError: Error, Equatable, Sendable {
  /// Where.
  package let mark: YAMLMark
  /// What is wrong, as half a sentence.
  package let reason: String
}

/// One value of a document.
package struct YAMLNode: Equatable, Sendable {
  /// What the node holds.
  package indirect enum Content: Equatable, Sendable {
    /// Text; `isQuoted` tells `"5"` from `5`.
    case scalar(String, isQuoted: Bool)
    case sequence([YAMLNode])
    /// In the order of the text.
    case mapping([YAMLEntry])
  }

  /// What the node holds.
  package let content: Content
  /// Where it begins.
  package let mark: YAMLMark

  /// Makes a node.
  package init(_ content: Content, at mark: YAMLMark) {
    self.content = content
    self.mark = mark
  }

  /// The node is empty, `~` or `null`, unquoted.
  package var isNull: Bool {
    guard case .scalar(let text, isQuoted: false) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  /// The number of values on the longest way down, this one counted.
  var height: Int {
    switch content {
    case .scalar: 1
    case .sequence(let items): 1 + (items.map(\.height).max() ?? 0)
    case .mapping(let entries): 1 + (entries.map(\.value.height).max() ?? 0)
    }
  }

  /// The kind of the node in words, for messages.
  package var kindText: String {
    switch content {
    case .scalar: isNull ? "nothing" : "a single value"
    case .sequence: "a list"
    case .mapping: "a section of keys"
    }
  }
}

/// One key of a mapping with its value.
package struct YAMLEntry: Equatable, Sendable {
  /// The key's text.
  package let key: String
  /// Where the key stands.
  package let mark: YAMLMark
  /// Its value.
  package let value: YAMLNode

  /// Makes an entry.
  package init(key: String, at mark: YAMLMark, value: YAMLNode) {
    self.key = key
    self.mark = mark
    self.value = value
  }
}
