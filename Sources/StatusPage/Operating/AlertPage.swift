// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Snapshot

/// One alert as a page: what it says, why it is told or not, who was told, and what may be done.
struct AlertPage {
  /// Messages that are listed.
  private static let sendsMax = 50

  let id: String
  /// What `explain` says of it; nil when there is no such alert now.
  let alert: JSONTree?
  let mayOperate: Bool
  let canLogIn: Bool
  let now: Timestamp

  /// The page; `done` says what was done a moment ago, `fault` why something was not.
  func html(done: String?, fault: String?) -> String {
    guard let alert else {
      return PageDocument.html(title: "Alert", heading: "No such alert", script: nil) { main in
        if let fault { Self.fault(fault, &main) }
        main.raw("<p>It may have recovered. <a href=\"/\">To the cluster</a></p>")
      }
    }
    let name = alert["labels"]?["alertname"]?.string ?? "Alert"
    return PageDocument.html(title: name, heading: name, script: nil) { main in
      if let fault { Self.fault(fault, &main) }
      if let done = Self.words(done, alert) { main.element("p", ("role", "status"), text: done) }
      says(alert, &main)
      forms(alert, &main)
      facts(alert, &main)
      sends(alert, &main)
    }
  }

  /// What an API says may hold anything.
  private static func fault(_ words: String, _ main: inout Markup) {
    main.element("p", ("class", "fault"), ("role", "alert")) { $0.outside(words) }
  }

  /// A link may say that something was done: it is told only when it is so.
  private static func words(_ done: String?, _ alert: JSONTree) -> String? {
    switch done {
    case "acknowledged" where alert["acknowledged"]?["by"] != nil:
      "Acknowledged: nobody is told of it again until it recovers."
    case "silenced" where alert["silencedBy"]?.items.isEmpty == false:
      "Silenced: nobody is told of it while the silence lasts."
    default: nil
    }
  }

  private func says(_ alert: JSONTree, _ main: inout Markup) {
    for name in ["summary", "description"] {
      guard let text = alert["annotations"]?[name]?.string, !text.isEmpty else { continue }
      main.element("p") { $0.outside(text) }
    }
    if let runbook = alert["annotations"]?["runbook_url"]?.string,
      runbook.hasPrefix("https://") || runbook.hasPrefix("http://")
    {
      main.element("p") { line in
        line.element("a", ("href", runbook), ("rel", "noreferrer"), text: "What to do")
      }
    }
  }

  private static func words(ofFlapping tree: JSONTree, at now: Timestamp?) -> String {
    var part = FlapPart()
    part.since = tree["since"]?.string.flatMap { Timestamp(rfc3339: $0) }
    part.changes = tree["changes"]?.int.flatMap { Int(exactly: $0) } ?? 0
    part.firingRatio = tree["firingRatio"]?.double
    part.isFiring = tree["isFiring"]?.bool
    return part.words(at: now)
  }

  private func facts(_ alert: JSONTree, _ main: inout Markup) {
    main.raw("<h2>What is known</h2><dl>")
    fact("State", &main) { $0.text(alert["state"]?.string ?? Amounts.unknown) }
    let times: [(StaticString, String)] = [
      ("Pending since", "activeAt"), ("Firing since", "startsAt"),
    ]
    for (title, key) in times {
      guard let time = alert[key]?.string.flatMap({ Timestamp(rfc3339: $0) }) else { continue }
      fact(title, &main) { part in
        part.clock(time)
        part.text(" (")
        part.age(of: time, at: now)
        part.text(")")
      }
    }
    if let value = alert["value"]?.string { fact("Value", &main) { $0.outside(value) } }
    if let rule = alert["rule"]?["expression"]?.string {
      fact("Rule", &main) { part in
        part.element("code") { $0.outside(rule) }
        part.text(" ")
        part.element("a", ("href", "/graph?query=\(URLText.encoded(rule))"), text: "Graph")
      }
    }
    if let flapping = alert["flapping"] {
      fact("Flaps", &main) { $0.text(Self.words(ofFlapping: flapping, at: now)) }
    }
    fact("Told", &main) { $0.outside(Self.told(alert)) }
    if let acknowledged = alert["acknowledged"] {
      let comment = acknowledged["comment"]?.string ?? ""
      let by = "by \(acknowledged["by"]?.string ?? "somebody")"
      fact("Acknowledged", &main) { $0.outside(comment.isEmpty ? by : "\(by): \(comment)") }
    }
    for destination in alert["destinations"]?.items ?? [] {
      let receiver = destination["receiver"]?.string ?? ""
      let told = (destination["toldTo"]?.items ?? []).compactMap(\.string)
      let words = told.isEmpty ? "nobody yet" : told.joined(separator: ", ")
      fact("Receiver", &main) { $0.outside("\(receiver): told \(words)") }
    }
    fact("Labels", &main) { part in
      for label in alert["labels"]?.members ?? [] where label.name != "alertname" {
        part.element("code") { $0.outside("\(label.name)=\(label.value.string ?? "")") }
        part.text(" ")
      }
    }
    main.raw("</dl>")
  }

