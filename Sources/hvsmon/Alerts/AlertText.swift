// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Snapshot

/// An alert as the daemon explains it, in words.
struct AlertText {
  let tree: JSONTree
  let now: Timestamp

  /// The name and what tells it from others, such as `NodeDown{node="pve2"}`.
  var name: String { Self.name(tree["labels"] ?? .object([])) }

  static func name(_ labels: JSONTree) -> String {
    // What nearly every alert has tells none from another.
    let common: Set = ["alertname", "cluster", "severity", "job", "fault"]
    let pairs = labels.members.filter { !common.contains($0.name) }
      .map { "\($0.name)=\"\($0.value.string ?? "")\"" }
    let name = labels["alertname"]?.string ?? ""
    return pairs.isEmpty ? name : "\(name){\(pairs.joined(separator: ","))}"
  }

  var state: String { tree["state"]?.string ?? "" }

  /// Since when it fires, or is pending.
  var since: Timestamp? { time("startsAt") ?? time("activeAt") }

  /// What is told of it, in one phrase.
  var telling: String {
    if state == "pending" { return "not yet: pending" }
    let cause = tree["cause"].map(Self.name) ?? ""
    switch tree["standing"]?.string {
    case "held": return "held back by \(cause)"
    case "joined": return "in the message about \(cause)"
    case "asking": return "what it stands on is being asked"
    case "recovering": return "its cause has just ended"
    default: break
    }
    var words: [String] = []
    let silences = texts("silencedBy")
    if !silences.isEmpty { words.append("silenced by \(silences.joined(separator: ", "))") }
    let inhibitors = tree["inhibitedBy"]?.items ?? []
    if let first = inhibitors.first {
      words.append("inhibited by \(Self.name(first["source"] ?? .object([])))")
    }
    words += texts("maintenance")
    if let by = tree["acknowledged"]?["by"]?.string { words.append("acknowledged by \(by)") }
    if !words.isEmpty { return words.joined(separator: "; ") }
    let destinations = tree["destinations"]?.items ?? []
    let told = destinations.filter { !($0["toldTo"]?.items ?? []).isEmpty }
    if !told.isEmpty { return "told to " + Self.receivers(told) }
    let muted = destinations.flatMap { $0["mutedBy"]?.items ?? [] }.compactMap(\.string)
    if !muted.isEmpty { return "muted by \(muted.joined(separator: ", "))" }
    return destinations.isEmpty
      ? "nobody is to be told" : "will be told to " + Self.receivers(destinations)
  }

  private static func receivers(_ destinations: [JSONTree]) -> String {
    var seen: Set<String> = []
    return destinations.compactMap { $0["receiver"]?.string }.filter { seen.insert($0).inserted }
      .joined(separator: ", ")
  }

  /// Everything that is known of it, a line each.
  var lines: [String] {
    var lines = ["\(name)  \(state)" + (since.map { " since \(moment($0))" } ?? "")]
    func add(_ title: String, _ text: String?) {
      guard let text, !text.isEmpty else { return }
      let padding = String(repeating: " ", count: max(1, 14 - title.count))
      lines.append("  \(title)\(padding)\(text)")
    }
    add("labels", tree["labels"].map(Self.pairs))
    add("fingerprint", tree["fingerprint"]?.string)
    add("says", tree["annotations"]?["summary"]?.string)
    if let rule = tree["rule"] {
      let group = rule["group"]?.string ?? ""
      add("rule", "\(rule["name"]?.string ?? "") of group \(group), \(rule["file"]?.string ?? "")")
      add("expression", rule["expression"]?.string)
      let hold = min(rule["forSeconds"]?.double ?? 0, 1e9)
      add("for", hold > 0 ? SpanText.text(.seconds(hold)) : nil)
    }
    add("posted by", tree["postedBy"]?.string)
    add("source", tree["sourceURL"]?.string)
    add("value", tree["value"]?.string)
    add("condition", time("activeAt").map { "holds since \(moment($0))" })
    add("firing", time("startsAt").map { "since \(moment($0))" })
    add("unknown", tree["isUnknown"]?.bool == true ? "its target cannot be asked now" : nil)
    add("flapping", flapping)
    add("told", telling)
    addReasons(add)
    for destination in tree["destinations"]?.items ?? [] { add("route", route(destination)) }
    for send in tree["sends"]?.items ?? [] {
      add("message", message(send))
      for failure in send["tries"]?.items ?? [] {
        add("failed try", "\(failure["at"]?.string ?? ""): \(failure["answer"]?.string ?? "")")
      }
    }
    return lines
  }

