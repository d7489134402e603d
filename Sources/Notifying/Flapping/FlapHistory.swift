// SPDX-License-Identifier: MIT
package import MetricModel
package import Rules

/// What is known of an alert since it began to flap.
package struct FlapRun: Equatable, Sendable {
  /// The first of the changes that made it flap.
  package let since: Timestamp
  /// How often it began or ended since, that first change included.
  package var changes: Int
  /// How long it fired from then to its latest change.
  package var firingSpan: Duration

  /// Describes a run.
  package init(since: Timestamp, changes: Int, firingSpan: Duration) {
    self.since = since
    self.changes = changes
    self.firingSpan = firingSpan
  }
}

/// Whether an alert comes and goes too often to be told each time.
package enum FlapPhase: Equatable, Sendable {
  /// No.
  case steady
  /// Yes: only that it flaps is told.
  case flapping(FlapRun)
  /// Not any more: it has been as it is for long enough.
  case calm(FlapRun)
}

/// When one alert began and ended lately.
package struct FlapHistory: Equatable, Sendable {
  /// The alert as it was at its latest change.
  package internal(set) var alert: Alert
  /// When it began or ended, oldest first; no more than make it flap.
  package internal(set) var changes: [Timestamp]
  /// What that makes of it.
  package internal(set) var phase: FlapPhase

  /// Describes a history.
  package init(alert: Alert, changes: [Timestamp], phase: FlapPhase = .steady) {
    self.alert = alert
    self.changes = changes
    self.phase = phase
  }

  /// The run under way; nil when it does not flap.
  package var run: FlapRun? { if case .flapping(let run) = phase { run } else { nil } }

  /// It flaps, and its latest change was an end.
  var isPausing: Bool { run != nil && alert.isResolved }

  /// A restart must not forget it: an alert that came and went once has nothing to remember.
  var isWorthKeeping: Bool { phase != .steady || changes.count >= FlapLimit.changesMin }

  /// When it is calm unless it changes.
  func calmAt(_ limit: FlapLimit?) -> Timestamp? {
    guard run != nil, let last = changes.last else { return nil }
    return limit.map { last + $0.calm } ?? last
  }

  /// How many changes a report of the alert tells of.
  func changeCount(to reported: Alert) -> Int {
    switch (alert.endsAt, reported.endsAt) {
    case (nil, nil): reported.startsAt > alert.startsAt ? 2 : 0
    case (nil, _?), (_?, nil): 1
    case (let known?, let end?): reported.startsAt >= known && end > known ? 2 : 0
    }
  }

  /// Notes that the alert is now as reported, after so many changes.
  mutating func note(_ reported: Alert, changes count: Int, limit: FlapLimit, now: Timestamp) {
    let last = changes.last
    switch phase {
    case .flapping(var run):
      if !alert.isResolved, let last { run.firingSpan += max(.zero, now - last) }
      run.changes += count
      phase = .flapping(run)
    case .calm:
      // Counted anew: what was before was told.
      phase = .steady
      changes = []
    case .steady: changes.removeAll { now - $0 >= limit.within }
    }
    alert = reported
    changes = (changes + Array(repeating: now, count: count)).suffix(limit.changes)
    guard run == nil, changes.count >= limit.changes, let first = changes.first else { return }
    phase = .flapping(
      FlapRun(since: first, changes: changes.count, firingSpan: firingSpanOfChanges)
    )
  }

  /// How long it fired between the first and the last of the changes, each of which is the opposite
  /// of the one before.
  private var firingSpanOfChanges: Duration {
    var span = Duration.zero
    var fires = !alert.isResolved
    for index in changes.indices.dropLast().reversed() {
      fires.toggle()
      if fires { span += max(.zero, changes[index + 1] - changes[index]) }
    }
    return span
  }

  /// The part of the time since it flaps for which it fired, from 0 to 1; nil when it does not flap.
  package func firingShare(at now: Timestamp) -> Double? {
    guard let run, let last = changes.last else { return nil }
    let open = alert.isResolved ? .zero : max(.zero, now - last)
    let whole = now - run.since
    return whole > .zero ? min(1, (run.firingSpan + open) / whole) : alert.isResolved ? 0 : 1
  }
}

extension FlapHistory {
  /// What the annotation `flapping` says of it; nil while it is steady.
  func words(at now: Timestamp) -> String? {
    switch phase {
    case .steady: return nil
    case .flapping(let run):
      let share = Int(((firingShare(at: now) ?? 0) * 100).rounded())
      let state = alert.isResolved ? "does not fire now" : "fires now"
      return "flaps: \(run.changes) changes since \(Self.clock(run.since)), "
        + "firing \(share)% of that time, \(state)"
    case .calm(let run):
      let last = changes.last.map { ", none after \(Self.clock($0))" } ?? ""
      return "flapped: \(run.changes) changes since \(Self.clock(run.since))\(last)"
    }
  }

  private static func clock(_ instant: Timestamp) -> String {
    "\(CivilTime(instant).timeText) UTC"
  }
}
