// SPDX-License-Identifier: MIT

/// A record as Markdown.
package enum MarkdownReport {
  /// The whole text.
  package static func text(of record: IncidentRecord) -> String {
    var lines = ["# \(escaped(record.heading))", "", escaped(record.period), ""]
    for sentence in IncidentSummary(record).sentences { lines.append("- \(escaped(sentence))") }
    for table in ReportTable.all(of: record) {
      lines += ["", "## \(table.title)", "", row(table.heads), row(table.heads.map { _ in "---" })]
      lines += table.rows.map { row($0.map(escaped)) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func row(_ cells: [String]) -> String {
    "| \(cells.joined(separator: " | ")) |"
  }

  /// Text that means nothing else in Markdown, nor in HTML.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\", "|", "*", "_", "`", "[", "]", "#", "~": result += "\\\(character)"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      default: result.append(character)
      }
    }
    return result
  }
}
