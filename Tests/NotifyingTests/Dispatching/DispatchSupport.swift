// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Notifying
import Synchronization
import TestSupport

/// Rests until a test moves the time; moves the clock with it.
final class ManualSleeper: Sleeping {
  private struct State {
    var sleepers: [Int: (deadline: Timestamp, continuation: CheckedContinuation<Void, Never>)] = [:]
    var next = 0
    var cancelled: Set<Int> = []
    var watchers: [CheckedContinuation<Void, Never>] = []
  }

  let clock: ManualTimeSource
  private let state = Mutex(State())

  init(_ clock: ManualTimeSource) { self.clock = clock }

  func sleep(for span: Duration) async {
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let watchers = state.withLock { state -> [CheckedContinuation<Void, Never>] in
          guard state.cancelled.remove(id) == nil else {
            continuation.resume()
            return []
          }
          state.sleepers[id] = (clock.now + span, continuation)
          defer { state.watchers = [] }
          return state.watchers
        }
        for watcher in watchers { watcher.resume() }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        let sleeper = state.sleepers.removeValue(forKey: id)
        if sleeper == nil { state.cancelled.insert(id) }
        return sleeper
      }
      sleeper?.continuation.resume()
    }
  }

  /// Waits until somebody rests; the span of the shortest rest.
  func nextRest() async -> Duration {
    while true {
      if let first = state.withLock({ $0.sleepers.values.map(\.deadline).min() }) {
        return first - clock.now
      }
      await withCheckedContinuation { continuation in
        let isLate = state.withLock { state in
          guard state.sleepers.isEmpty else { return true }
          state.watchers.append(continuation)
          return false
        }
        if isLate { continuation.resume() }
      }
    }
  }

  /// Moves the time and wakes those whose rest is over.
  func advance(by span: Duration) {
    clock.advance(by: span)
    let now = clock.now
    let woken = state.withLock { state in
      let woken = state.sleepers.filter { $0.value.deadline <= now }
      for id in woken.keys { state.sleepers[id] = nil }
      return woken.values.map(\.continuation)
    }
    for continuation in woken { continuation.resume() }
  }
}

/// Keeps notifications in memory only.
actor MemoryQueue: NotificationQueueing {
  private var backlog = NotificationBacklog()
  private var kept: [GroupID: NotificationGroup] = [:]
  private var nextID: Int64 = 1
  private(set) var deadLetters: [String] = []
  private(set) var toldElsewhere: [String] = []
  private(set) var messages: [String: SentMessage] = [:]
  private var tally = QueueCounts()

  func commit(_ plan: NotificationPlan) -> CommitOutcome {
    for group in plan.changedGroups { kept[group.id] = group }
    for id in plan.removedGroups { kept[id] = nil }
    for notification in plan.notifications {
      let queued = QueuedNotification(id: nextID, notification: notification)
      if case .dropped = backlog.add(queued) { tally.dropped += 1 }
      nextID += 1
    }
    return .durable
  }

  func groups() -> [NotificationGroup] { Array(kept.values) }

  func flaps() -> [FlapHistory] { [] }

  func next(for integration: IntegrationID, now: Timestamp) -> NextDelivery {
    backlog.next(for: integration, now: now)
  }

  func integrations() -> Set<IntegrationID> { backlog.integrations }

  func markDelivered(_ ids: [Int64], at time: Timestamp, leaving message: SentMessage?) {
    for ended in backlog.remove(ids) { messages[ended.notification.groupKey] = message }
  }

  func sentMessage(about groupKey: String, to integration: IntegrationID) -> SentMessage? {
    messages[groupKey]
  }

  func postpone(
    _ ids: [Int64],
    until time: Timestamp,
    countsAsAttempt: Bool,
    after failure: FailedTry?
  ) {
    backlog.postpone(ids, until: time, countsAsAttempt: countsAsAttempt, after: failure)
  }

  /// What was not reached before this queue came to be.
  var unreachedBefore: [IntegrationID: Timestamp] = [:]

  func unreached() -> [IntegrationID: Timestamp] { unreachedBefore }

  func begin(with unreached: [IntegrationID: Timestamp]) { unreachedBefore = unreached }

  /// The tries that failed of what waits.
  var tries: [[FailedTry]] { backlog.all.map(\.tries) }

  func rest(_ ids: [Int64], until time: Timestamp) {
    backlog.postpone(ids, until: time, countsAsAttempt: false, after: nil)
  }

  func markTold(_ ids: [Int64], by instance: String, at time: Timestamp) {
    toldElsewhere += backlog.remove(ids).map { _ in instance }
  }

  func deadLetter(_ ids: [Int64], reason: String, at time: Timestamp) {
    deadLetters += backlog.remove(ids).map { _ in reason }
  }

  func counts() -> QueueCounts {
    var counts = tally
    counts.waiting = backlog.countsByIntegration
    return counts
  }

  var waiting: Int { backlog.count }
}

