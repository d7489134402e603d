// SPDX-License-Identifier: MIT
import Configuration
package import Logging
package import MetricModel

/// Carries queued notifications to their receivers, at least once, in order for each group.
///
/// Each integration is served by a task of its own, so that a slow one delays no other.
package actor Dispatcher {
  /// How long a call under way may take when its receiver is no longer in the settings.
  private static let goneGrace = Duration.seconds(1)

  private let queue: any NotificationQueueing
  private let policy: DeliveryPolicy
  private let clock: any TimeSource
  private let sleeper: any Sleeping
  private let logger: Logger
  private let gate: any DeliveryGating
  private var random: any RandomNumberGenerator & Sendable
  private var integrations: [IntegrationID: Integration] = [:]
  private var lanes: [IntegrationID: Lane] = [:]
  private var recorded: [IntegrationID: DeliveryStatistics] = [:]
  private var patience = Duration.zero
  private var failing: [IntegrationID: Timestamp] = [:]
  /// Those whose last delivery from here failed.
  private var broken: Set<IntegrationID> = []
  private var onFailure: (@Sendable () async -> Void)?
  private var isStopping = false
  private var hasAskedQueue = false

  /// The task of one integration and the way to wake it.
  private struct Lane {
    let task: Task<Void, Never>
    let signal: AsyncStream<Void>.Continuation
    /// The peer wants no message before.
    var blockedUntil: Timestamp?
    var window = RateWindow()
  }

  /// Makes a dispatcher that does nothing before ``serve(_:)``.
  ///
  /// - Parameters:
  ///   - queue: Where notifications wait.
  ///   - policy: How stubborn to be.
  ///   - clock: Tells the time.
  ///   - sleeper: Lets tasks rest.
  ///   - random: Spreads the tries.
  ///   - gate: Knows what other instances on the same cluster tell.
  ///   - logger: Is told of every notification that is delivered late or given up.
  package init(
    queue: any NotificationQueueing,
    policy: DeliveryPolicy = DeliveryPolicy(),
    clock: any TimeSource,
    sleeper: any Sleeping = SystemSleeper(),
    random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
    gate: any DeliveryGating = OpenGate(),
    logger: Logger
  ) {
    self.gate = gate
    self.queue = queue
    self.policy = policy
    self.clock = clock
    self.sleeper = sleeper
    self.random = random
    self.logger = logger
  }

  /// What became of notifications since start, by integration.
  package var statistics: [IntegrationID: DeliveryStatistics] { recorded }

  /// Serves these integrations from now on, at start and after the settings changed.
  ///
  /// What waits for an integration that is not among them is given up; a call under way to one may
  /// end within a second.
  ///
  /// - Parameters:
  ///   - wanted: Whom to deliver to.
  ///   - patience: What is younger is not given up: so long people wait for what is repeated.
  package func serve(_ wanted: [Integration], patience: Duration = .zero) async {
    guard !isStopping else { return }
    self.patience = patience
    integrations = Dictionary(wanted.map { ($0.id, $0) }) { first, _ in first }
    if !hasAskedQueue {
      hasAskedQueue = true
      let known = await queue.unreached()
      failing.merge(known.filter { integrations[$0.key] != nil }) { min($0, $1) }
      broken.formUnion(failing.keys)
    }
    var gone: [Task<Void, Never>] = []
    for (id, lane) in lanes where integrations[id] == nil {
      lanes[id] = nil
      failing[id] = nil
      broken.remove(id)
      lane.signal.finish()
      gone.append(lane.task)
    }
    for id in integrations.keys where lanes[id] == nil { open(id) }
    await end(gone, within: Self.goneGrace)
    for orphan in await queue.integrations() where integrations[orphan] == nil {
      await giveUp(onAllOf: orphan)
    }
  }

  /// The integrations whose last delivery failed, each with the time at which the oldest message
  /// was decided that did not arrive since one did.
  package var unreached: [IntegrationID: Timestamp] { failing }

  /// The places for which something waits and to which the latest message was delivered from here.
  package var steady: [IntegrationID] {
    get async { await queue.integrations().filter { !broken.contains($0) }.sorted() }
  }

  /// Calls this whenever an integration that worked begins to fail.
  package func whenFailing(_ handler: @escaping @Sendable () async -> Void) {
    onFailure = handler
  }

  /// Takes the turn of messages that do not come from the queue, and waits for it if need be.
  ///
  /// - Parameters:
  ///   - id: Whom they are for.
  ///   - count: How many go together.
  ///   - patience: How long to wait at most.
  /// - Returns: Nil when it may be sent now, else when the rate, or the service's own wish, allows it.
  package func takeTurn(
    of id: IntegrationID,
    for count: Int = 1,
    within patience: Duration
  ) async -> Timestamp? {
    let start = clock.now
    while true {
      let now = clock.now
      let rate = integrations[id]?.rate
      let blocked = lanes[id]?.blockedUntil.flatMap { $0 > now ? $0 : nil }
      guard let allowed = blocked ?? lanes[id]?.window.nextAllowed(count, by: rate, now: now)
      else {
        for _ in 0..<count { lanes[id]?.window.note(now, by: rate) }
        return nil
      }
      guard allowed - start <= patience, !Task.isCancelled, !isStopping else { return allowed }
      await sleeper.sleep(for: allowed - now)
    }
  }

  /// Looks at the queue again: call it after every commit.
  package func wake() {
    for lane in lanes.values { lane.signal.yield() }
  }

  /// Stops: calls under way may end within `grace`, then they are cancelled; what was not accepted
  /// stays queued.
  package func stop(grace: Duration) async {
    isStopping = true
    let tasks = lanes.values.map(\.task)
    for lane in lanes.values { lane.signal.finish() }
    lanes = [:]
    await end(tasks, within: grace)
  }

  /// Returns when these tasks are over, which are cancelled after the grace.
  private func end(_ tasks: [Task<Void, Never>], within grace: Duration) async {
    guard !tasks.isEmpty else { return }
    // Ends with this call: cancelled and awaited below.
    let timer = Task { [sleeper] in
      await sleeper.sleep(for: grace)
      for task in tasks { task.cancel() }
    }
    for task in tasks { await task.value }
    timer.cancel()
    await timer.value
  }
}