  /// How often it came and went; nil when it does not flap.
  private var flapping: String? {
    guard let flapping = tree["flapping"],
      let since = flapping["since"]?.string.flatMap({ Timestamp(rfc3339: $0) }),
      let calm = flapping["calmAt"]?.string
    else { return nil }
    let share = Amounts.percent(flapping["firingRatio"]?.double)
    let state = flapping["isFiring"]?.bool == true ? "fires" : "does not fire"
    return "\(flapping["changes"]?.int ?? 0) changes since \(moment(since)), firing \(share) of "
      + "that time, \(state) now; its state is told at \(calm) unless it changes before"
  }

  private func addReasons(_ add: (String, String?) -> Void) {
    for inhibitor in tree["inhibitedBy"]?.items ?? [] {
      let source = Self.name(inhibitor["source"] ?? .object([]))
      add("inhibited", "by \(source), rule \(inhibitor["rule"]?.string ?? "")")
    }
    if let acknowledged = tree["acknowledged"] {
      let at = acknowledged["at"]?.string.flatMap { Timestamp(rfc3339: $0) }
      let comment = acknowledged["comment"]?.string.map { ": \($0)" } ?? ""
      let by = acknowledged["by"]?.string ?? ""
      add("acknowledged", "by \(by)" + (at.map { " at \(moment($0))" } ?? "") + comment)
    }
  }

  private func route(_ destination: JSONTree) -> String {
    var text = "\(destination["route"]?.string ?? "") to \(destination["receiver"]?.string ?? "")"
    text += ", group \(destination["groupKey"]?.string ?? "")"
    if let last = destination["lastMessageAt"]?.string.flatMap({ Timestamp(rfc3339: $0) }) {
      text += ", last message \(moment(last))"
    }
    if let next = destination["nextMessageAt"]?.string.flatMap({ Timestamp(rfc3339: $0) }) {
      text += ", next at \(next.rfc3339Text)"
    }
    let muted = (destination["mutedBy"]?.items ?? []).compactMap(\.string)
    return muted.isEmpty ? text : text + ", muted by \(muted.joined(separator: ", "))"
  }

  private func message(_ send: JSONTree) -> String {
    let place = send["integration"]?.string ?? ""
    let reason = send["reason"]?.string ?? ""
    let answer = send["answer"]?.string ?? ""
    let at = send["at"]?.string ?? ""
    let tries = send["failedTries"]?.int ?? 0
    let failed = tries > 0 ? ", after \(tries) failed tries" : ""
    switch send["outcome"]?.string {
    case "accepted": return "\(at) to \(place) (\(reason)): \(answer)\(failed)"
    case "waiting":
      let next = at.isEmpty ? "" : ", tried again at \(at)"
      let reason = answer.isEmpty ? "" : ": \(answer)"
      return "waits for \(place) (\(send["reason"]?.string ?? ""))\(failed)\(next)\(reason)"
    default: return "\(at) to \(place) (\(reason)) given up: \(answer)"
    }
  }

  private func texts(_ name: String) -> [String] {
    (tree[name]?.items ?? []).compactMap(\.string)
  }

  private func time(_ name: String) -> Timestamp? {
    tree[name]?.string.flatMap { Timestamp(rfc3339: $0) }
  }

  private func moment(_ time: Timestamp) -> String {
    "\(time.rfc3339Text) (\(SpanText.text(now - time)) ago)"
  }

  private static func pairs(_ labels: JSONTree) -> String {
    labels.members.map { "\($0.name)=\"\($0.value.string ?? "")\"" }.joined(separator: " ")
  }
}

/// Spans of time for people.
enum SpanText {
  /// A span in at most two units, such as `2h5m`.
  static func text(_ span: Duration) -> String {
    let total = max(0, span.components.seconds)
    let units: [(name: String, seconds: Int64)] = [
      ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1),
    ]
    guard let first = units.firstIndex(where: { total >= $0.seconds }) else { return "0s" }
    let text = "\(total / units[first].seconds)\(units[first].name)"
    guard first + 1 < units.count else { return text }
    let rest = total % units[first].seconds / units[first + 1].seconds
    return rest > 0 ? "\(text)\(rest)\(units[first + 1].name)" : text
  }
}
