// SPDX-License-Identifier: MIT
package import Logging
package import MetricModel
package import Notifying
import Rules
import SQLite

/// The durable queue of notifications and the state of the planner.
///
/// Memory holds the truth, the file a copy; changes that come while one commit runs go into the
/// next one together.
package actor NotificationStore {
  /// The records of ended notifications that are kept; older ones are dropped.
  package static let maximumRecords = 10_000
  /// The messages that can be found again which are kept; the oldest make room.
  package static let maximumMessages = 10_000

  let database: StateDatabase
  private let clock: any TimeSource
  private let logger: Logger
  private var backlog: NotificationBacklog
  private var groupsByID: [GroupID: NotificationGroup] = [:]
  private var messages: [SentMessageKey: SentMessage]
  private var flapsByLabels: [LabelSet: FlapHistory]
  private var nextID: Int64
  /// Notifications up to this id are in the file, or were refused by it: they may be delivered.
  ///
  /// One that was delivered first would be told again, as another event, if the program ended
  /// before the file had it and the state of its group.
  private var settledID: Int64
  /// What the records said at the start.
  private let unreachedBefore: [IntegrationID: Timestamp]
  private var tally = QueueCounts()
  private var delays: [IntegrationID: DelayWindow] = [:]

  /// What differs between memory and file.
  private var unsaved = Unsaved()
  private var running: Task<CommitOutcome, Never>?
  /// A commit that has not begun: it takes every change made until then.
  private var planned: Task<CommitOutcome, Never>?

  private struct Unsaved: Sendable {
    var queued: Set<Int64> = []
    var groups: Set<GroupID> = []
    var messages: Set<SentMessageKey> = []
    var flaps: Set<LabelSet> = []
    var records: [DeliveryRecord] = []

    var isEmpty: Bool {
      queued.isEmpty && groups.isEmpty && messages.isEmpty && flaps.isEmpty && records.isEmpty
    }

    mutating func merge(_ other: Unsaved) {
      queued.formUnion(other.queued)
      groups.formUnion(other.groups)
      messages.formUnion(other.messages)
      flaps.formUnion(other.flaps)
      records = (other.records + records).suffix(NotificationStore.maximumRecords)
    }
  }

  /// Reads what the file holds.
  ///
  /// - Parameters:
  ///   - database: The open file.
  ///   - limit: How many notifications may wait.
  ///   - clock: Tells when a notification was dropped.
  ///   - logger: Is told when the disk fails, when it works again, and of dropped notifications.
  /// - Throws: ``StateStoreError`` when the file cannot be read or makes no sense.
  package init(
    database: StateDatabase,
    limit: Int = NotificationBacklog.standardLimit,
    clock: any TimeSource,
    logger: Logger
  ) async throws(StateStoreError) {
    let path = database.path
    let content: NotificationTables.Content
    do throws(SQLiteError) {
      content = try await database.queue.run { connection throws(SQLiteError) in
        try NotificationTables.read(connection)
      }
    } catch {
      throw StateStoreError(error, path: path)
    }
    self.database = database
    self.clock = clock
    self.logger = logger
    backlog = NotificationBacklog(limit: limit)
    nextID = content.nextID
    settledID = content.nextID - 1
    messages = content.messages
    flapsByLabels = content.flaps
    unreachedBefore = content.unreached
    for group in content.groups { groupsByID[group.id] = group }
    for queued in content.queued {
      // The limit may be lower than at the last start.
      note(backlog.add(queued))
    }
  }

  /// Writes what is not yet in the file: call it from time to time while the disk fails.
  package func save() async -> CommitOutcome {
    if let planned { return await planned.value }
    let previous = running
    // Awaited here and by everyone who joins; ends by itself after one transaction.
    let task = Task {
      _ = await previous?.value
      return await write()
    }
    planned = task
    return await task.value
  }

  /// What became of the latest notifications, newest first.
  ///
  /// - Throws: ``StateStoreError`` when the file cannot be read.
  package func records(limit: Int) async throws(StateStoreError) -> [DeliveryRecord] {
    do throws(SQLiteError) {
      return try await database.queue.run { connection throws(SQLiteError) in
        try NotificationTables.records(connection, limit: limit)
      }
    } catch {
      throw StateStoreError(error, path: database.path)
    }
  }

  private func write() async -> CommitOutcome {
    running = planned
    planned = nil
    let taken = unsaved
    let last = nextID - 1
    unsaved = Unsaved()
    defer { settledID = last }
    guard !taken.isEmpty else {
      return tally.storageFailure.map { .memoryOnly(reason: $0) } ?? .durable
    }
    let queued = taken.queued.map { (id: $0, value: backlog.notification($0)) }
    let groups = taken.groups.map { (id: $0, value: groupsByID[$0]) }
    let messages = taken.messages.map { (key: $0, value: self.messages[$0]) }
    let flaps = taken.flaps.map { (labels: $0, value: flapsByLabels[$0]) }
    let records = taken.records
    do throws(SQLiteError) {
      try await database.queue.run { connection throws(SQLiteError) in
        try connection.transaction { () throws(SQLiteError) in
          for (id, value) in queued { try NotificationTables.put(value, id: id, connection) }
          for (id, value) in groups { try NotificationTables.put(value, id: id, connection) }
          for (key, value) in messages { try SentMessageTable.put(value, key: key, connection) }
          for (labels, value) in flaps { try FlapTable.put(value, labels: labels, connection) }
          try NotificationTables.add(records, keeping: Self.maximumRecords, connection)
        }
      }
      if tally.storageFailure != nil { logger.info("notifications are stored again") }
      tally.storageFailure = nil
      return .durable
    } catch {
      unsaved.merge(taken)
      if tally.storageFailure == nil {
        logger.error(
          "notifications cannot be stored: they are delivered from memory, and lost at a crash",
          LogField("path", database.path),
          LogField("reason", error.message)
        )
      }
      tally.storageFailure = error.message
      return .memoryOnly(reason: error.message)
    }
  }
}