// MARK: One integration

extension Dispatcher {
  private func open(_ id: IntegrationID) {
    let (signals, signal) = AsyncStream.makeStream(
      of: Void.self,
      bufferingPolicy: .bufferingNewest(1)
    )
    // Ends when `serve` or `stop` finishes the signals; both await it.
    let task = Task { await run(id, signals: signals) }
    lanes[id] = Lane(task: task, signal: signal)
  }

  private func run(_ id: IntegrationID, signals: AsyncStream<Void>) async {
    var signals = signals.makeAsyncIterator()
    while lanes[id] != nil, !Task.isCancelled {
      let now = clock.now
      let rest: Duration?
      if let blocked = lanes[id]?.blockedUntil, blocked > now {
        rest = blocked - now
      } else if let allowed = lanes[id]?.window.nextAllowed(by: integrations[id]?.rate, now: now) {
        rest = allowed - now
      } else {
        switch await queue.next(for: id, now: now) {
        case .ready(let waiting):
          await pass(waiting, to: id)
          continue
        case .waiting(let until): rest = until - now
        case .nothing: rest = nil
        }
      }
      // A clock that was set back must not hold a message for longer than any wait may be.
      let timer = rest.map { rest in startTimer(for: id, after: min(rest, policy.longestPeerWait)) }
      let isSignalled = await signals.next(isolation: self) != nil
      timer?.cancel()
      await timer?.value
      if !isSignalled { return }
    }
  }

  private func startTimer(for id: IntegrationID, after rest: Duration) -> Task<Void, Never> {
    let signal = lanes[id]?.signal
    // Cancelled and awaited by `run` as soon as it is woken.
    return Task { [sleeper] in
      await sleeper.sleep(for: rest)
      // A timer that was cancelled must not wake the lane: it would never rest again.
      if !Task.isCancelled { signal?.yield() }
    }
  }

  /// Delivers what is this instance's to deliver.
  private func pass(_ waiting: [QueuedNotification], to id: IntegrationID) async {
    switch await gate.verdict(on: waiting, now: clock.now) {
    case .deliver: await deliver(waiting, to: id)
    case .rest(let until): await queue.rest(waiting.map(\.id), until: until)
    case .leave(let ids, let teller):
      await queue.markTold(ids, by: teller, at: clock.now)
      // People were reached with that; whether they can be reached from here is not known by it.
      let told = waiting.filter { ids.contains($0.id) }.map(\.notification.createdAt).max()
      if let since = failing[id], let told, since <= told { failing[id] = nil }
    }
  }

