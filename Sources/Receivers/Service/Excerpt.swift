// SPDX-License-Identifier: MIT
import Configuration
import FoundationEssentials
import Net

/// The part of a peer's answer that errors show.
enum Excerpt {
  private static let maximumCharacters = 200

  /// The start of a text without control characters; empty when it holds a secret, or a part of one
  /// that may be a key by itself.
  static func text(_ text: String, hiding secrets: [Secret]) -> String {
    let printable = text.unicodeScalars.map { scalar -> Character in
      let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
      return isControl ? " " : Character(scalar)
    }
    let words = String(printable).split(separator: " ").joined(separator: " ")
    // Error pages like to repeat what they were sent, which holds the secret.
    guard !secrets.contains(where: { $0.shows(in: words) }) else { return "" }
    return String(words.prefix(maximumCharacters))
  }
}

extension Secret {
  /// The text, or a part of it that may be a key by itself, stands in `words`.
  fileprivate func shows(in words: String) -> Bool {
    let secret = reveal()
    let host = HTTPURLText.isValid(secret) ? Endpoint.host(of: secret) : ""
    let parts = secret.split { "/?&=#@:".contains($0) }.filter {
      $0.utf8.count >= 6 && !host.hasPrefix($0)
    }
    let whole = host.isEmpty ? [secret[...]] : []
    let pieces = whole + parts
    // What was sent encoded may come back so, or decoded.
    let decoded = URLText.decoded(words.utf8)
    return pieces.contains { piece in
      words.utf8.holds(piece.utf8) || decoded.utf8.holds(piece.utf8)
        || Self.encodings(of: piece).contains { words.utf8.holds($0.utf8) }
    }
  }

  /// What of the base64 of any text that holds `piece` depends on the piece alone, by its distance
  /// from the begin of a group of three bytes.
  private static func encodings(of piece: Substring) -> [Substring] {
    let bytes = Array(piece.utf8)
    return (0..<3).flatMap { offset -> [Substring] in
      let padded = [UInt8](repeating: 0, count: offset) + bytes
      let text = Data(padded).base64EncodedString()
      // A digit stands for six bits: those that share one with a neighbour are left out.
      let first = (offset * 8 + 5) / 6
      let last = padded.count * 8 / 6
      let own = Array(text)[first..<max(first, last)]
      let standard = String(own)
      let urlSafe = standard.replacing("+", with: "-").replacing("/", with: "_")
      return standard == urlSafe ? [standard[...]] : [standard[...], urlSafe[...]]
    }
  }
}

extension String.UTF8View {
  /// The bytes of `part` stand somewhere in these, one behind the other.
  fileprivate func holds(_ part: Substring.UTF8View) -> Bool {
    var rest = self[...]
    while rest.count >= part.count {
      if rest.starts(with: part) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
