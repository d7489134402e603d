// SPDX-License-Identifier: MIT

/// Reads markup as the services show it: what is left is what people see.
enum MarkupReading {
  /// Slack's control sequences and entities; with `isMarkup` also its signs for bold and so on.
  static func slack(_ text: String, isMarkup: Bool) -> String {
    var result = ""
    var rest = Substring(text)
    while let first = rest.unicodeScalars.first {
      if isMarkup, first == "<", let end = rest.unicodeScalars.firstIndex(of: ">") {
        let inner = rest.unicodeScalars[rest.unicodeScalars.startIndex..<end].dropFirst()
        result += String(Substring(inner).split(separator: "|").last ?? "")
        rest = Substring(rest.unicodeScalars[end...].dropFirst())
      } else {
        if !(isMarkup && "*_~`".unicodeScalars.contains(first)) {
          result.unicodeScalars.append(first)
        }
        rest = Substring(rest.unicodeScalars.dropFirst())
      }
    }
    return entities(result)
  }

  /// HTML of which only some tags are known; anything else is a fault.
  static func html(_ text: String, tags: Set<String>) throws(ChatRefusal) -> String {
    var result = ""
    var open: [String] = []
    var rest = text.unicodeScalars[...]
    while let first = rest.first {
      guard first == "<" else {
        if first == ">" { throw ChatRefusal("can't parse entities: a bare >") }
        if first == "&" { try demandEntity(rest) }
        result.unicodeScalars.append(first)
        rest = rest.dropFirst()
        continue
      }
      guard let end = rest.firstIndex(of: ">") else {
        throw ChatRefusal("can't parse entities: a tag has no end")
      }
      let inner = String(rest[rest.startIndex..<end].dropFirst())
      rest = rest[end...].dropFirst()
      let isEnd = inner.hasPrefix("/")
      let name = inner.drop { $0 == "/" }.prefix { $0.isLetter }
      guard tags.contains(String(name)) else {
        throw ChatRefusal("can't parse entities: the tag \(name) is not known")
      }
      if name == "br" {
        result += "\n"
      } else if isEnd {
        guard open.popLast() == String(name) else {
          throw ChatRefusal("can't parse entities: \(name) ends where it is not open")
        }
      } else {
        open.append(String(name))
      }
    }
    guard open.isEmpty else { throw ChatRefusal("can't parse entities: \(open) is not ended") }
    return entities(result)
  }

  /// Markdown: a backslash before a sign is taken away, a bare sign is markup, a link is its title.
  ///
  /// - Parameters:
  ///   - text: As it was sent.
  ///   - escapable: The signs before which a backslash is markup; nil: every ASCII punctuation.
  ///   - signs: What makes text bold, struck and so on.
  /// - Returns: What people see.
  static func markdown(
    _ text: String,
    escapable: String? = nil,
    signs: String = "*_~`|"
  ) -> String {
    var result = ""
    var scalars = Array(text.unicodeScalars)[...]
    while let first = scalars.popFirst() {
      switch first {
      case "\\":
        guard let next = scalars.first, isEscapable(next, escapable) else {
          result.unicodeScalars.append(first)
          continue
        }
        result.unicodeScalars.append(next)
        scalars = scalars.dropFirst()
      case _ where signs.unicodeScalars.contains(first): continue
      case "[":
        // A link's address is not shown; a bracket without one is.
        guard let link = link(scalars) else {
          result.unicodeScalars.append(first)
          continue
        }
        result += markdown(link.title, escapable: escapable, signs: signs)
        scalars = scalars.dropFirst(link.length)
      default: result.unicodeScalars.append(first)
      }
    }
    return result
  }

  /// The title of `title](address)` and how many characters that takes.
  private static func link(_ scalars: ArraySlice<Unicode.Scalar>) -> (title: String, length: Int)? {
    guard
      let middle = zip(scalars.indices, scalars.indices.dropFirst()).first(where: {
        scalars[$0.0] == "]" && scalars[$0.1] == "("
      }), let end = scalars[middle.1...].firstIndex(of: ")")
    else { return nil }
    var title = ""
    for scalar in scalars[..<middle.0] { title.unicodeScalars.append(scalar) }
    guard !title.contains("\n") else { return nil }
    return (title, end - scalars.startIndex + 1)
  }

  private static func isEscapable(_ scalar: Unicode.Scalar, _ only: String?) -> Bool {
    if let only { return only.unicodeScalars.contains(scalar) }
    return scalar.isASCII && scalar.value > 0x20 && scalar.value < 0x7f
      && !scalar.properties.isAlphabetic && !("0"..."9" ~= scalar)
  }

  private static let named = [
    "&lt;": "<", "&gt;": ">", "&quot;": "\"", "&#39;": "'", "&amp;": "&",
  ]

  private static func demandEntity(_ rest: Substring.UnicodeScalarView) throws(ChatRefusal) {
    // By scalars: an accent behind the semicolon would be one character with it.
    guard named.keys.contains(where: { rest.starts(with: $0.unicodeScalars) }) else {
      throw ChatRefusal("can't parse entities: a bare &")
    }
  }

  private static func entities(_ text: String) -> String {
    var result = ""
    var rest = text.unicodeScalars[...]
    while let first = rest.first {
      if first == "&",
        let (entity, meaning) = named.first(where: { rest.starts(with: $0.key.unicodeScalars) })
      {
        result += meaning
        rest = rest.dropFirst(entity.unicodeScalars.count)
      } else {
        result.unicodeScalars.append(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }
}
