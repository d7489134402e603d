// SPDX-License-Identifier: MIT
package import MetricModel
package import Rules

// An alert that flaps fires, for all that is told, from the change that made it flap until it is calm:
// its single begins and ends change no message. What holds other alerts back is its true state.
extension NotificationPlanner {
  /// The same alerts, but those that flap as firing, with what is to be said of that.
  mutating func withFlapping(_ screened: [ScreenedAlert], now: Timestamp) -> [ScreenedAlert] {
    guard !flaps.flapping.isEmpty || !flaps.calm.isEmpty else { return screened }
    var found: [ScreenedAlert] = []
    var present: Set<LabelSet> = []
    for var one in screened {
      let labels = one.alert.labels
      guard let history = flaps.histories[labels], history.phase != .steady else {
        found.append(one)
        continue
      }
      // What pauses is told below, whether or not this step was told of its end.
      guard history.run == nil || !one.alert.isResolved else { continue }
      present.insert(labels)
      if history.run != nil {
        flaps.withheld.remove(labels)
        flaps.routings[labels] = one.routing == labels ? nil : one.routing
      }
      one.alert = history.told(one.alert, at: now)
      found.append(one)
    }
    for labels in flaps.flapping where !present.contains(labels) {
      switch standings[labels] {
      case .held?, .recovering?: flaps.withheld.insert(labels)
      case .own?, .joined?, .asking?, nil: break
      }
      guard let history = flaps.histories[labels], history.isPausing,
        !flaps.withheld.contains(labels)
      else { continue }
      let alert = history.told(history.alert, at: now)
      found.append(ScreenedAlert(alert: alert, routing: flaps.routings[labels] ?? labels))
    }
    for labels in flaps.calmed where !present.contains(labels) {
      // It ended long ago, and only now that is told.
      guard let history = flaps.histories[labels], history.alert.isResolved else { continue }
      let alert = history.told(history.alert, at: now)
      found.append(ScreenedAlert(alert: alert, routing: flaps.routings[labels] ?? labels))
    }
    return found
  }

  /// Notes of the alerts in groups what is to be told of their flapping.
  mutating func noteFlapping(now: Timestamp) {
    for labels in flaps.flapping {
      for id in holders[labels] ?? [] {
        guard let member = kept[id]?.members[labels], member.flap == nil || member.flap == .calm
        else { continue }
        kept[id]?.members[labels]?.flap = .untold
        kept[id]?.members[labels]?.changedAt = now
        changed.insert(id)
      }
    }
    for labels in flaps.calmed {
      for id in holders[labels] ?? [] {
        guard let member = kept[id]?.members[labels], member.flap != nil else { continue }
        // Of one that ended its end is told.
        kept[id]?.members[labels]?.flap = member.alert.isResolved ? nil : .calm
        kept[id]?.members[labels]?.changedAt = now
        changed.insert(id)
      }
    }
  }

  /// The alert flaps.
  package func flaps(_ labels: LabelSet) -> Bool { flaps.flapping.contains(labels) }

  /// How many alerts flap.
  package var flappingCount: Int { flaps.flapping.count }

  /// The alerts that flap and do not fire at present, as they are told.
  package var pausing: [Alert] {
    flaps.flapping.compactMap { labels in
      guard let history = flaps.histories[labels], history.isPausing else { return nil }
      return history.told(history.alert, at: lastStep)
    }
  }

  /// How an alert flaps, as of the last step; nil when it does not.
  func flapReport(of labels: LabelSet) -> FlapReport? {
    guard let history = flaps.histories[labels], let run = history.run,
      let share = history.firingShare(at: lastStep),
      let calmAt = history.calmAt(settings.flapping)
    else { return nil }
    return FlapReport(
      since: run.since,
      changes: run.changes,
      firingShare: share,
      isFiring: !history.alert.isResolved,
      calmAt: calmAt
    )
  }

  /// How often an alert began to flap since the planner was made.
  package var flapBeginnings: Int { flaps.beginnings }
}

extension FlapHistory {
  /// The alert as messages tell it: with what is said of its flapping, and firing while it flaps.
  fileprivate func told(_ alert: Alert, at now: Timestamp) -> Alert {
    var told = Alert(
      labels: alert.labels,
      annotations: alert.annotations,
      value: alert.value,
      startsAt: run?.since ?? alert.startsAt,
      endsAt: run == nil ? alert.endsAt : nil,
      isUnknown: alert.isUnknown,
      expression: alert.expression,
      sourceURL: alert.sourceURL
    )
    told.annotate("flapping", words(at: now) ?? "")
    return told
  }
}
