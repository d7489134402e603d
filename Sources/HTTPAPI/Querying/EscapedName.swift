// SPDX-License-Identifier: MIT

/// Names of metrics and labels with characters that the classic set lacks.
///
/// Source: Prometheus, escaping schemes `values` and `underscores`.
enum EscapedName {
  private static let prefix = "U__"

  /// The name that `U__...` stands for; any other text, and one that is escaped wrongly, is itself.
  static func decoded(_ text: String) -> String {
    guard text.hasPrefix(prefix) else { return text }
    var rest = text.dropFirst(prefix.count)
    var name = ""
    while let character = rest.popFirst() {
      guard character == "_" else {
        name.append(character)
        continue
      }
      if rest.first == "_" {
        rest.removeFirst()
        name.append("_")
        continue
      }
      let digits = rest.prefix { $0.isHexDigit }
      guard (1...6).contains(digits.count), rest.dropFirst(digits.count).first == "_",
        let number = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(number)
      else { return text }
      name.unicodeScalars.append(scalar)
      rest = rest.dropFirst(digits.count + 1)
    }
    return name.isEmpty ? text : name
  }

  /// The name with an underscore for each character that the classic set lacks.
  static func underscored(_ name: String, allowsColon: Bool) -> String {
    var text = ""
    for (index, scalar) in name.unicodeScalars.enumerated() {
      let isAllowed =
        switch scalar {
        case "a"..."z", "A"..."Z", "_": true
        case "0"..."9": index > 0
        case ":": allowsColon
        default: false
        }
      text.unicodeScalars.append(isAllowed ? scalar : "_")
    }
    return text
  }
}