  /// Why people are told, or are not.
  private static func told(_ alert: JSONTree) -> String {
    var reasons: [String] = []
    if let cause = alert["cause"] {
      let name = cause["alertname"]?.string ?? "another alert"
      let isJoined = alert["standing"]?.string == "joined"
      reasons.append((isJoined ? "with " : "held back by ") + name)
    }
    let silences = (alert["silencedBy"]?.items ?? []).compactMap(\.string)
    if !silences.isEmpty { reasons.append("silenced by \(silences.joined(separator: ", "))") }
    for inhibitor in alert["inhibitedBy"]?.items ?? [] {
      reasons.append("inhibited by the rule \(inhibitor["rule"]?.string ?? "")")
    }
    reasons += (alert["maintenance"]?.items ?? []).compactMap(\.string)
    if !reasons.isEmpty { return reasons.joined(separator: "; ") }
    return alert["isTold"]?.bool == true ? "yes, by itself" : "not yet"
  }

  private func fact(_ title: StaticString, _ main: inout Markup, _ inside: (inout Markup) -> Void) {
    main.raw("<dt>")
    main.raw(title)
    main.raw("</dt>")
    main.element("dd", inside: inside)
  }

  private func sends(_ alert: JSONTree, _ main: inout Markup) {
    let sends = alert["sends"]?.items ?? []
    guard !sends.isEmpty else { return }
    main.raw("<h2>Messages</h2><div class=\"scroll\"><table><thead><tr><th>When</th><th>To</th>")
    main.raw("<th>Why</th><th>Outcome</th><th>Answer</th></tr></thead><tbody>")
    for send in sends.prefix(Self.sendsMax) {
      main.element("tr") { row in
        let time = send["at"]?.string ?? send["decidedAt"]?.string
        row.element("td") { $0.clock(time.flatMap { Timestamp(rfc3339: $0) }) }
        for key in ["integration", "reason", "outcome"] {
          let words = (send[key]?.string ?? "").replacing("_", with: " ")
          row.element("td") { $0.outside(words) }
        }
        row.element("td", ("class", "note")) { $0.outside(send["answer"]?.string ?? "") }
      }
    }
    main.raw("</tbody></table></div>")
    if sends.count > Self.sendsMax {
      main.element("p", ("class", "quiet"), text: "and \(sends.count - Self.sendsMax) earlier ones")
    }
  }

  private func forms(_ alert: JSONTree, _ main: inout Markup) {
    guard alert["state"]?.string == "firing" else { return }
    guard mayOperate else {
      main.raw("<p class=\"quiet\">Acknowledging and silencing take a token of the role operate.")
      if canLogIn {
        main.text(" ")
        let next = URLText.encoded("/alert?id=\(id)")
        main.element("a", ("href", "/login?next=\(next)"), text: "Log in")
      }
      return main.raw("</p>")
    }
    main.raw("<h2>Acknowledge</h2>")
    main.element("form", ("method", "post"), ("action", "/alert/ack")) { form in
      form.void("input", ("type", "hidden"), ("name", "id"), ("value", id))
      form.raw("<label for=\"ack-comment\">What you do about it (may be empty)</label>")
      form.raw("<input id=\"ack-comment\" name=\"comment\" maxlength=\"1000\"")
      form.raw(" autocomplete=\"off\">")
      form.raw("<button>Acknowledge until it recovers</button>")
    }
    main.raw("<h2>Silence</h2>")
    main.element("form", ("method", "post"), ("action", "/alert/silence")) { form in
      form.void("input", ("type", "hidden"), ("name", "id"), ("value", id))
      form.raw("<label for=\"hours\">For</label><select id=\"hours\" name=\"hours\">")
      for hours in AlertRoutes.silenceHours {
        let words = hours < 24 ? "\(hours) h" : hours == 24 ? "1 day" : "\(hours / 24) days"
        form.element("option", ("value", String(hours)), text: words)
      }
      form.raw("</select><label for=\"why\">Why</label>")
      form.raw("<input id=\"why\" name=\"comment\" maxlength=\"1000\" autocomplete=\"off\"")
      form.raw(" required>")
      form.raw("<button>Silence</button>")
    }
  }
}