extension NotificationStore: NotificationQueueing {
  package func commit(_ plan: NotificationPlan) async -> CommitOutcome {
    for group in plan.changedGroups {
      groupsByID[group.id] = group
      unsaved.groups.insert(group.id)
    }
    for id in plan.removedGroups {
      groupsByID[id] = nil
      unsaved.groups.insert(id)
    }
    for history in plan.changedFlaps {
      flapsByLabels[history.alert.labels] = history
      unsaved.flaps.insert(history.alert.labels)
    }
    for labels in plan.removedFlaps {
      flapsByLabels[labels] = nil
      unsaved.flaps.insert(labels)
    }
    for notification in plan.notifications {
      let queued = QueuedNotification(id: nextID, notification: notification)
      nextID += 1
      unsaved.queued.insert(queued.id)
      note(backlog.add(queued))
    }
    return await save()
  }

  private func note(_ addition: NotificationBacklog.Addition) {
    switch addition {
    case .added: break
    case .joined(let earlier, into: let later): unsaved.queued.formUnion([earlier.id, later])
    case .dropped(let victim): noteDropped(victim)
    }
  }

  private func noteDropped(_ victim: QueuedNotification) {
    let reason = BlamelessEnd.queueFull
    unsaved.queued.insert(victim.id)
    unsaved.records.append(
      DeliveryRecord(victim.notification, endedAt: clock.now, failure: reason)
    )
    tally.dropped += 1
    logger.error(
      "a notification is dropped",
      LogField("receiver", victim.notification.integration),
      LogField("group", victim.notification.groupKey),
      LogField("reason", reason)
    )
  }

  package func groups() -> [NotificationGroup] { Array(groupsByID.values) }

  package func flaps() -> [FlapHistory] { Array(flapsByLabels.values) }

  package func next(for integration: IntegrationID, now: Timestamp) -> NextDelivery {
    backlog.next(for: integration, now: now, through: settledID)
  }

