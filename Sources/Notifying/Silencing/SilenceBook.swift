// SPDX-License-Identifier: MIT
package import MetricModel
import Patterns
package import Rules

/// Everything that people said about alerts at present: silences and acknowledgements, as a value.
package struct SilenceBook: Sendable {
  /// The most silences, and the most acknowledgements, that are looked at.
  package static let maximumCount = 10_000

  /// Sorted by start, then end, then id.
  package let silences: [Silence]
  /// Sorted by time, then by who made them.
  package let acknowledgements: [Acknowledgement]
  /// What was left out because there was too much: what ended first, or was said first.
  package let leftOutCount: Int

  /// Positions of silences that only alerts with this label can satisfy.
  private let byLabel: [Label: [Int]]
  /// Positions of all others.
  private let unindexed: [Int]
  /// The instants at which a silence begins or ends, rising.
  private let changes: [Timestamp]
  private let bySubject: [Acknowledgement.Subject: Acknowledgement]

  /// Collects what people said, in any order.
  package init(_ silences: [Silence] = [], acknowledgements: [Acknowledgement] = []) {
    let limit = Self.maximumCount
    var kept = silences
    if kept.count > limit {
      kept = Array(kept.sorted { ($0.endsAt, $0.id) > ($1.endsAt, $1.id) }.prefix(limit))
    }
    kept.sort { ($0.startsAt, $0.endsAt, $0.id) < ($1.startsAt, $1.endsAt, $1.id) }
    let said = acknowledgements.sorted { ($0.at, $0.by) < ($1.at, $1.by) }.suffix(limit)
    leftOutCount = silences.count - kept.count + acknowledgements.count - said.count
    self.silences = kept
    self.acknowledgements = Array(said)
    var byLabel: [Label: [Int]] = [:]
    var unindexed: [Int] = []
    for (position, silence) in kept.enumerated() {
      if let label = silence.requiredLabel {
        byLabel[label, default: []].append(position)
      } else {
        unindexed.append(position)
      }
    }
    self.byLabel = byLabel
    self.unindexed = unindexed
    changes = Set(kept.flatMap { [$0.startsAt, $0.endsAt] }).sorted()
    // Of several the newest covers the most.
    bySubject = Dictionary(said.map { ($0.subject, $0) }) { _, newer in newer }
  }

  /// Nobody said anything.
  package var isEmpty: Bool { silences.isEmpty && acknowledgements.isEmpty }

  /// The silences in force at an instant that are about alerts with these labels, in order.
  ///
  /// Asks only those silences that name one of the labels, and those that name none by its value.
  package func active(for labels: LabelSet, at now: Timestamp) -> [Silence] {
    guard !silences.isEmpty else { return [] }
    var positions: [Int] = []
    func collect(_ candidates: [Int]) {
      for position in candidates {
        let silence = silences[position]
        if silence.isActive(at: now), silence.matches(labels) { positions.append(position) }
      }
    }
    collect(unindexed)
    if !byLabel.isEmpty {
      for label in labels { if let candidates = byLabel[label] { collect(candidates) } }
    }
    return positions.sorted().map { silences[$0] }
  }

  /// The acknowledgement that covers an alert, of itself or of the group.
  ///
  /// - Parameters:
  ///   - alert: An alert that fires.
  ///   - groupKey: The group in which it is told; nil asks about the alert alone.
  /// - Returns: The newer of two.
  package func acknowledgement(of alert: Alert, inGroup groupKey: String?) -> Acknowledgement? {
    guard !bySubject.isEmpty else { return nil }
    let own = bySubject[.alert(alert.labels)]
    let group = groupKey.flatMap { bySubject[.group(key: $0)] }
    return [own, group].compactMap { $0 }.filter { $0.at >= alert.startsAt }.max { $0.at < $1.at }
  }

  /// When a silence begins or ends next; nil when none does.
  package func nextChange(after now: Timestamp) -> Timestamp? {
    // The number of changes up to now.
    var (low, high) = (0, changes.count)
    while low < high {
      let middle = (low + high) / 2
      if changes[middle] <= now { low = middle + 1 } else { high = middle }
    }
    return low < changes.count ? changes[low] : nil
  }
}

extension SilenceBook: Equatable {
  package static func == (left: SilenceBook, right: SilenceBook) -> Bool {
    left.silences == right.silences && left.acknowledgements == right.acknowledgements
  }
}

extension Silence {
  /// A label that every alert has which the silence is about, when its matchers name one.
  fileprivate var requiredLabel: Label? {
    matchers.first { $0.matcher.operation == .equal && !$0.matchesEmpty }
      .map { Label($0.name, $0.matcher.value) }
  }
}
