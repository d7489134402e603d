// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

/// A record in sentences, the most important first.
package struct IncidentSummary {
  /// Each is whole.
  package let sentences: [String]

  /// Sums up a record.
  package init(_ record: IncidentRecord) {
    let until = record.until ?? .distantFuture
    sentences =
      Self.unwatched(record)
      + Self.users(record, until) + Self.alerts(record) + Self.tiers(record, until)
      + Self.moves(record) + Self.messages(record)
      + (record.leftOut > 0
        ? ["This is not all: \(record.leftOut) older events are left out."] : [])
      + (record.seriesLeftOut > 0
        ? ["This is not all: \(record.seriesLeftOut) series were not read."] : [])
  }

  private static func unwatched(_ record: IncidentRecord) -> [String] {
    guard record.isUnwatchedInPart, let seconds = record.unwatchedSeconds else { return [] }
    let span = SpanWords.exact(seconds)
    return ["For \(span) hvsmon wrote nothing: what happened then is not known."]
  }

  private static func users(_ record: IncidentRecord, _ until: Timestamp) -> [String] {
    record.entries.map { entry in
      let lost = entry.steps.seconds(until: until) { $0 == 0 }
      let unknown = entry.steps.seconds(until: until) { $0 == nil }
      let doubt = unknown >= 1 ? "; for \(SpanWords.exact(unknown)) nobody knows" : ""
      guard lost > 0 else {
        return entry.steps.contains { $0.value == 1 }
          ? "Users reached \(entry.name) all the time that is known\(doubt)."
          : "Whether users reached \(entry.name) is not known."
      }
      return "Users did not reach \(entry.name) for \(SpanWords.exact(lost))\(doubt)."
    }
  }

  private static func alerts(_ record: IncidentRecord) -> [String] {
    guard !record.alerts.isEmpty else {
      return [record.isUnwatchedInPart ? "No alert is known to have fired." : "No alert fired."]
    }
    let pages = record.alerts.count { $0.severity == "page" }
    var text = "\(Self.counted(record.alerts.count, "alert")) fired"
    if pages > 0 { text += ", \(pages) of severity page" }
    let begins = record.alerts.compactMap(\.begin)
    if let first = begins.min() { text += ", the first at \(first.clockText)" }
    let lost = record.alerts.count { $0.unknownSince != nil }
    let open = record.alerts.count { $0.end == nil } - lost
    if lost > 0 { text += "; of \(lost) nobody knows until when" }
    if open > 0 {
      text += open == record.alerts.count ? "; all fire still" : "; \(open) still did at the end"
    } else if lost == 0, let first = begins.min(), let last = record.alerts.compactMap(\.end).max()
    {
      text += "; all had ended after \(SpanWords.exact((last - first).inSeconds))"
    }
    return [text + "."]
  }

  private static func tiers(_ record: IncidentRecord, _ until: Timestamp) -> [String] {
    record.tiers.compactMap { tier in
      guard let declared = tier.declared, let fewest = tier.fewest, fewest < declared else {
        return nil
      }
      let below = tier.steps.seconds(until: until) { $0.map { $0 < Double(declared) } == true }
      var text = "Tier \(tier.name) had \(fewest) of \(declared) members at its lowest"
      if let needed = tier.needed { text += " and needs \(needed)" }
      text += "; it was not whole for \(SpanWords.exact(below))"
      return text + "."
    }
  }

  private static func moves(_ record: IncidentRecord) -> [String] {
    var sentences: [String] = []
    if !record.moves.isEmpty {
      let gaps = record.moves.compactMap(\.gapSeconds)
      var text = "The floating IP moved \(Self.times(record.moves.count))"
      if let longest = gaps.max() {
        text += "; nobody had it for \(SpanWords.exact(longest))"
        if gaps.count > 1 { text += " at most" }
      }
      sentences.append(text + ".")
    }
    if record.elections > 0 {
      sentences.append("Databases elected a primary \(Self.times(record.elections)).")
    }
    return sentences
  }

  private static func messages(_ record: IncidentRecord) -> [String] {
    guard !record.messages.isEmpty else {
      return record.alerts.isEmpty ? [] : ["Nobody was told: no message is recorded."]
    }
    let accepted = record.messages.filter { $0.outcome == .accepted }
    let lost = record.messages.count { $0.outcome == .givenUp }
    let waiting = record.messages.count { $0.outcome == .waiting }
    var text = "\(Self.counted(accepted.count, "message")) were taken"
    if accepted.count == 1 { text = "1 message was taken" }
    if lost > 0 { text += ", \(lost) given up" }
    if waiting > 0 { text += ", \(waiting) still wait" }
    if let began = record.alerts.compactMap(\.begin).min(),
      let told = accepted.compactMap(\.endedAt).filter({ $0 >= began }).min()
    {
      text += "; the first \(SpanWords.exact((told - began).inSeconds)) after the first alert"
    }
    return [text + "."]
  }

  private static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  private static func times(_ count: Int) -> String {
    switch count {
    case 1: "once"
    case 2: "twice"
    default: "\(count) times"
    }
  }
}

extension IncidentRecord {
  /// Of a part of its time nobody knows anything.
  fileprivate var isUnwatchedInPart: Bool { (unwatchedSeconds ?? 0) >= 1 }
}

extension [CourseStep] {
  /// For how long the values were so.
  func seconds(until end: Timestamp, while isSo: (Double?) -> Bool) -> Double {
    var total = 0.0
    for (index, step) in enumerated() where isSo(step.value) {
      guard let from = step.time else { continue }
      let to = index + 1 < count ? self[index + 1].time ?? end : end
      total += Swift.max(0, (to - from).inSeconds)
    }
    return total
  }
}

extension TierCourse {
  /// The fewest members that worked at once.
  var fewest: Int? { steps.compactMap(\.value).min().flatMap { Int(exactly: $0) } }
}

extension Timestamp {
  /// The time of day in UTC.
  var clockText: String { "\(CivilTime(self).timeText)Z" }

  /// The day and the time of day in UTC, to the second.
  var fullText: String { "\(CivilTime(self).dateText) \(clockText)" }
}
