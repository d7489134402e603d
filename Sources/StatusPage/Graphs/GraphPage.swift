// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Snapshot

/// The page of an expression: the box to type it in, the chart, and a table of its series.
struct GraphPage {
  /// What became of the expression.
  enum Outcome {
    case nothingAsked
    case refused(String)
    case drawn(LineChart, remarks: [String])
  }

  let query: String
  let span: GraphSpan
  let outcome: Outcome

  var html: String {
    PageDocument.html(
      title: query.isEmpty ? "Graph" : String(query.prefix(60)),
      heading: "Graph",
      script: "/assets/graph.js"
    ) { main in
      form(&main)
      switch outcome {
      case .nothingAsked:
        main.raw("<p class=\"quiet\">Any PromQL expression, such as</p><ul class=\"examples\">")
        for example in Self.examples {
          main.element("li") { item in
            item.element("a", ("href", Self.path(example, span))) { link in
              link.element("code", text: example)
            }
          }
        }
        main.raw("</ul>")
      case .refused(let reason):
        main.element("p", ("class", "fault"), ("role", "alert")) { $0.outside(reason) }
      case .drawn(let chart, let remarks):
        for remark in remarks { main.element("p", ("class", "quiet")) { $0.outside(remark) } }
        draw(chart, &main)
      }
    }
  }

  private static let examples = [
    "up", "sum by (job) (rate(hvsmon_polls_total[5m]))", "pve_memory_usage_bytes",
  ]

  private func form(_ main: inout Markup) {
    main.raw("<form action=\"/graph\" class=\"query\"><label for=\"query\">Expression</label>")
    main.void(
      "input",
      ("id", "query"),
      ("name", "query"),
      ("list", "completions"),
      ("value", query),
      ("autocomplete", "off"),
      ("autocapitalize", "none"),
      ("spellcheck", "false")
    )
    main.raw("<datalist id=\"completions\"></datalist>")
    main.raw("<label for=\"span\">Span</label><select id=\"span\" name=\"span\">")
    for span in GraphSpan.allCases {
      let name = span.rawValue
      if span == self.span {
        main.element("option", ("value", name), ("selected", ""), text: name)
      } else {
        main.element("option", ("value", name), text: name)
      }
    }
    main.raw("</select><button>Draw</button></form>")
  }

  private func draw(_ chart: LineChart, _ main: inout Markup) {
    guard !chart.lines.isEmpty else {
      main.raw("<p>No series within this time.</p>")
      return
    }
    chart.draw(&main)
    main.raw("<p class=\"quiet\">Times of the chart are UTC.</p>")
    main.raw("<div class=\"scroll\"><table class=\"legend\"><thead><tr><th>Series</th>")
    main.raw("<th class=\"number\">Last</th><th class=\"number\">Least</th>")
    main.raw("<th class=\"number\">Greatest</th></tr></thead><tbody>")
    for (index, line) in chart.shown.enumerated() {
      main.element("tr") { row in
        row.element("td", ("class", "note")) { cell in
          let dash = index >= 8 ? " dashed" : ""
          cell.element("span", ("class", "swatch line\(index % 8)\(dash)")) { _ in }
          cell.text(" ")
          cell.outside(line.name)
        }
        let last = line.values.last { $0 != nil } ?? nil
        for value in [last, line.known.min(), line.known.max()] {
          let text = value.map { ChartScale.text($0) } ?? Amounts.unknown
          row.element("td", ("class", "number"), text: text)
        }
      }
    }
    main.raw("</tbody></table></div>")
    if chart.lines.count > LineChart.linesMax {
      let rest = chart.lines.count - LineChart.linesMax
      main.element("p", ("class", "quiet"), text: "\(rest) more series are not drawn")
    }
  }

  static func path(_ query: String, _ span: GraphSpan) -> String {
    "/graph?query=\(URLText.encoded(query))&span=\(span.rawValue)"
  }
}
