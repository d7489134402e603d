// SPDX-License-Identifier: MIT
package import MetricModel

/// One try of a delivery that failed.
package struct FailedTry: Equatable, Sendable {
  /// When.
  package let at: Timestamp
  /// What the service said, or why there was no answer; no secret.
  package let answer: String

  /// Describes a try.
  package init(at: Timestamp, answer: String) {
    self.at = at
    self.answer = answer
  }
}

/// A notification that waits for its delivery.
package struct QueuedNotification: Equatable, Sendable {
  /// Rises with every notification that was ever queued.
  package let id: Int64
  /// What to deliver.
  package let notification: AlertNotification
  /// How often its delivery failed.
  package var attempts: Int
  /// It is not tried before.
  package var notBefore: Timestamp
  /// The latest tries that failed, oldest first; at most ``triesMax``.
  package private(set) var tries: [FailedTry]

  /// Of more tries the oldest are forgotten.
  package static let triesMax = 20

  /// Describes a waiting notification.
  package init(
    id: Int64,
    notification: AlertNotification,
    attempts: Int = 0,
    notBefore: Timestamp = .distantPast,
    tries: [FailedTry] = []
  ) {
    self.id = id
    self.notification = notification
    self.attempts = attempts
    self.notBefore = notBefore
    self.tries = tries.suffix(Self.triesMax)
  }

  /// Notes a try that failed.
  mutating func note(_ failure: FailedTry) {
    tries = (tries + [failure]).suffix(Self.triesMax)
  }
}

/// What one integration has to do next.
package enum NextDelivery: Equatable, Sendable {
  /// Nothing waits.
  case nothing
  /// Everything that waits rests until then.
  case waiting(until: Timestamp)
  /// All messages that wait for one group, oldest first: they are delivered as one.
  case ready([QueuedNotification])
}

/// How safe a plan is.
package enum CommitOutcome: Equatable, Sendable {
  /// It is on disk: a crash or power cut loses none of it.
  case durable
  /// The disk refused it. It is held in memory, will be delivered, and is lost at a crash.
  case memoryOnly(reason: String)
}

/// How a queue stands.
package struct QueueCounts: Equatable, Sendable {
  /// The notifications that wait, by integration.
  package var waiting: [IntegrationID: Int] = [:]
  /// Notifications dropped since start because the queue was full.
  package var dropped = 0
  /// Notifications given up since start.
  package var deadLettered = 0
  /// Why the latest write failed; nil when it went well.
  package var storageFailure: String?
  /// The longest time of the last hour from an alert's begin until its first message was taken.
  package var longestDelays: [IntegrationID: Duration] = [:]
  /// When the oldest message that waits was decided; nil when none waits.
  package var oldestWaiting: Timestamp?

  /// Makes counts of zero.
  package init() {}
}

/// Keeps notifications until they are delivered, over restarts, together with the planner's state.
package protocol NotificationQueueing: Sendable {
  /// Stores the planner's changes and queues its notifications, all or nothing.
  ///
  /// The plan is in force in either outcome. A full queue drops its oldest notification of severity
  /// `info`, or the oldest of all, and counts it.
  func commit(_ plan: NotificationPlan) async -> CommitOutcome

  /// The groups as the last plans left them.
  func groups() async -> [NotificationGroup]

  /// How often alerts came and went, as the last plans left it.
  func flaps() async -> [FlapHistory]

  /// What to deliver next to an integration, groups in the order of their oldest message; a
  /// notification counts from the end of its commit on.
  func next(for integration: IntegrationID, now: Timestamp) async -> NextDelivery

  /// The integrations for which something waits.
  func integrations() async -> Set<IntegrationID>

  /// Removes notifications that the peer accepted.
  ///
  /// - Parameters:
  ///   - ids: Which; all are about one group, to one integration.
  ///   - time: When they were accepted.
  ///   - message: The message that can be found again; nil forgets the one before.
  func markDelivered(_ ids: [Int64], at time: Timestamp, leaving message: SentMessage?) async

  /// The message about a group that an integration was sent last, if it can be found again.
  func sentMessage(about groupKey: String, to integration: IntegrationID) async -> SentMessage?

  /// Keeps notifications for a later try.
  ///
  /// - Parameters:
  ///   - ids: Which.
  ///   - time: When to try again at the earliest.
  ///   - countsAsAttempt: The try failed, so that the next wait is longer.
  ///   - failure: The try; nil when there was none.
  func postpone(
    _ ids: [Int64],
    until time: Timestamp,
    countsAsAttempt: Bool,
    after failure: FailedTry?
  ) async

  /// Lets notifications rest until it is known whether they are this instance's to deliver; a
  /// restart forgets the rest, not the notifications.
  func rest(_ ids: [Int64], until time: Timestamp) async

  /// Removes notifications that another instance has told, and keeps a note of who did.
  func markTold(_ ids: [Int64], by instance: String, at time: Timestamp) async

  /// Removes notifications that can never be delivered and keeps a note of them.
  func deadLetter(_ ids: [Int64], reason: String, at time: Timestamp) async

  /// The integrations that took no message lately, each with the time at which the oldest one was
  /// decided that did not arrive since one did; as far as is known from before a restart.
  func unreached() async -> [IntegrationID: Timestamp]

  /// How the queue stands.
  func counts() async -> QueueCounts
}

extension NotificationQueueing {
  /// None.
  package func unreached() async -> [IntegrationID: Timestamp] { [:] }
}

/// Why a notification was given up through no fault of its receiver.
package enum BlamelessEnd {
  /// It had to make room.
  package static let queueFull = "too many notifications were waiting"
  /// Nobody can take it any more.
  package static let receiverGone = "its receiver is no longer in the settings"

  /// All of them.
  package static let all: Set = [queueFull, receiverGone]
}
