// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Notifying
import Rules

/// An address in a message.
struct MessageLink: Equatable, Sendable {
  let title: String
  /// Safe in every markup.
  let url: String
}

/// What a message says of one alert below its first line: plain text.
struct MessageItem: Equatable, Sendable {
  /// Which alert; nil when the first line is about it alone.
  let title: String?
  /// What it means, and its course; empty when the first line says it.
  let lines: [String]
  /// What to do; nil once it has ended.
  let description: String?
  let links: [MessageLink]

  /// There is nothing to say beyond the first line.
  var isEmpty: Bool { title == nil && lines.isEmpty && description == nil && links.isEmpty }
}

extension AlertNotification {
  /// The most important alerts below the first line; none when that says all.
  ///
  /// - Parameter most: How many are wanted.
  /// - Returns: Those, and the number of the others.
  func items(most: Int) -> (shown: [MessageItem], others: Int) {
    let shown = byImportance.prefix(most).map { item($0) }.filter { !$0.isEmpty }
    return (shown, alerts.count - min(alerts.count, most))
  }

  private func item(_ told: NotifiedAlert) -> MessageItem {
    let alert = told.alert
    let description = alert.isResolved ? nil : AlertWords.annotation("description", of: alert)
    guard alerts.count > 1 else {
      return MessageItem(title: nil, lines: [], description: description, links: links(of: alert))
    }
    let mark = alert.isResolved ? "resolved " : told.isNew ? "new " : ""
    let object = AlertWords.object(alert.labels)
    let title = "\(mark)\(alert.labels["alertname"] ?? "")" + (object.isEmpty ? "" : " \(object)")
    let course = AlertWords.course(told, isDelayed: delayedSince != nil)
    return MessageItem(
      title: title,
      lines: [AlertWords.annotation("summary", of: alert), course].compactMap { $0 },
      description: description,
      links: links(of: alert)
    )
  }

  /// What helps to understand an alert: the instructions, and the query it stems from.
  func links(of alert: Alert) -> [MessageLink] {
    let runbook = AlertWords.annotation("runbook_url", of: alert).flatMap { LinkTarget.safe($0) }
    let source = sourceURL(of: alert).flatMap { LinkTarget.safe($0) }
    return [("Runbook", alert.isResolved ? nil : runbook), ("Source", source)].compactMap {
      title,
      url in url.map { MessageLink(title: title, url: $0) }
    }
  }

  /// Severity, name and object: what a push shows above the text.
  var shortTitle: String {
    if let title = wording?.title { return title }
    let names = Set(alerts.compactMap { $0.alert.labels["alertname"] })
    let name = names.count == 1 ? names.first ?? "" : "\(names.count) kinds of alert"
    guard alerts.count == 1, let alert = alerts.first?.alert else {
      return "\(tone.word) \(name): \(countText)"
    }
    let object = AlertWords.object(alert.labels)
    return "\(tone.word) \(name)" + (object.isEmpty ? "" : " (\(object))")
  }

  /// The labels of the group as `name=value`.
  var groupText: String { groupLabels.map { "\($0.name)=\($0.value)" }.joined(separator: " ") }

  /// A name of the group without its texts: the same in every monitor of the cluster, over
  /// restarts, and for each time that the group comes back.
  ///
  /// 32 hexadecimal digits.
  var groupDigest: String {
    String(Digest.hex(Digest.sha256(Array(groupKey.utf8))).prefix(32))
  }
}
