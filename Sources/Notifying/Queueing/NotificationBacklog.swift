// SPDX-License-Identifier: MIT
package import MetricModel
import Rules

/// The waiting notifications in memory, in order for each group of each integration.
package struct NotificationBacklog: Sendable {
  /// The most notifications that wait at once: as many as the planner has alerts in groups, so that
  /// one receiver alone, with one group for each alert, never fills it.
  package static let standardLimit = 20_000

  private let limit: Int
  private var lanes: [IntegrationID: BacklogLane] = [:]
  private var places: [Int64: Place] = [:]
  /// Where more than one waits, which could be one.
  private var crowded: Set<Place> = []
  /// The ids that may have to make room, oldest first; those that left are passed over.
  private var oldest = LeastFirst<Int64>()
  private var oldestInformational = LeastFirst<Int64>()

  /// Where a notification waits.
  package struct Place: Hashable, Sendable {
    /// Whom it is for.
    package let integration: IntegrationID
    /// What it is about.
    package let groupKey: String
  }

  /// What became of the others when a notification was added.
  package enum Addition: Equatable, Sendable {
    /// They wait as before.
    case added
    /// The backlog was full and this one is part of a later one of its group now, whose id is given.
    case joined(QueuedNotification, into: Int64)
    /// The backlog was full and this one had to go.
    case dropped(QueuedNotification)
  }

  /// Makes an empty backlog that takes up to `limit` notifications.
  package init(limit: Int = NotificationBacklog.standardLimit) {
    self.limit = limit
  }

  /// The number of notifications that wait.
  package var count: Int { places.count }

  /// The number of notifications that wait, by integration.
  package var countsByIntegration: [IntegrationID: Int] {
    lanes.mapValues { lane in lane.groups.values.reduce(0) { $0 + $1.count } }
  }

  /// The integrations for which something waits.
  package var integrations: Set<IntegrationID> { Set(lanes.keys) }

  /// Where the notification of that id waits; nil when it does not.
  package func place(of id: Int64) -> Place? { places[id] }

  /// The notification of that id; nil when it does not wait.
  package func notification(_ id: Int64) -> QueuedNotification? {
    guard let place = places[id] else { return nil }
    return lanes[place.integration]?[place.groupKey].first { $0.id == id }
  }

  /// Adds a notification, whose id is higher than all before.
  ///
  /// In a full backlog it is joined with the latest that waits for its group, or two of another
  /// group are joined, and nothing is lost; when none can be, the oldest of severity `info` goes, or
  /// the oldest of all.
  package mutating func add(_ queued: QueuedNotification) -> Addition {
    let notification = queued.notification
    let place = Place(integration: notification.integration, groupKey: notification.groupKey)
    var waiting = lanes[place.integration]?[place.groupKey] ?? []
    var added = queued
    var outcome = Addition.added
    if places.count >= limit {
      if let last = waiting.last,
        let joined = AlertNotification.combining(
          [last.notification, notification],
          wasTried: last.attempts > 0
        )
      {
        waiting.removeLast()
        places[last.id] = nil
        added = QueuedNotification(
          id: queued.id,
          notification: joined,
          attempts: last.attempts,
          notBefore: last.notBefore,
          tries: last.tries
        )
        outcome = .joined(last, into: queued.id)
      } else if let joined = joinCrowded() {
        outcome = .joined(joined.earlier, into: joined.later)
      } else if let victim = dropVictim() {
        outcome = .dropped(victim)
      }
    }
    waiting.append(added)
    set(waiting, at: place)
    places[added.id] = place
    oldest.insert(added.id)
    if added.notification.isInformational { oldestInformational.insert(added.id) }
    trim()
    return outcome
  }

  /// What to deliver next to an integration.
  ///
  /// - Parameters:
  ///   - integration: Whom to tell.
  ///   - now: The time of the delivery.
  ///   - last: Notifications with a higher id do not count yet.
  /// - Returns: All that waits for one group, or how long to rest.
  package mutating func next(
    for integration: IntegrationID,
    now: Timestamp,
    through last: Int64 = .max
  ) -> NextDelivery {
    lanes[integration]?.next(now: now, through: last) ?? .nothing
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
      set(waiting, at: place)
      return removed
    }
  }

  /// Keeps notifications for a later try; those that are not there are passed over.
  package mutating func postpone(
    _ ids: [Int64],
    until time: Timestamp,
    countsAsAttempt: Bool,
    after failure: FailedTry? = nil
  ) {
    for id in ids {
      guard let place = places[id] else { continue }
      var waiting = lanes[place.integration]?[place.groupKey] ?? []
      guard let index = waiting.firstIndex(where: { $0.id == id }) else { continue }
      waiting[index].notBefore = time
      if countsAsAttempt { waiting[index].attempts += 1 }
      if let failure { waiting[index].note(failure) }
      set(waiting, at: place)
    }
  }

  /// The notification that waits longest.
  package var longestWaiting: QueuedNotification? {
    lanes.values.lazy.flatMap { $0.groups.values.compactMap(\.first) }.min { $0.id < $1.id }
  }

  /// Every waiting notification, oldest first.
  package var all: [QueuedNotification] {
    lanes.values.flatMap { $0.groups.values.flatMap { $0 } }.sorted { $0.id < $1.id }
  }

  private mutating func set(_ waiting: [QueuedNotification], at place: Place) {
    lanes[place.integration, default: BacklogLane()].replace(place.groupKey, with: waiting)
    if lanes[place.integration]?.isEmpty == true { lanes[place.integration] = nil }
    if waiting.count > 1 { crowded.insert(place) } else { crowded.remove(place) }
  }

  /// Makes one of the two latest notifications of some group.
  private mutating func joinCrowded() -> (earlier: QueuedNotification, later: Int64)? {
    guard let place = crowded.first else { return nil }
    var waiting = lanes[place.integration]?[place.groupKey] ?? []
    guard let last = waiting.popLast(), let earlier = waiting.popLast(),
      let joined = AlertNotification.combining(
        [earlier.notification, last.notification],
        wasTried: earlier.attempts > 0
      )
    else { return nil }
    places[earlier.id] = nil
    waiting.append(
      QueuedNotification(
        id: last.id,
        notification: joined,
        attempts: earlier.attempts,
        notBefore: earlier.notBefore,
        tries: earlier.tries
      )
    )
    set(waiting, at: place)
    return (earlier, last.id)
  }

  private mutating func dropVictim() -> QueuedNotification? {
    while let id = oldestInformational.popFirst() {
      if places[id] != nil { return remove([id]).first }
    }
    while let id = oldest.popFirst() {
      if places[id] != nil { return remove([id]).first }
    }
    return nil
  }

  /// Forgets the ids of those that left.
  private mutating func trim() {
    while let id = oldest.first, places[id] == nil { _ = oldest.popFirst() }
    while let id = oldestInformational.first, places[id] == nil {
      _ = oldestInformational.popFirst()
    }
    guard oldest.count > 2 * places.count + 64 else { return }
    (oldest, oldestInformational) = (LeastFirst(), LeastFirst())
    for queued in all {
      oldest.insert(queued.id)
      if queued.notification.isInformational { oldestInformational.insert(queued.id) }
    }
  }
}

extension AlertNotification {
  /// Nobody needs to act on any of its alerts.
  package var isInformational: Bool {
    alerts.allSatisfy { ["info", "none"].contains($0.alert.labels["severity"]) }
  }
}
