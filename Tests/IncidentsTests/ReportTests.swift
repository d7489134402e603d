// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Snapshot
import Testing

@testable import Incidents

/// The reports that people read.
@Suite struct ReportTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "Golden").path

  private static let curves = [
    ReportCurve(
      name: "site",
      points: (0...10).map { Sample(Story.at(Double($0) * 60), 0.1 + Double($0 % 3) / 10) }
    )
  ]

  /// Compares with a committed file; HVSMON_WRITE_GOLDEN writes it.
  private func compare(_ text: String, with name: String) throws {
    let path = "\(Self.folder)/\(name)"
    if ProcessInfo.processInfo.environment["HVSMON_WRITE_GOLDEN"] != nil {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
    let golden = try String(contentsOfFile: path, encoding: .utf8)
    let isSame = golden == text
    #expect(isSame, "\(name) differs; HVSMON_WRITE_GOLDEN=1 writes it anew")
  }

  @Test func `a report as Markdown is as it was looked at`() throws {
    try compare(MarkdownReport.text(of: Story.nodeDeath.record), with: "node-death.md")
  }

  @Test func `a report as HTML is as it was looked at`() throws {
    try compare(
      HTMLReport.text(of: Story.nodeDeath.record, curves: Self.curves),
      with: "node-death.html"
    )
  }

  @Test func `names from outside are text in both`() {
    var story = Story()
    let name = "<script>alert(1)</script>|`x`\"'&"
    story.add("hvsmon_node_up", ["node": name], (-1, 1), (10, 0))
    story.add("hvsmon_entry_working", ["entry": name], (-1, 1))
    let record = story.record
    let page = HTMLReport.text(of: record, curves: [ReportCurve(name: name, points: [])])
    #expect(!page.contains("<script") && page.contains("&lt;script&gt;alert(1)"))
    #expect(page.contains("&quot;&#39;&amp;"))
    let markdown = MarkdownReport.text(of: record)
    #expect(!markdown.contains("<script") && markdown.contains("&lt;script&gt;"))
    #expect(markdown.contains("\\|\\`x\\`"))
  }

  @Test func `a page needs nothing from elsewhere and runs nothing`() {
    let page = HTMLReport.text(of: Story.nodeDeath.record, curves: Self.curves)
    #expect(page.contains("default-src 'none'"))
    for word in ["<script", "src=", "href=", "url(", "@import", "onload"] {
      #expect(!page.contains(word), "\(word)")
    }
    for element in ["html", "head", "body", "main", "table", "svg", "ul", "div"] {
      let begins = page.split(separator: "<\(element)").count
      let ends = page.split(separator: "</\(element)>").count
      #expect(begins == ends, "\(element)")
    }
    #expect(page.contains("<svg") && page.utf8.count < 60_000)
  }

  @Test func `spans are said in at most two units`() {
    #expect(
      [0, 0.04, 3.24, 9.96, 59.6, 60, 3_599, 3_600, 90_061, .infinity, -1].map(SpanWords.exact) == [
        "0 s", "0 s", "3.2 s", "10 s", "1 min", "1 min", "59 min 59 s", "1 h", "1 d 1 h", "?", "?",
      ]
    )
  }
}
