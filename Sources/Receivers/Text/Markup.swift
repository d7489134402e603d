// SPDX-License-Identifier: MIT
import Configuration
import Net

/// How a service writes text: what must be escaped, bold, links, line ends.
struct Markup: Sendable {
  /// What stands for a character that means something in the markup; nil: the character itself.
  ///
  /// It is asked for scalars, not for whole characters: a bracket with an accent is one character,
  /// but the peer sees a bracket.
  let escape: @Sendable (Unicode.Scalar) -> String?
  /// What opens and closes bold text; empty where there is none.
  var bold = (open: "", close: "")
  /// What ends a line.
  var lineEnd = "\n"
  /// A link of a safe address and a title that is markup already; nil: the bare address.
  var link: @Sendable (_ url: String, _ title: String) -> String = { url, title in
    "\(title): \(url)"
  }

  /// Text as it is.
  static let plain = Markup(escape: { _ in nil })

  /// HTML with `b` and `a`.
  static func html(lineEnd: String) -> Markup {
    Markup(
      escape: htmlEscape,
      bold: ("<b>", "</b>"),
      lineEnd: lineEnd,
      link: { url, title in
        let address = url.split(separator: "&", omittingEmptySubsequences: false)
        return "<a href=\"\(address.joined(separator: "&amp;"))\">\(title)</a>"
      }
    )
  }

  /// Markdown in which a backslash takes the meaning of any of these characters.
  static func markdown(_ special: String, lineEnd: String = "\n") -> Markup {
    let special = Set(special.unicodeScalars)
    return Markup(
      escape: { special.contains($0) ? "\\\($0)" : nil },
      bold: ("**", "**"),
      lineEnd: lineEnd,
      link: { "[\($1)](\($0))" }
    )
  }

  /// The same escapes, and a blank without width behind these characters, where a backslash does
  /// not help.
  func breaking(after special: String) -> Markup {
    let special = Set(special.unicodeScalars)
    let inner = escape
    var result = Markup(escape: { scalar in
      special.contains(scalar) ? (inner(scalar) ?? String(scalar)) + "\u{200b}" : inner(scalar)
    })
    (result.bold, result.lineEnd, result.link) = (bold, lineEnd, link)
    return result
  }

  private static func htmlEscape(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "&": "&amp;"
    case "<": "&lt;"
    case ">": "&gt;"
    case "\"": "&quot;"
    default: nil
    }
  }
}

/// Addresses in messages.
enum LinkTarget {
  /// Longer addresses are left out.
  static let maximumBytes = 1_000

  /// An address that no markup can take for its own end; nil when it is no web address or too long.
  static func safe(_ url: String) -> String? {
    guard HTTPURLText.isValid(url) else { return nil }
    var result = ""
    for byte in url.utf8 {
      switch byte {
      case 0x21...0x7e where !"\"<>|()[]{}\\^`*'~".utf8.contains(byte):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "%" + Digest.hex([byte]).uppercased()
      }
    }
    return result.utf8.count <= maximumBytes ? result : nil
  }
}
