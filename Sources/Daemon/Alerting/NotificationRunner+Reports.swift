// SPDX-License-Identifier: MIT
import Configuration
import HTTPAPI
import MetricModel
import Notifying
import Patterns
import Rules

extension NotificationRunner {
  /// Every alert that fires, of rules and posted, or that flaps and pauses, and what becomes of it.
  func reports() -> [AlertReport] {
    let now = clock.now
    let groups = Dictionary((planner?.groups ?? []).map { ($0.id, $0.labels) }) { first, _ in first
    }
    // A rule's alert goes before one of the same labels that somebody posts.
    let own = Set(firing.map(\.labels))
    let others = posted.entries.values.filter { $0.endsAt > now && !own.contains($0.alert.labels) }
    // What flaps is told as firing while it pauses, so people will ask for it.
    let pausing = planner?.pausing ?? []
    let alerts = (firing + others.map(\.alert) + pausing).withDistinctLabels
    let explanations = planner?.explanations(of: alerts)
    return alerts.indices.map { index in
      let alert = alerts[index]
      let entry = own.contains(alert.labels) ? nil : posted.entries[alert.labels]
      return AlertReport(
        alert: alert,
        explanation: explanations?[index],
        groupLabels: groups,
        postedBy: entry?.postedBy,
        updatedAt: entry?.updatedAt ?? takenAt,
        endsAt: entry?.endsAt ?? now + ForwardingSchedule.validity
      )
    }
  }

  /// Takes alerts that another program posts.
  ///
  /// - Returns: Why some were not taken, and those that began with this.
  func post(
    _ alerts: [PostedAlert],
    by sender: String
  ) async -> (faults: [String], begun: [LabelSet]) {
    let now = clock.now
    let over = posted.end(at: now)
    let outcome = posted.take(alerts, by: sender, now: now)
    await noteEnd(of: over + outcome.ended)
    return (outcome.faults, outcome.begun)
  }

  /// The names of all receivers, in the order of the file.
  var receivers: [String] { settings?.receiverNames ?? [] }

  /// The keys of the groups that have something to say or said something.
  var groupKeys: Set<String> { Set((planner?.groups ?? []).map(\.id.key)) }

  /// The routes and receivers as Alertmanager's settings say them.
  var routingText: String { settings?.alertmanagerText ?? "" }

  /// The places of a receiver.
  func integrations(of receiver: String) -> [Integration] {
    settings?.integrations.filter { $0.id.receiver == receiver } ?? []
  }
}

extension NotificationSettings {
  /// Each name once.
  fileprivate var receiverNames: [String] {
    var seen: Set<String> = []
    return (integrations.map(\.id.receiver) + root.receivers).filter { seen.insert($0).inserted }
  }

  /// What Alertmanager's own settings file would say of routes and receivers; places to send to are
  /// left out, as they are secrets.
  fileprivate var alertmanagerText: String {
    var lines = ["route:"]
    root.write(to: &lines, indent: "  ", isRoot: true)
    lines.append("receivers:")
    lines += receiverNames.map { "  - name: \($0.quotedForPromQL)" }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Route {
  fileprivate var receivers: [String] { [receiver] + children.flatMap(\.receivers) }

  fileprivate func write(to lines: inout [String], indent: String, isRoot: Bool) {
    lines.append("\(indent)receiver: \(receiver.quotedForPromQL)")
    if !isRoot {
      let texts = matchers.map { $0.matcher.description.quotedForPromQL }
      lines.append("\(indent)matchers: [\(texts.joined(separator: ", "))]")
      if continues { lines.append("\(indent)continue: true") }
    }
    let names: [String]
    switch grouping {
    case .labels(let labels): names = labels.sorted()
    case .everyAlert: names = ["..."]
    }
    lines.append("\(indent)group_by: [\(names.map(\.quotedForPromQL).joined(separator: ", "))]")
    lines.append("\(indent)group_wait: \(timing.wait.alertmanagerText)")
    lines.append("\(indent)group_interval: \(timing.interval.alertmanagerText)")
    lines.append("\(indent)repeat_interval: \(timing.repetition.alertmanagerText)")
    guard !children.isEmpty else { return }
    lines.append("\(indent)routes:")
    for child in children {
      var inner: [String] = []
      child.write(to: &inner, indent: "\(indent)    ", isRoot: false)
      if let first = inner.first {
        lines.append("\(indent)  - " + first.trimmingPrefix { $0 == " " })
        lines += inner.dropFirst()
      }
    }
  }
}

extension Duration {
  /// As Alertmanager writes spans.
  fileprivate var alertmanagerText: String { QuantityText.text(of: self) }
}