  private func deliver(_ waiting: [QueuedNotification], to id: IntegrationID) async {
    guard let integration = integrations[id], let oldest = waiting.first,
      let notification = AlertNotification.combining(
        waiting.map(\.notification),
        wasTried: oldest.attempts > 0
      )
    else { return }
    let ids = waiting.map(\.id)
    recorded[id, default: .init()].requests += 1
    lanes[id]?.window.note(clock.now, by: integration.rate)
    let earlier = await queue.sentMessage(about: notification.groupKey, to: id)
    let reference: MessageReference?
    do throws(DeliveryError) {
      reference = try await integration.receiver.deliver(
        notification,
        notification.relation(to: earlier, now: clock.now)
      )
    } catch {
      // Cancelled by `stop`: nobody knows whether it arrived, so it stays queued as it is.
      guard !Task.isCancelled else { return }
      await handle(error, of: waiting, notification: notification)
      return
    }
    let now = clock.now
    let message = notification.message(called: reference, after: earlier, now: now)
    await gate.noteDelivered(notification, leaving: message, at: now)
    await queue.markDelivered(ids, at: now, leaving: message)
    var statistics = recorded[id] ?? DeliveryStatistics()
    for queued in waiting {
      statistics.recordDelivery(latency: now - queued.notification.createdAt)
    }
    statistics.lastFailure = nil
    recorded[id] = statistics
    failing[id] = nil
    broken.remove(id)
  }

  private func handle(
    _ error: DeliveryError,
    of waiting: [QueuedNotification],
    notification: AlertNotification
  ) async {
    let id = notification.integration
    let ids = waiting.map(\.id)
    let now = clock.now
    recorded[id, default: .init()].lastFailure = error.description
    broken.insert(id)
    let wasFailing = failing[id] != nil
    failing[id] = min(failing[id] ?? oldest(of: waiting, now), oldest(of: waiting, now))
    if !wasFailing { await onFailure?() }
    let age = now - notification.createdAt
    let failures = (waiting.map(\.attempts).max() ?? 0) + 1
    switch error {
    case .permanent(let reason):
      await giveUp(ids, notification, reason: reason)
    case .retryable(let reason, _)
    where age >= max(policy.giveUpAfter, patience) && failures >= policy.triesBeforeGivingUp:
      let text = QuantityText.text(of: age)
      await giveUp(ids, notification, reason: "not delivered for \(text), at last: \(reason)")
    case .retryable(let reason, let wish):
      recorded[id, default: .init()].retried += 1
      let wait: Duration
      if let wish {
        // The limit is the receiver's, so every other message to it waits as well.
        wait = min(max(wish, policy.firstWait), policy.longestPeerWait)
        lanes[id]?.blockedUntil = now + wait
      } else {
        wait = policy.wait(afterFailures: failures, using: &random)
      }
      await queue.postpone(
        ids,
        until: now + wait,
        countsAsAttempt: wish == nil,
        after: FailedTry(at: now, answer: reason)
      )
      logger.warning(
        "a notification was not accepted and will be tried again",
        LogField("receiver", id),
        LogField("group", notification.groupKey),
        LogField("reason", reason),
        LogField("wait_seconds", (wait.inSeconds * 10).rounded() / 10)
      )
    }
  }

  private func oldest(of waiting: [QueuedNotification], _ now: Timestamp) -> Timestamp {
    waiting.map(\.notification.createdAt).min() ?? now
  }

  private func giveUp(_ ids: [Int64], _ notification: AlertNotification, reason: String) async {
    recorded[notification.integration, default: .init()].failed += ids.count
    await queue.deadLetter(ids, reason: reason, at: clock.now)
    logger.error(
      "a notification cannot be delivered and is given up",
      LogField("receiver", notification.integration),
      LogField("group", notification.groupKey),
      LogField("reason", reason)
    )
  }

  private func giveUp(onAllOf orphan: IntegrationID) async {
    // No wait counts: what waits for a later try is given up too.
    while case .ready(let waiting) = await queue.next(for: orphan, now: .distantFuture),
      let newest = waiting.last
    {
      let reason = BlamelessEnd.receiverGone
      await giveUp(waiting.map(\.id), newest.notification, reason: reason)
    }
  }
}
