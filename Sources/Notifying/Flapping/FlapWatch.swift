// SPDX-License-Identifier: MIT
import MetricModel
import Rules

/// Watches how often alerts begin and end; a value that reads no clock.
struct FlapWatch: Sendable {
  /// Alerts that are watched at once; more are told as if they never flapped.
  static let historiesMax = 20_000
  /// How often what is over is looked for.
  private static let pruneInterval = Duration.seconds(60)

  private(set) var histories: [LabelSet: FlapHistory] = [:]
  /// Those that flap now.
  private(set) var flapping: Set<LabelSet> = []
  /// Those that were found calm in this step.
  private(set) var calmed: Set<LabelSet> = []
  /// Those that were found calm lately, and have not changed since.
  private(set) var calm: Set<LabelSet> = []
  /// Those that are told only through their cause.
  var withheld: Set<LabelSet> = []
  /// Where those that flap were routed last, when that is not by their own labels.
  var routings: [LabelSet: LabelSet] = [:]
  /// How often an alert began to flap.
  private(set) var beginnings = 0
  private var stored: Set<LabelSet> = []
  private var changed: Set<LabelSet> = []
  private var lastPrune = Timestamp.distantPast

  init() {}

  init(_ kept: [FlapHistory]) {
    for history in kept.prefix(Self.historiesMax) {
      histories[history.alert.labels] = history
      stored.insert(history.alert.labels)
      switch history.phase {
      case .steady: break
      case .flapping: flapping.insert(history.alert.labels)
      case .calm: calm.insert(history.alert.labels)
      }
    }
  }

  /// Takes the present alerts.
  ///
  /// - Parameters:
  ///   - alerts: What fires, and what ended since the last step at least.
  ///   - limit: When an alert flaps; nil for never.
  ///   - now: The time of the step.
  mutating func note(_ alerts: [Alert], limit: FlapLimit?, now: Timestamp) {
    calmed = []
    if let limit {
      for alert in alerts { note(alert, limit, now: now) }
    }
    for labels in flapping {
      guard var history = histories[labels], let run = history.run else { continue }
      guard let calm = history.calmAt(limit), calm <= now else { continue }
      history.phase = .calm(run)
      histories[labels] = history
      changed.insert(labels)
      calmed.insert(labels)
    }
    flapping.subtract(calmed)
    calm.formUnion(calmed)
    prune(alerts, limit, now: now)
  }

  private mutating func note(_ alert: Alert, _ limit: FlapLimit, now: Timestamp) {
    let labels = alert.labels
    guard let known = histories[labels] else {
      guard histories.count < Self.historiesMax else { return }
      let changes = [alert.startsAt, alert.endsAt].compactMap { $0.map { min($0, now) } }
        .filter { now - $0 < limit.within }
      // An end of long ago is no news.
      guard !alert.isResolved || !changes.isEmpty else { return }
      histories[labels] = FlapHistory(alert: alert, changes: changes)
      return
    }
    let count = known.changeCount(to: alert)
    guard count > 0 else { return }
    histories[labels]?.note(alert, changes: count, limit: limit, now: now)
    changed.insert(labels)
    calm.remove(labels)
    guard histories[labels]?.run != nil, flapping.insert(labels).inserted else { return }
    beginnings += 1
  }

  /// Forgets what is long over.
  private mutating func prune(_ alerts: [Alert], _ limit: FlapLimit?, now: Timestamp) {
    guard !histories.isEmpty,
      limit == nil || now - lastPrune >= Self.pruneInterval || now < lastPrune
    else { return }
    lastPrune = now
    let span = limit.map { $0.within + $0.calm } ?? .zero
    let firing = Set(alerts.lazy.filter { !$0.isResolved }.map(\.labels))
    for (labels, history) in histories where history.run == nil && !calmed.contains(labels) {
      guard now - (history.changes.last ?? .distantPast) >= span else { continue }
      if limit != nil, firing.contains(labels) {
        // Its end, when it comes, is a change again.
        guard history.phase != .steady || !history.changes.isEmpty else { continue }
        histories[labels]?.phase = .steady
        histories[labels]?.changes = []
      } else {
        histories[labels] = nil
      }
      changed.insert(labels)
      calm.remove(labels)
    }
    withheld.formIntersection(flapping)
    for labels in routings.keys where !flapping.contains(labels) { routings[labels] = nil }
  }

  /// What differs from what is stored, once.
  mutating func takeChanges() -> (changed: [FlapHistory], removed: [LabelSet]) {
    var written: [FlapHistory] = []
    var removed: [LabelSet] = []
    for labels in changed {
      if let history = histories[labels], history.isWorthKeeping {
        written.append(history)
        stored.insert(labels)
      } else if stored.remove(labels) != nil {
        removed.append(labels)
      }
    }
    changed = []
    return (written, removed)
  }

  /// When an alert that flaps is calm unless it changes; nil when none flaps.
  func nextCalm(_ limit: FlapLimit?) -> Timestamp? {
    flapping.compactMap { histories[$0]?.calmAt(limit) }.min()
  }

  /// A clock that was set back must not hold anything until it has caught up.
  mutating func pullBack(to now: Timestamp) {
    for (labels, history) in histories where history.changes.contains(where: { $0 > now }) {
      histories[labels]?.changes = history.changes.map { min($0, now) }
    }
  }
}
