// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Notifying

/// A notification as a mail: the words as text and as HTML (RFC 5322, 2045, 2047).
struct EmailMessage {
  private static let maximumSubject = 200
  private static let maximumBody = 60_000
  private static let mostItems = 100
  /// Base64 never has two hyphens, so that no line of a part is taken for its end.
  private static let boundary = "--=_hvsmon_part"

  let notification: AlertNotification
  let sender: String
  let recipients: [String]
  let id: String
  /// The mail that the thread began with; nil when it is this one.
  let firstID: String?
  let date: Timestamp

  /// Header and body; every line ends with CR LF and is below 998 bytes.
  var bytes: [UInt8] {
    var lines = [
      "From: <\(sender)>",
      "To: " + recipients.map { "<\($0)>" }.joined(separator: ",\r\n "),
      "Subject: \(Self.headerText(subject))",
      "Date: \(Self.dateText(date))",
      "Message-ID: <\(id)>",
    ]
    if let firstID { lines += ["In-Reply-To: <\(firstID)>", "References: <\(firstID)>"] }
    lines += [
      // RFC 3834: nobody's vacation answers it.
      "Auto-Submitted: auto-generated",
      "X-Auto-Response-Suppress: All",
      "MIME-Version: 1.0",
      "Content-Type: multipart/alternative; boundary=\"\(Self.boundary)\"",
      "",
    ]
    lines += part(text(.plain), type: "text/plain")
    lines += part(html, type: "text/html")
    lines.append("--\(Self.boundary)--")
    return Array(lines.map { "\($0)\r\n" }.joined().utf8)
  }

  private var subject: String {
    BudgetedText.line(notification.headline, limit: Self.maximumSubject)
  }

  private func text(_ markup: Markup) -> String {
    MessageBody.text(
      notification,
      limit: Self.maximumBody,
      in: .bytes,
      markup: markup,
      mostItems: Self.mostItems
    )
  }

  private var html: String {
    let bar = "border-left:4px solid \(notification.tone.colorText);padding-left:12px"
    return "<!DOCTYPE html><html><body><div style=\"\(bar)\">"
      + text(.html(lineEnd: "<br>\n")) + "</div></body></html>"
  }

  private func part(_ text: String, type: String) -> [String] {
    let base64 = Array(Data(text.utf8).base64EncodedString().utf8)
    let lines = stride(from: 0, to: base64.count, by: 76).map { start in
      String(decoding: base64[start..<min(start + 76, base64.count)], as: UTF8.self)
    }
    return [
      "--\(Self.boundary)",
      "Content-Type: \(type); charset=utf-8",
      "Content-Transfer-Encoding: base64",
      "",
    ] + lines
  }

  /// Text of a header as it is, or as encoded words of at most 75 bytes (RFC 2047, section 2).
  static func headerText(_ text: String) -> String {
    let isPlain =
      text.utf8.count <= 60 && !text.contains("=?")
      && text.utf8.allSatisfy { 0x20...0x7e ~= $0 }
    guard !isPlain else { return text }
    var words: [[UInt8]] = [[]]
    // A word holds whole characters of the character set, which are scalars; the first one shares
    // its line with the header's name, and a line has at most 76 bytes.
    for scalar in text.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      if words[words.count - 1].count + bytes.count > 39 { words.append([]) }
      words[words.count - 1] += bytes
    }
    return words.map { "=?UTF-8?B?\(Data($0).base64EncodedString())?=" }
      .joined(separator: "\r\n ")
  }

  /// Such as `2 Jan 2026 03:04:05 +0000`; the day of the week may be left out.
  static func dateText(_ instant: Timestamp) -> String {
    let civil = CivilTime(instant)
    let month = HTTPDate.months[civil.month - 1]
    return "\(civil.day) \(month) \(civil.year) \(civil.timeText) +0000"
  }
}
