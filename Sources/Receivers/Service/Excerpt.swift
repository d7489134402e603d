// SPDX-License-Identifier: MIT
import Configuration

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
    return (whole + parts).contains { words.utf8.holds($0.utf8) }
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
