// SPDX-License-Identifier: MIT
package import MetricModel
import Rules

/// The waiting notifications in memory, in order for each group of each integration.
package struct NotificationBacklog: Sendable {
  /// The most notifications that wait at once.
  package static let standardLimit = 10_000

  private let limit: Int
  private var lanes: [IntegrationID: [String: [QueuedNotification]]] = [:]
  private var places: [Int64: Place] = [:]

  /// Where a notification waits.
  package struct Place: Sendable {
    /// Whom it is for.
    package let integration: IntegrationID
    /// What it is about.
    package let groupKey: String
  }

  /// Makes an empty backlog that takes up to `limit` notifications.
  package init(limit: Int = NotificationBacklog.standardLimit) {
    self.limit = limit
  }

  /// The number of notifications that wait.
  package var count: Int { places.count }

  /// The number of notifications that wait, by integration.
  package var countsByIntegration: [IntegrationID: Int] {
    lanes.mapValues { groups in groups.values.reduce(0) { $0 + $1.count } }
  }

  /// The integrations for which something waits.
  package var integrations: Set<IntegrationID> { Set(lanes.keys) }

  /// Where the notification of that id waits; nil when it does not.
  package func place(of id: Int64) -> Place? { places[id] }

  /// Adds a notification, whose id is higher than all before.
  ///
  /// - Returns: The notification that had to go because the backlog was full; nil for none.
  package mutating func add(_ queued: QueuedNotification) -> QueuedNotification? {
    let victim = places.count >= limit ? dropVictim() : nil
    let notification = queued.notification
    let place = Place(integration: notification.integration, groupKey: notification.groupKey)
    lanes[place.integration, default: [:]][place.groupKey, default: []].append(queued)
    places[queued.id] = place
    return victim
  }

  /// What to deliver next to an integration.
  ///
  /// - Parameters:
  ///   - integration: Whom to tell.
  ///   - now: The time of the delivery.
  ///   - last: Notifications with a higher id do not count yet.
  /// - Returns: All that waits for one group, or how long to rest.
  package func next(
    for integration: IntegrationID,
    now: Timestamp,
    through last: Int64 = .max
  ) -> NextDelivery {
    var ready: [QueuedNotification]?
    var wait: Timestamp?
    for lane in lanes[integration, default: [:]].values {
      let waiting = Array(lane.prefix { $0.id <= last })
      // The oldest holds back the others of its group: they are delivered with it.
      guard let head = waiting.first else { continue }
      if head.notBefore <= now {
        if head.id < ready?.first?.id ?? .max { ready = waiting }
      } else {
        wait = min(wait ?? head.notBefore, head.notBefore)
      }
    }
    if let ready { return .ready(ready) }
    return wait.map { .waiting(until: $0) } ?? .nothing
  }

  /// Removes notifications; those that are not there are passed over.
  ///
  /// - Returns: The removed ones.
  package mutating func remove(_ ids: [Int64]) -> [QueuedNotification] {
    ids.compactMap { id in
      guard let place = places.removeValue(forKey: id) else { return nil }
      var waiting = lanes[place.integration]?[place.groupKey] ?? []
      guard let index = waiting.firstIndex(where: { $0.id == id }) else { return nil }
      let removed = waiting.remove(at: index)
      lanes[place.integration]?[place.groupKey] = waiting.isEmpty ? nil : waiting
      if lanes[place.integration]?.isEmpty == true { lanes[place.integration] = nil }
      return removed
    }
  }

  /// Keeps notifications for a later try; those that are not there are passed over.
  package mutating func postpone(
    _ ids: [Int64],
    until time: Timestamp,
    countsAsAttempt: Bool
  ) {
    for id in ids {
      guard let place = places[id] else { continue }
      var waiting = lanes[place.integration]?[place.groupKey] ?? []
      guard let index = waiting.firstIndex(where: { $0.id == id }) else { continue }
      waiting[index].notBefore = time
      if countsAsAttempt { waiting[index].attempts += 1 }
      lanes[place.integration]?[place.groupKey] = waiting
    }
  }

  /// Every waiting notification, oldest first.
  package var all: [QueuedNotification] {
    lanes.values.flatMap { $0.values.flatMap { $0 } }.sorted { $0.id < $1.id }
  }

  private mutating func dropVictim() -> QueuedNotification? {
    let all = all
    guard let victim = all.first(where: { $0.notification.isInformational }) ?? all.first else {
      return nil
    }
    return remove([victim.id]).first
  }
}

extension AlertNotification {
  /// Nobody needs to act on any of its alerts.
  package var isInformational: Bool {
    alerts.allSatisfy { ["info", "none"].contains($0.alert.labels["severity"]) }
  }
}