/// Answers as a test says and hands every notification it got to the test.
final class ScriptedReceiver: Receiver {
  private let answers: Mutex<[DeliveryError?]>
  private let told = Mutex<[MessageRelation]>([])
  private let calls: AsyncStream<AlertNotification>.Continuation
  let received: AsyncStream<AlertNotification>
  /// Holds every call until it is opened.
  let gate: Gate?

  init(_ answers: [DeliveryError?] = [], gate: Gate? = nil) {
    self.answers = Mutex(answers)
    self.gate = gate
    (received, calls) = AsyncStream.makeStream()
  }

  /// How each message related to the one before it.
  var relations: [MessageRelation] { told.withLock { $0 } }

  func deliver(
    _ notification: AlertNotification,
    _ relation: MessageRelation
  ) async throws(DeliveryError) -> MessageReference? {
    told.withLock { $0.append(relation) }
    calls.yield(notification)
    await gate?.pass()
    if Task.isCancelled { throw .retryable(reason: "cancelled", notBefore: nil) }
    let answer = answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    if let answer { throw answer }
    if case .replacing(let reference) = relation { return reference }
    return MessageReference(notification.eventID)
  }
}

/// Lets nobody pass before it is opened, and cancelled tasks at once.
final class Gate: Sendable {
  private let stream: AsyncStream<Void>
  private let opening: AsyncStream<Void>.Continuation

  init() { (stream, opening) = AsyncStream.makeStream() }

  func open() { opening.finish() }

  func pass() async { for await _ in stream {} }
}

/// Always draws the largest number, so that waits are full.
struct LargestRandom: RandomNumberGenerator {
  mutating func next() -> UInt64 { .max }
}

/// A dispatcher with all that a test moves.
struct DispatchBench {
  let clock = ManualTimeSource(time(0))
  let sleeper: ManualSleeper
  let queue = MemoryQueue()
  let log = MemorySink()
  let dispatcher: Dispatcher

  init(policy: DeliveryPolicy = DeliveryPolicy(), gate: any DeliveryGating = OpenGate()) {
    sleeper = ManualSleeper(clock)
    dispatcher = Dispatcher(
      queue: queue,
      policy: policy,
      clock: clock,
      sleeper: sleeper,
      random: LargestRandom(),
      gate: gate,
      logger: Logger(area: "notifying", sink: log)
    )
  }

  func queue(_ notifications: AlertNotification...) async {
    var plan = NotificationPlan()
    plan.notifications = notifications
    _ = await queue.commit(plan)
    await dispatcher.wake()
  }
}

func notification(
  _ group: String,
  _ alerts: [NotifiedAlert] = [NotifiedAlert(alert(), isNew: true)],
  to receiver: String = "chat",
  sequence: Int = 1,
  reason: NotificationReason = .firing,
  at seconds: Double = 0
) -> AlertNotification {
  AlertNotification(
    eventID: "\(receiver)-\(group)-\(sequence)",
    integration: IntegrationID(receiver: receiver, kind: "test"),
    groupKey: group,
    groupLabels: .empty,
    sequence: sequence,
    reason: reason,
    alerts: alerts,
    createdAt: time(seconds)
  )
}

func integration(_ receiver: any Receiver, _ name: String = "chat") -> Integration {
  Integration(id: IntegrationID(receiver: name, kind: "test"), receiver: receiver)
}
