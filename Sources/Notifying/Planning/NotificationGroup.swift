// SPDX-License-Identifier: MIT
package import MetricModel
package import Rules

/// Identifies a group of alerts that one receiver is told about together.
package struct GroupID: Hashable, Sendable {
  /// The receiver's name.
  package let receiver: String
  /// Route and group labels in Alertmanager's notation.
  package let key: String

  /// Names a group.
  package init(receiver: String, key: String) {
    self.receiver = receiver
    self.key = key
  }

  /// Names the group that `route` puts alerts with these group labels into.
  init(_ route: Route, _ labels: LabelSet) {
    self.init(receiver: route.receiver, key: "\(route.key):\(labels)")
  }
}

/// What keeps an alert that belongs to a group out of its messages.
package enum QuietKind: String, Sendable, CaseIterable {
  /// People silenced it.
  case silence
  /// What it is about is being worked on.
  case maintenance
  /// Another alert fires that inhibits it by a rule of the settings.
  case inhibition
}

/// What is to be told of an alert in a group that flaps, or did.
package enum FlapTelling: String, Sendable, CaseIterable {
  /// It flaps, and that is to be told.
  case untold
  /// It flaps, and that was told.
  case told
  /// It is calm and fires, which is to be told.
  case calm
}

/// One alert of a group and who knows of it.
package struct GroupMember: Equatable, Sendable {
  /// The alert as it was last reported.
  package var alert: Alert
  /// When the planner saw it begin to fire, or end.
  package var changedAt: Timestamp
  /// The integrations that were told that it fires and not yet that it ended.
  package var toldTo: Set<IntegrationID>
  /// It ended because no rule reports it any more.
  package var isWithdrawn: Bool
  /// How urgent it was when it was last told; nil before that.
  package var toldSeverity: SeverityRank?
  /// What keeps it out of messages now; nil for nothing.
  package var quiet: QuietKind?
  /// What kept it out of messages before, when that is over and it is to be told for that reason.
  package var released: QuietKind?
  /// When somebody was first told that it fires; what waits for an acknowledgement counts from it.
  package var firstToldAt: Timestamp?
  /// What is to be told of its flapping; nil while it does not flap.
  package var flap: FlapTelling?
  /// Somebody said that they work on it; not kept over restarts, found anew.
  var isAcknowledged = false
  /// Since when no rule reports it; not kept over restarts.
  var missingSince: Timestamp?
  /// The settings put it elsewhere since it was told: only its end is told here.
  ///
  /// Found anew after a restart.
  var hasLeft = false

  /// Describes a member.
  package init(
    alert: Alert,
    changedAt: Timestamp,
    toldTo: Set<IntegrationID> = [],
    isWithdrawn: Bool = false,
    toldSeverity: SeverityRank? = nil,
    quiet: QuietKind? = nil,
    released: QuietKind? = nil,
    firstToldAt: Timestamp? = nil,
    flap: FlapTelling? = nil
  ) {
    self.alert = alert
    self.changedAt = changedAt
    self.toldTo = toldTo
    self.isWithdrawn = isWithdrawn
    self.toldSeverity = toldSeverity
    self.quiet = quiet
    self.released = released
    self.firstToldAt = firstToldAt
    self.flap = flap
  }

  /// It fires, and messages of its group name it.
  var isShownFiring: Bool { !alert.isResolved && !hasLeft && quiet == nil }

  /// That it flaps, or that it is calm and fires, is to be told.
  var isFlapNews: Bool { flap == .untold || flap == .calm }

  /// It fires and is more urgent than those know who were told of it.
  var isWorseThanTold: Bool {
    guard let toldSeverity, !alert.isResolved else { return false }
    return alert.severity > toldSeverity
  }
}

/// What one integration was last told about a group.
package struct NotificationLogEntry: Equatable, Sendable {
  /// The number of its latest message, from 1.
  package var sequence: Int
  /// When that message was decided.
  package var sentAt: Timestamp

  /// Describes an entry.
  package init(sequence: Int, sentAt: Timestamp) {
    self.sequence = sequence
    self.sentAt = sentAt
  }
}

