// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules

/// The words that messages of every service are made of: plain text, not escaped.
enum AlertWords {
  /// What an alert is about: instance, tier and node, or what else tells it from others.
  static func object(_ labels: LabelSet) -> String {
    var parts: [String] = []
    for name in ["instance", "tier", "node"] {
      guard let value = labels[name] else { continue }
      parts.append(name == "instance" ? value : "\(name) \(value)")
    }
    if parts.isEmpty {
      let plain: Set = ["alertname", "severity", "cluster", "job"]
      parts = labels.filter { !plain.contains($0.name) }.prefix(4).map { "\($0.name) \($0.value)" }
    }
    return parts.joined(separator: ", ")
  }

  /// A value with at most four decimals; nil for NaN, and for 0 and 1, which only say once more
  /// that a state holds.
  static func value(_ value: Double) -> String? {
    guard !value.isNaN, value != 0, value != 1 else { return nil }
    guard value.isFinite else { return value > 0 ? "+Inf" : "-Inf" }
    let rounded = (value * 10_000).rounded() / 10_000
    let shown = abs(value) < 1e11 && rounded != 0 ? rounded : value
    let text = shown.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// A span in at most two units, such as `2h 5m`.
  static func span(_ span: Duration) -> String {
    let total = max(0, span.wholeMilliseconds)
    guard total >= 1_000 else { return "\(total)ms" }
    let units: [(name: String, milliseconds: Int64)] = [
      ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000),
    ]
    guard let first = units.firstIndex(where: { total >= $0.milliseconds }) else { return "" }
    let big = units[first]
    var text = "\(total / big.milliseconds)\(big.name)"
    if first + 1 < units.count {
      let small = units[first + 1]
      let rest = total % big.milliseconds / small.milliseconds
      if rest > 0 { text += " \(rest)\(small.name)" }
    }
    return text
  }

  /// The text of an annotation; nil when it is absent or empty.
  static func annotation(_ name: String, of alert: Alert) -> String? {
    alert.annotations.first { $0.name == name && !$0.value.isEmpty }?.value
  }

  /// What an alert says in one sentence without a full stop, and how it is known.
  static func summary(of alert: Alert) -> String? {
    guard let summary = annotation("summary", of: alert) else { return nil }
    let sentence = summary.onOneLine.withoutFullStop
    guard !alert.isResolved, let evidence = annotation("evidence", of: alert) else {
      return sentence
    }
    return "\(sentence) (\(evidence.onOneLine))"
  }

  /// When it began, and what became of it since.
  static func course(_ told: NotifiedAlert, isDelayed: Bool) -> String {
    let alert = told.alert
    guard let end = alert.endsAt else {
      var text = "since \(CivilTime(alert.startsAt).timeText) UTC"
      if let value = value(alert.value) { text += ", value \(value)" }
      if alert.isUnknown { text += ", unknown now: its target cannot be asked" }
      return text + flapping(of: alert)
    }
    var text = "fired \(CivilTime(alert.startsAt).timeText) UTC, "
    text += told.isWithdrawn ? "no rule reports it since " : "resolved "
    text += "\(CivilTime(end).timeText) UTC after \(span(end - alert.startsAt))"
    text += flapping(of: alert)
    return isDelayed ? "\(text), delivery was delayed" : text
  }

  /// How often it came and went, when that is why it is told so.
  private static func flapping(of alert: Alert) -> String {
    annotation("flapping", of: alert).map { ", \($0.onOneLine)" } ?? ""
  }
}

extension AlertNotification {
  /// The alerts to name first: firing before ended, urgent before others, new before known.
  var byImportance: [NotifiedAlert] {
    func rank(_ told: NotifiedAlert) -> Int {
      (told.alert.isResolved ? 100 : 0) - told.alert.severity.rawValue * 10
        + (told.isNew ? 0 : 1)
    }
    // `sorted` keeps the order of equals.
    return alerts.sorted { rank($0) < rank($1) }
  }

  /// How urgent the most urgent alert that fires is; nil when none fires.
  var severity: SeverityRank? { firing.map(\.alert.severity).max() }

