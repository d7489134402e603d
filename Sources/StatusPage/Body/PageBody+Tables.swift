// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

extension PageBody {
  /// A table that may be wider than the screen, folded away unless something in it is wrong.
  private func table(
    _ markup: inout Markup,
    _ id: String,
    _ title: String,
    isOpen: Bool,
    head: [String],
    _ rows: (inout Markup) -> Void
  ) {
    // An attribute that is there opens it, whatever its value.
    var attributes: [Markup.Attribute] = [(name: "id", value: id)]
    if isOpen { attributes.append((name: "open", value: "")) }
    markup.element("section") { section in
      section.element("details", all: attributes) { details in
        details.element("summary") { $0.element("h2", text: title) }
        details.raw("<div class=\"scroll\"><table><thead><tr>")
        for name in head {
          let kind = Self.numbers.contains(name) ? "number" : "text"
          details.element("th", ("scope", "col"), ("class", kind), text: name)
        }
        details.raw("</tr></thead><tbody>")
        rows(&details)
        details.raw("</tbody></table></div>")
      }
    }
  }

  /// The heads of columns of numbers.
  private static let numbers: Set = [
    "CPU", "Memory", "Disk", "Guests", "Up", "Newest", "Size", "Kept",
  ]

  private func cell(_ markup: inout Markup, _ text: String) {
    markup.element("td", ("class", "number"), text: text)
  }

  func backups(_ markup: inout Markup) {
    let rows = snapshot.backups
    guard !rows.isEmpty else { return }
    let oldest = rows.compactMap(\.newestAt).min()
    let bad = rows.count { $0.level.isProblem }
    let title =
      "Backups: " + (bad > 0 ? "\(bad) of \(rows.count) not well" : "all \(rows.count) well")
      + ", the oldest newest copy is \(Amounts.age(of: oldest, at: now)) old"
    table(
      &markup,
      "backups",
      title,
      isOpen: bad > 0,
      head: ["Guest", "State", "Newest", "Size", "Kept", "Note"]
    ) { body in
      for row in rows.sorted(by: { $0.level > $1.level }).prefix(Self.rowsMax) {
        body.element("tr") { line in
          line.element("th", ("scope", "row")) { $0.outside(row.name) }
          line.element("td") { $0.badge(row.level, row.level.word) }
          line.element("td", ("class", "number")) { $0.age(of: row.newestAt, at: now) }
          cell(&line, Amounts.bytes(row.sizeBytes))
          let declared = row.archivesDeclared.map { "/\($0)" } ?? ""
          cell(&line, "\(Amounts.whole(row.archives))\(declared)")
          line.element("td", ("class", "note")) { $0.outside(row.note ?? "") }
        }
      }
    }
  }

  func nodes(_ markup: inout Markup) {
    let rows = snapshot.nodes
    guard !rows.isEmpty else { return }
    let bad = rows.count { $0.condition.level.isProblem }
    table(
      &markup,
      "nodes",
      "Nodes: " + (bad > 0 ? "\(bad) of \(rows.count) not well" : "all \(rows.count) well"),
      isOpen: true,
      head: ["Node", "State", "CPU", "", "Memory", "Disk", "Guests", "Up", "Note"]
    ) { body in
      for row in rows.prefix(Self.rowsMax) {
        body.element("tr") { line in
          line.element("th", ("scope", "row")) { $0.outside(row.name) }
          line.element("td") { $0.badge(row.condition.level, row.condition.word) }
          cell(&line, Amounts.percent(row.cpuRatio))
          line.element("td") { $0.trend(row.cpuTrend, top: 1, name: "cpu of the past minutes") }
          cell(&line, Self.share(row.memoryUsedBytes, row.memorySizeBytes))
          cell(&line, Self.share(row.diskUsedBytes, row.diskSizeBytes))
          cell(&line, String(row.guests))
          cell(&line, Amounts.span(row.uptimeSeconds))
          line.element("td", ("class", "note")) {
            $0.outside(row.evidence ?? row.condition.note ?? "")
          }
        }
      }
    }
  }

  func guests(_ markup: inout Markup) {
    let rows = snapshot.guests
    guard !rows.isEmpty else { return }
    let bad = rows.count { $0.condition.level.isProblem }
    table(
      &markup,
      "guests",
      "Guests: " + (bad > 0 ? "\(bad) of \(rows.count) not well" : "all \(rows.count) well"),
      isOpen: bad > 0 && rows.count <= 60,
      head: ["Guest", "State", "Id", "Node", "CPU", "Memory", "Disk", "Up", "Note"]
    ) { body in
      let sorted = rows.enumerated().sorted {
        ($1.element.condition.level, $0.offset) < ($0.element.condition.level, $1.offset)
      }
      for (_, row) in sorted.prefix(Self.rowsMax) {
        body.element("tr") { line in
          line.element("th", ("scope", "row")) { $0.outside(row.name) }
          line.element("td") { $0.badge(row.condition.level, row.condition.word) }
          line.element("td") { $0.outside(row.id) }
          line.element("td") { $0.outside(row.node ?? Amounts.unknown) }
          cell(&line, Amounts.percent(row.cpuRatio))
          cell(&line, Self.share(row.memoryUsedBytes, row.memorySizeBytes))
          cell(&line, Self.share(row.diskUsedBytes, row.diskSizeBytes))
          cell(&line, Amounts.span(row.uptimeSeconds))
          line.element("td", ("class", "note")) { $0.outside(row.condition.note ?? "") }
        }
      }
      if rows.count > Self.rowsMax {
        body.raw("<tr><td colspan=\"9\">")
        body.text("and \(rows.count - Self.rowsMax) more: hvsmon top shows them")
        body.raw("</td></tr>")
      }
    }
  }

  /// More rows would make a page too heavy for a phone on a bad line.
  static let rowsMax = 200

  private static func share(_ used: Double?, _ size: Double?) -> String {
    guard let used, let size, size > 0 else { return Amounts.unknown }
    return Amounts.percent(used / size)
  }
}