/// How far a storm is, for the group that takes its alerts.
package enum StormPhase: String, Sendable, CaseIterable {
  /// It is to be told.
  case beginning
  /// It was told, and further groups that begin are part of it.
  case raging
  /// Groups have messages of their own again; what came with it stays until it ends.
  case over
}

/// Alerts that one receiver is told about together, with the log of what it was told.
package struct NotificationGroup: Equatable, Sendable {
  /// Which group.
  package let id: GroupID
  /// The labels it is grouped by.
  package let labels: LabelSet
  /// When it came to be.
  package var createdAt: Timestamp
  /// The alerts that fire, and those whose end was not told yet.
  package var members: [LabelSet: GroupMember]
  /// When the latest messages were decided, oldest first; at most ``maximumFlushes``.
  package var flushes: [Timestamp]
  /// What each integration was last told.
  package var log: [IntegrationID: NotificationLogEntry]

  /// How far the storm is whose alerts these are; nil for every other group.
  package var storm: StormPhase?

  /// A group sends at most this many messages within its interval.
  package static let maximumFlushes = 3

  /// Describes a group.
  package init(
    id: GroupID,
    labels: LabelSet,
    createdAt: Timestamp,
    members: [LabelSet: GroupMember] = [:],
    flushes: [Timestamp] = [],
    log: [IntegrationID: NotificationLogEntry] = [:],
    storm: StormPhase? = nil
  ) {
    self.id = id
    self.labels = labels
    self.createdAt = createdAt
    self.members = members
    self.flushes = flushes
    self.log = log
    self.storm = storm
  }
}

extension NotificationGroup {
  /// When the group has something to say, or nil while it has not.
  ///
  /// - Parameters:
  ///   - integrations: The integrations of its receiver.
  ///   - timing: The pace of its route.
  /// - Returns: The earliest instant at which it may be said, past or to come.
  func nextFlush(integrations: [Integration], timing: GroupTiming) -> Timestamp? {
    let news = news(for: integrations)
    var due: [Timestamp] = []
    // Alerts that begin, and the end of the last one, are what people wait for.
    if let since = news.firingSince { due.append(notBeforeBurst(since + timing.wait, timing)) }
    if let since = news.endedSince {
      if news.isAnyFiring {
        let calm = flushes.last.map { $0 + timing.interval } ?? .distantPast
        due.append(max(since + timing.wait, calm))
      } else {
        due.append(notBeforeBurst(since + timing.wait, timing))
      }
    }
    if news.isAnyUnattended {
      due += integrations.compactMap { log[$0.id].map { $0.sentAt + timing.repetition } }
    }
    return due.min()
  }

  /// The instant itself, or later when the group has sent its share of messages for the interval.
  private func notBeforeBurst(_ instant: Timestamp, _ timing: GroupTiming) -> Timestamp {
    guard flushes.count >= Self.maximumFlushes else { return instant }
    return max(instant, flushes[flushes.count - Self.maximumFlushes] + timing.interval)
  }

  private struct News {
    /// When the oldest alert began that somebody was not told of.
    var firingSince: Timestamp?
    /// When the latest alert ended whose end somebody was not told of.
    var endedSince: Timestamp?
    var isAnyFiring = false
    /// One that fires was not acknowledged.
    var isAnyUnattended = false
  }

  private func news(for integrations: [Integration]) -> News {
    var news = News()
    for member in members.values {
      if member.alert.isResolved {
        guard !member.toldTo.isEmpty else { continue }
        news.endedSince = max(news.endedSince ?? member.changedAt, member.changedAt)
      } else if member.isShownFiring {
        news.isAnyFiring = true
        if !member.isAcknowledged { news.isAnyUnattended = true }
        if member.isWorseThanTold || member.released != nil || member.isFlapNews
          || !integrations.allSatisfy({ member.toldTo.contains($0.id) })
        {
          news.firingSince = min(news.firingSince ?? member.changedAt, member.changedAt)
        }
      }
    }
    return news
  }

  /// The group says nothing, and its flushes no longer limit a group of the same name.
  func isSpent(at now: Timestamp, timing: GroupTiming) -> Bool {
    members.isEmpty && (flushes.last.map { now - $0 >= timing.interval } ?? true)
  }
}
