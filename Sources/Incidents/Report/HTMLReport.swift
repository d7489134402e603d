// SPDX-License-Identifier: MIT
package import MetricModel

/// A value over time that is drawn in a report.
package struct ReportCurve: Sendable {
  /// What it is.
  package let name: String
  /// The values, oldest first.
  package let points: [Sample]

  /// Names a curve.
  package init(name: String, points: [Sample]) {
    self.name = OutsideText.clean(name)
    self.points = points
  }
}

/// A record as one page that needs nothing else.
package enum HTMLReport {
  /// The whole page.
  ///
  /// - Parameters:
  ///   - record: What happened.
  ///   - curves: Times of answers in seconds, to be drawn.
  /// - Returns: The HTML.
  package static func text(of record: IncidentRecord, curves: [ReportCurve] = []) -> String {
    var html = HTMLText()
    html.raw(head)
    html.text(record.heading)
    html.raw("</title></head><body><main><h1>")
    html.text(record.heading)
    html.raw("</h1><p>")
    html.text(record.period)
    html.raw("</p><h2>Summary</h2><ul>")
    for sentence in IncidentSummary(record).sentences {
      html.raw("<li>")
      html.text(sentence)
      html.raw("</li>")
    }
    html.raw("</ul>")
    if let graphs = ReportGraphs(record, curves: curves) { graphs.write(to: &html) }
    for table in ReportTable.all(of: record) { write(table, to: &html) }
    html.raw("</main></body></html>\n")
    return html.html
  }

  private static let head: StaticString = """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="referrer" content="no-referrer">
    <style>
    :root { color-scheme: light dark; --line: #8884; --mark: #0072b2; --bad: #d55e00; }
    body { font: 15px/1.5 system-ui, sans-serif; margin: 0; }
    main { max-width: 62rem; margin: 0 auto; padding: 1rem; }
    h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
    th, td { text-align: left; padding: .25rem .75rem .25rem 0; vertical-align: top;
      border-bottom: 1px solid var(--line); }
    td:first-child { white-space: nowrap; }
    svg { width: 100%; height: auto; }
    svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
    .axis { stroke: var(--line); } .value { stroke: var(--mark); fill: none; stroke-width: 2; }
    .need { stroke: var(--bad); stroke-dasharray: 4 3; } .span { fill: var(--mark); }
    .page { fill: var(--bad); }
    @media print { main { max-width: none; } h2 { break-after: avoid; } }
    </style>
    <title>
    """

  private static func write(_ table: ReportTable, to html: inout HTMLText) {
    html.raw("<h2>")
    html.text(table.title)
    html.raw("</h2><div class=\"wide\"><table><thead><tr>")
    for head in table.heads {
      html.raw("<th scope=\"col\">")
      html.text(head)
      html.raw("</th>")
    }
    html.raw("</tr></thead><tbody>")
    for row in table.rows {
      html.raw("<tr>")
      for cell in row {
        html.raw("<td>")
        html.text(cell)
        html.raw("</td>")
      }
      html.raw("</tr>\n")
    }
    html.raw("</tbody></table></div>")
  }
}
