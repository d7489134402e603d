// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

/// What a page shows of a snapshot, in the order of what people want to know first.
struct PageBody {
  let snapshot: ClusterSnapshot
  var now: Timestamp? { snapshot.time }

  /// Everything on a page that changes with the cluster; on a wall, what can be read from afar.
  func markup(_ kind: PageDocument.Kind) -> Markup {
    var markup = Markup()
    head(&markup)
    switch kind {
    case .page:
      users(&markup)
      redundancy(&markup)
      problems(&markup, limit: 200)
      map(&markup)
      timeline(&markup)
      backups(&markup)
      nodes(&markup)
      guests(&markup)
      foot(&markup)
    case .wall:
      markup.element("div", ("class", "row")) { row in
        redundancy(&row)
        users(&row)
      }
      markup.element("div", ("class", "columns")) { columns in
        problems(&columns, limit: 4)
        map(&columns)
      }
    }
    return markup
  }

  private var verdictLevel: Level { snapshot.verdict?.level ?? .unknown }

  private func head(_ markup: inout Markup) {
    let counts = snapshot.alertCounts ?? AlertCounts()
    markup.element("section", ("class", "verdict \(verdictLevel.styleClass)"), ("role", "status")) {
      section in
      section.element("h1") { heading in
        heading.badge(verdictLevel, verdictLevel.word)
        heading.text(" ")
        heading.outside(snapshot.verdict?.words ?? "nobody knows how the cluster stands")
      }
      if let situation = snapshot.verdict?.situation, !situation.isEmpty {
        section.element("p") { $0.outside(situation) }
      }
      section.element("p", ("class", "counts"), text: Self.words(counts))
    }
    freshness(&markup)
  }

  private func freshness(_ markup: inout Markup) {
    let part = snapshot.freshness
    markup.element("p", ("class", "freshness")) { line in
      line.raw("data ")
      if let now, let age = part?.ageSeconds {
        line.age(of: now - .milliseconds(Int64(age * 1_000)), at: now)
        line.raw(" old")
      } else {
        line.raw("of unknown age")
      }
      line.text(", \(part?.targets ?? 0) targets")
      if let failing = part?.failing, failing > 0 { line.text(", \(failing) do not answer") }
      if let late = part?.late, !late.isEmpty { line.text(", \(late.count) are late") }
      if snapshot.isReady == false { line.raw("; hvsmon is starting") }
    }
  }

  static func words(_ counts: AlertCounts) -> String {
    var parts: [String] = []
    if counts.critical > 0 { parts.append("\(counts.critical) critical") }
    if counts.warning > 0 {
      parts.append("\(counts.warning) warning\(counts.warning == 1 ? "" : "s")")
    }
    if parts.isEmpty { parts.append("no problems") }
    if counts.info > 0 { parts.append("\(counts.info) info") }
    if counts.held > 0 { parts.append("\(counts.held) held back") }
    return parts.joined(separator: ", ")
  }

  private func users(_ markup: inout Markup) {
    guard !snapshot.entries.isEmpty || !snapshot.floatingAddresses.isEmpty else { return }
    markup.element("section", ("aria-label", "What users reach")) { section in
      section.raw("<h2>What users reach</h2><ul class=\"tiles\">")
      for entry in snapshot.entries {
        section.element("li") { tile in
          tile.element("strong") { $0.outside(entry.name) }
          tile.text(" ")
          tile.badge(entry.condition.level, entry.condition.word)
          tile.text(" \(Amounts.latency(entry.durationSeconds)) ")
          tile.trend(entry.durationTrend, top: nil, name: "answer times of the past minutes")
        }
      }
      for address in snapshot.floatingAddresses {
        section.element("li") { tile in
          tile.raw("<strong>Floating IP</strong> ")
          tile.badge(address.condition.level, address.condition.word)
          tile.text(" ")
          tile.outside(
            address.holders.isEmpty ? "nobody" : address.holders.joined(separator: " + ")
          )
          if let moved = address.movedAt {
            tile.raw(", moved ")
            tile.age(of: moved, at: now)
            tile.raw(" ago")
          }
        }
      }
      section.raw("</ul>")
    }
  }

  private func foot(_ markup: inout Markup) {
    markup.element("footer") { foot in
      foot.text("hvsmon \(snapshot.version), made ")
      foot.clock(now)
      foot.raw(". <a href=\"/graph\">Graphs</a>, ")
      foot.raw("<a href=\"/wall\">for a screen on the wall</a>")
      foot.raw(", <a href=\"/login\">log in or out</a>")
    }
  }
}