  /// The first line: all that matters, in plain text.
  var headline: String {
    if let title = wording?.title { return title }
    let important = byImportance
    guard let first = important.first else { return "" }
    let names = Set(alerts.compactMap { $0.alert.labels["alertname"] })
    let name = names.count == 1 ? names.first ?? "" : "\(names.count) kinds of alert"
    let word = tone.word
    guard alerts.count > 1 else {
      let summary = AlertWords.summary(of: first.alert)
      let object = AlertWords.object(first.alert.labels)
      var text = "\(word) \(name)"
      if !object.isEmpty { text += " (\(object))" }
      text += ": "
      if let summary { text += "\(summary), " }
      text += AlertWords.course(first, isDelayed: delayedSince != nil)
      return text + situationText
    }
    if let cause = important.first(where: { $0.isCause }) { return headline(of: cause, word) }
    let objects = important.prefix(3).map { AlertWords.object($0.alert.labels) }
    var text = "\(word) \(name): \(countText)"
    let named = objects.filter { !$0.isEmpty }.map { "[\($0)]" }
    if !named.isEmpty { text += ": " + named.joined(separator: " ") }
    if important.count > 3 { text += " +\(important.count - 3) more" }
    let start = alerts.map(\.alert.startsAt).min() ?? createdAt
    text += ", since \(CivilTime(start).timeText) UTC"
    return delayedSince == nil ? text : "\(text), delivery was delayed"
  }

  /// The first line of a message about a cause and what it led to.
  private func headline(of cause: NotifiedAlert, _ word: String) -> String {
    func named(_ labels: LabelSet) -> String {
      let object = AlertWords.object(labels)
      let name = labels["alertname"] ?? ""
      return object.isEmpty ? name : "\(name) (\(object))"
    }
    var text = "\(word) \(named(cause.alert.labels)): "
    if let summary = AlertWords.summary(of: cause.alert) { text += "\(summary), " }
    text += AlertWords.course(cause, isDelayed: delayedSince != nil)
    let others = byImportance.filter { $0 != cause }
    let shown = others.prefix(3).map { told in
      named(told.alert.labels) + (told.alert.isResolved ? " resolved" : "")
    }
    text += "; also " + shown.joined(separator: ", ")
    if others.count > shown.count { text += " and \(others.count - shown.count) more" }
    return text + situationText
  }

  /// What is held back, and how the cluster stands: sentences after the first, or nothing.
  private var situationText: String {
    let held = byImportance.compactMap { AlertWords.annotation("held_back", of: $0.alert) }
    // The state is that of the whole cluster, the same in each alert of the message.
    let situation = byImportance.lazy.compactMap {
      AlertWords.annotation("situation", of: $0.alert)
    }.first
    let sentences = held + (situation.map { [$0] } ?? [])
    guard !sentences.isEmpty else { return "" }
    return ". " + sentences.map { "\($0.onOneLine.withoutFullStop)." }.joined(separator: " ")
  }

  /// How many fire, and how many ended.
  var countText: String {
    let new = firing.filter(\.isNew).count
    var parts: [String] = []
    if !firing.isEmpty {
      var notes = new < firing.count && new > 0 ? ["\(new) new"] : []
      // Of many alerts the most urgent are few, and what people ask for first.
      if isStorm { notes += severityCounts }
      parts.append(
        "\(firing.count) firing" + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))")
      )
    }
    if !resolved.isEmpty { parts.append("\(resolved.count) resolved") }
    return parts.joined(separator: ", ")
  }

  /// How many of those that fire are how urgent, such as `3 page`, the most urgent first.
  private var severityCounts: [String] {
    let ranks: [(SeverityRank, String)] = [(.page, "page"), (.warning, "warning"), (.info, "info")]
    return ranks.compactMap { rank, word in
      let count = firing.count { $0.alert.severity == rank }
      return count > 0 ? "\(count) \(word)" : nil
    }
  }

  /// Why the message is sent, in words.
  var reasonText: String {
    switch reason {
    case .firing: "begins to fire"
    case .moreFiring: "more alerts fire"
    case .resolved: "nothing of it fires any more"
    case .partlyResolved: "some of it ended"
    case .repeated: "still fires, told again"
    case .silenceEnded: "still fires after its silence or the work on it ended"
    case .muteEnded: "fires, told after the route's quiet time"
    case .escalated: "still fires, and nobody acknowledged it"
    case .fallback: "fires, and whom it is meant for could not be reached"
    case .storm: "many alerts at once, told together until they end"
    case .stormEnded: "no more alerts join; further ones are told one by one"
    case .flapping: "flaps; single changes are not told until it is calm"
    case .flappingEnded: "no longer flaps, and fires"
    }
  }
}

extension NotifiedAlert {
  /// It says how the cluster stands: the planner tells so of every failure that may explain others.
  fileprivate var isCause: Bool { AlertWords.annotation("situation", of: alert) != nil }
}

extension String {
  /// The text with every run of blanks and line ends as one blank.
  var onOneLine: String {
    split { $0 == " " || $0.isNewline || $0 == "\t" }.joined(separator: " ")
  }

  fileprivate var withoutFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