  package func integrations() -> Set<IntegrationID> { backlog.integrations }

  package func markDelivered(
    _ ids: [Int64],
    at time: Timestamp,
    leaving message: SentMessage?
  ) async {
    if let first = ids.first, let place = backlog.place(of: first) {
      remember(
        message,
        for: SentMessageKey(integration: place.integration, groupKey: place.groupKey)
      )
    }
    let answer = message.map { "accepted, known there as \($0.reference.text)" } ?? "accepted"
    await end(ids, at: time, failure: nil, answer: answer)
  }

  package func sentMessage(
    about groupKey: String,
    to integration: IntegrationID
  ) -> SentMessage? {
    messages[SentMessageKey(integration: integration, groupKey: groupKey)]
  }

  private func remember(_ message: SentMessage?, for key: SentMessageKey) {
    guard messages[key] != message else { return }
    messages[key] = message
    unsaved.messages.insert(key)
    guard messages.count > Self.maximumMessages else { return }
    // Only messages of groups whose end is never told come to this; one look in a hundred.
    for (key, _) in messages.sorted(by: { $0.value.sentAt < $1.value.sentAt }).prefix(100) {
      messages[key] = nil
      unsaved.messages.insert(key)
    }
  }

  package func deadLetter(_ ids: [Int64], reason: String, at time: Timestamp) async {
    tally.deadLettered += ids.count
    await end(ids, at: time, failure: reason)
  }

  package func postpone(
    _ ids: [Int64],
    until time: Timestamp,
    countsAsAttempt: Bool,
    after failure: FailedTry? = nil
  ) async {
    backlog.postpone(ids, until: time, countsAsAttempt: countsAsAttempt, after: failure)
    unsaved.queued.formUnion(ids)
    _ = await save()
  }

  package func unreached() -> [IntegrationID: Timestamp] {
    var unreached = unreachedBefore
    for queued in backlog.all where queued.attempts > 0 {
      let decided = queued.notification.createdAt
      let id = queued.notification.integration
      unreached[id] = min(unreached[id] ?? decided, decided)
    }
    return unreached
  }

  package func rest(_ ids: [Int64], until time: Timestamp) {
    backlog.postpone(ids, until: time, countsAsAttempt: false, after: nil)
  }

  package func markTold(_ ids: [Int64], by instance: String, at time: Timestamp) async {
    await end(ids, at: time, failure: nil, answer: "told by \(instance)")
  }

  /// Takes over what services call messages that another instance sent; nil forgets the one before.
  package func remember(_ sent: [ToldKey: SentMessage?]) async {
    for (key, message) in sent {
      let own = SentMessageKey(integration: key.integration, groupKey: key.groupKey)
      remember(message, for: own)
    }
    if !unsaved.isEmpty { _ = await save() }
  }

  /// What waits about these groups, oldest first.
  package func waiting(about groupKeys: Set<String>) -> [QueuedNotification] {
    backlog.all.filter { groupKeys.contains($0.notification.groupKey) }
  }

  package func counts() -> QueueCounts {
    var counts = tally
    counts.waiting = backlog.countsByIntegration
    let now = clock.now
    counts.longestDelays = delays.compactMapValues { $0.longest(at: now) }
    counts.oldestWaiting = backlog.longestWaiting?.notification.createdAt
    return counts
  }

  private func end(
    _ ids: [Int64],
    at time: Timestamp,
    failure: String?,
    answer: String = ""
  ) async {
    for ended in backlog.remove(ids) {
      unsaved.queued.insert(ended.id)
      if failure == nil, let delay = ended.notification.delay(takenAt: time) {
        delays[ended.notification.integration, default: DelayWindow()].add(delay, at: time)
      }
      unsaved.records.append(
        DeliveryRecord(
          ended.notification,
          endedAt: time,
          failure: failure,
          answer: answer,
          failedTries: ended.attempts,
          tries: ended.tries
        )
      )
    }
    _ = await save()
  }
}
