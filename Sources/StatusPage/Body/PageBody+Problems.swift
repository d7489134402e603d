// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Snapshot

extension PageBody {
  /// Alerts by urgency; nothing else is listed when there are none.
  func problems(_ markup: inout Markup, limit: Int) {
    let open = snapshot.alerts.filter { $0.level != .held }
    let silenced = snapshot.alerts.filter { $0.level == .held && $0.quiet != nil }
    let held = snapshot.alerts.count - open.count - silenced.count
    markup.element("section", ("class", "problems"), ("aria-live", "polite")) { section in
      section.raw("<h2>Problems</h2>")
      if open.isEmpty {
        section.raw("<p>None.</p>")
      } else {
        section.raw("<ul>")
        for alert in open.prefix(limit) {
          section.element("li", ("class", alert.level.styleClass)) { draw(alert, &$0) }
        }
        section.raw("</ul>")
      }
      if open.count > limit { section.element("p", text: "and \(open.count - limit) more") }
      if held > 0 {
        let reason = open.isEmpty ? "what they stem from settles" : "their causes are above"
        section.element("p", ("class", "quiet"), text: "\(held) held back: \(reason)")
      }
      if !silenced.isEmpty { self.silenced(silenced, limit: limit, &section) }
    }
  }

  /// What is wrong and told to nobody, on purpose.
  private func silenced(_ alerts: [AlertRow], limit: Int, _ section: inout Markup) {
    section.raw("<details id=\"silenced\"><summary>")
    section.text("\(alerts.count) told to nobody")
    section.raw("</summary><ul>")
    for alert in alerts.prefix(limit) {
      section.element("li") { item in
        draw(alert, &item)
        item.text(" ")
        item.outside("(\(alert.quiet ?? ""))")
      }
    }
    section.raw("</ul></details>")
  }

  private func draw(_ alert: AlertRow, _ markup: inout Markup) {
    let word = alert.isUnknown == true ? Level.unknown.word : alert.level.word
    markup.badge(alert.level, word)
    markup.text(" ")
    if alert.fingerprint.isEmpty {
      markup.element("strong") { $0.outside(alert.name) }
    } else {
      markup.element("a", ("href", "/alert?id=\(URLText.encoded(alert.fingerprint))")) { link in
        link.element("strong") { $0.outside(alert.name) }
      }
    }
    markup.text(" ")
    markup.age(of: alert.since, at: now)
    if let sender = alert.postedBy {
      markup.text(" posted by ")
      markup.outside(sender)
    }
    markup.raw("<br>")
    markup.outside(alert.summary ?? alert.object ?? "")
    if let flapping = alert.flapping {
      markup.raw(" <span class=\"quiet\">It flaps: ")
      markup.text(flapping.words(at: now))
      markup.raw(".</span>")
    }
    if let name = alert.acknowledgedBy {
      markup.raw(" <span class=\"quiet\">Acknowledged by ")
      markup.outside(name)
      markup.raw(".</span>")
    }
    if alert.holdsBack > 0 { markup.text(" It holds back \(alert.holdsBack).") }
    if let runbook = alert.runbook, runbook.hasPrefix("https://") || runbook.hasPrefix("http://") {
      markup.text(" ")
      markup.element("a", ("href", runbook), ("rel", "noreferrer"), text: "What to do")
    }
  }

  /// What changed within a day on one axis, and the last changes in words.
  func timeline(_ markup: inout Markup) {
    let day = 86_400.0
    guard let now, !snapshot.changes.isEmpty else { return }
    markup.element("section", ("aria-label", "What changed")) { section in
      section.raw("<h2>What changed in 24 h</h2>")
      section.element(
        "svg",
        ("class", "timeline"),
        ("viewBox", "0 0 960 40"),
        ("role", "img"),
        ("aria-label", "changes of the last 24 hours, the newest at the right")
      ) { svg in
        svg.raw("<line class=\"axis\" x1=\"0\" y1=\"30\" x2=\"960\" y2=\"30\"></line>")
        for hour in stride(from: 6, through: 18, by: 6) {
          let x = Markup.tenth(960 - Double(hour) * 40)
          svg.element("text", ("x", x), ("y", "39"), text: "-\(hour) h")
        }
        for change in snapshot.changes.reversed() {
          guard let time = change.time else { continue }
          let age = (now - time).inSeconds
          guard age <= day else { continue }
          let x = Markup.tenth(958 - 956 * max(0, age) / day)
          svg.element(
            "line",
            ("class", change.level.styleClass),
            ("x1", x),
            ("x2", x),
            ("y1", change.level >= .warning ? "4" : "14"),
            ("y2", "30")
          ) { $0.element("title", text: "\(change.object ?? "") \(change.words)") }
        }
      }
      section.raw("<ol class=\"changes\">")
      for change in snapshot.changes.prefix(10) {
        section.element("li", ("class", change.level.styleClass)) { line in
          line.clock(change.time)
          line.text(" ")
          line.element("span", ("class", "sign"), ("aria-hidden", "true"), text: change.level.sign)
          line.text(" ")
          line.outside("\(change.object ?? "") \(change.words)")
        }
      }
      section.raw("</ol>")
    }
  }
}
