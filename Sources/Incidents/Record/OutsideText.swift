// SPDX-License-Identifier: MIT

/// Text from outside, made fit to be handed on.
///
/// What hvsmon knows to be secret never comes here. This is for what it cannot know: an address with
/// a password in a label, an answer that repeats a token.
package enum OutsideText {
  /// The longest text, in characters.
  static let charactersMax = 500
  /// What stands in the place of what looks like a credential.
  static let hidden = "[hidden]"

  /// The text without control characters and credentials, cut to a bearable length.
  package static func clean(_ text: String) -> String {
    var kept = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(4 * charactersMax) {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: kept.append(" ")
      // Marks that turn the direction of what stands beside them.
      case .format: continue
      default: kept.append(scalar)
      }
    }
    var words = CredentialScan(String(kept))
    words.hideUserInformation()
    words.hideNamedValues()
    words.hideSchemes()
    words.hidePaths()
    let clean = String(words.text)
    return clean.count > charactersMax ? "\(clean.prefix(charactersMax - 1))…" : clean
  }
}

/// Finds what looks like a credential; each search passes the text once.
private struct CredentialScan {
  private(set) var text: [Character]

  init(_ text: String) {
    self.text = Array(text)
  }

  /// Names whose values are secret, by their ends.
  private static let names = [
    "token", "secret", "password", "passwd", "pwd", "apikey", "api_key", "api-key", "signature",
    "sig", "routing_key", "user_key",
  ]
  /// Behind these the path of a webhook is its secret.
  private static let places = [
    "/services/", "/api/webhooks/", "/hooks/", "/webhook/", "/webhookb2/", "/spaces/", "/bot",
  ]

  private static func endsValue(_ character: Character) -> Bool {
    character.isWhitespace || "\"'`,;&<>(){}[]|".contains(character)
  }

  private func isText(_ text: String, at index: Int) -> Bool {
    let end = index + text.count
    guard end <= self.text.count else { return false }
    return zip(self.text[index..<end], text).allSatisfy { $0.lowercased() == String($1) }
  }

  /// The end of the value that begins at an index.
  private func valueEnd(_ start: Int) -> Int {
    text[start...].firstIndex(where: Self.endsValue) ?? text.count
  }

  private mutating func hide(_ range: Range<Int>) -> Int {
    text.replaceSubrange(range, with: Array(OutsideText.hidden))
    return range.lowerBound + OutsideText.hidden.count
  }

  /// `https://user:password@host`.
  mutating func hideUserInformation() {
    var index = 0
    while index < text.count {
      guard isText("://", at: index) else {
        index += 1
        continue
      }
      let start = index + 3
      let end = text[start...].firstIndex { Self.endsValue($0) || $0 == "/" } ?? text.count
      index = end
      if let at = text[start..<end].lastIndex(of: "@") { index = hide(start..<at) }
    }
  }

  /// `token=abc`, `"password": "abc"`.
  mutating func hideNamedValues() {
    var index = 0
    while index < text.count {
      defer { index += 1 }
      guard text[index] == "=" || text[index] == ":" else { continue }
      let before = text[..<index].lastIndex { !$0.isWhitespace && !"\"'".contains($0) }
      guard let last = before else { continue }
      let name = text[max(0, last - 11)...last].map { $0.lowercased() }.joined()
      guard Self.names.contains(where: name.hasSuffix) else { continue }
      let start = text[(index + 1)...].firstIndex { !$0.isWhitespace && !"\"'".contains($0) }
      guard let start, valueEnd(start) > start else { continue }
      index = hide(start..<valueEnd(start)) - 1
    }
  }

  /// `Bearer abc`.
  mutating func hideSchemes() {
    for scheme in ["bearer ", "basic "] {
      var index = 0
      while index < text.count {
        defer { index += 1 }
        guard isText(scheme, at: index) else { continue }
        let start = index + scheme.count
        guard start < text.count, valueEnd(start) - start >= 6 else { continue }
        index = hide(start..<valueEnd(start)) - 1
      }
    }
  }

  /// `/services/T0/B0/abc`.
  mutating func hidePaths() {
    for place in Self.places {
      var index = 0
      while index < text.count {
        defer { index += 1 }
        guard text[index] == "/", isText(place, at: index) else { continue }
        let start = index + place.count
        guard start < text.count, valueEnd(start) - start >= 8 else { continue }
        index = hide(start..<valueEnd(start)) - 1
      }
    }
  }
}
