// SPDX-License-Identifier: MIT
import Configuration
import Logging
import MetricModel
import Notifying
import Polling
import PromQL
import Rules
import SeriesStore
import Synchronization
import TestSupport

@testable import Daemon

/// A rule runner over a real store, with a clock that can be set and doubles behind it.
final class RuleHarness: Sendable {
  let sink = MemorySink()
  let clock = SetClock()
  let states = HeldStates()
  let queue = PlanQueue()
  let notifications: NotificationRunner
  let runner: RuleRunner
  let latest = LatestSamples()
  static let guestUp = MetricDefinition("guest_up", .gauge, labels: ["id"], help: "A guest runs.")
  private let ingest: Ingest
  private let folder: TemporaryFolder
  private let store: SampleStore

  init() async throws {
    folder = try TemporaryFolder()
    let logger = Logger(area: "test", threshold: .debug, sink: sink)
    store = try SampleStore.open(path: folder.file("samples.sqlite"), time: clock)
    let listener = Mutex<RuleRunner?>(nil)
    let box = Box(listener)
    ingest = Ingest(
      catalog: MetricCatalog(SelfMetrics.all + IngestMetrics.all + [Self.guestUp]),
      cluster: "test",
      store: store,
      latest: latest,
      logger: logger,
      observer: { event in box.runner.withLock { $0 }?.note(event) }
    )
    notifications = NotificationRunner(
      queue: queue,
      dispatcher: Dispatcher(queue: queue, clock: clock, logger: logger),
      clock: clock,
      logger: logger
    )
    runner = RuleRunner(
      RuleRunner.Surroundings(
        ingest: ingest,
        reading: store,
        engine: QueryEngine(),
        flush: {},
        states: states,
        notifications: notifications,
        clock: clock,
        logger: logger
      )
    )
    box.runner.withLock { $0 = runner }
  }

  private final class Box: Sendable {
    let runner: Mutex<RuleRunner?>
    init(_ runner: consuming Mutex<RuleRunner?>) { self.runner = runner }
  }

  /// Tells everything to a receiver that takes it, without waiting.
  func tellEverything() async {
    let id = IntegrationID(receiver: "hook", kind: "test")
    let timing = GroupTiming(wait: .zero, interval: .seconds(60), repetition: .seconds(3_600))
    await notifications.adopt(
      NotificationSettings(
        root: Route(receiver: "hook", timing: timing),
        integrations: [Integration(id: id, receiver: SilentReceiver())]
      )
    )
  }

  func start(_ rules: String) async throws {
    let set = try RuleSet(reading: [RuleSet.File(name: "rules.yml", text: Array(rules.utf8))])
    let restored = RestoredAlerts(instances: [], heldUntil: .distantPast)
    await runner.start(set, templateValues: RuleTemplateValues(), restored: restored)
  }

  /// Lets a sample arrive: rules look at once when its series is new, else when they have time.
  func record(_ metric: String) {
    ingest.record(ruleValues: [(LabelSet(metric: metric, [:]), 1)], at: clock.now)
  }

  /// Lets a poll of a target with parts arrive.
  func poll(_ samples: [CollectedSample]) {
    let target = Target(instance: "cluster", collector: SelfCollector { [] }, poll: PollSettings())
    ingest.record(
      PollRecord(
        target: target,
        time: clock.now,
        duration: .zero,
        outcome: .success(Collection(samples: samples)),
        counts: PollCounts()
      )
    )
  }

  /// A figure that the runner tells of a group.
  func figure(_ metric: MetricDefinition, of group: String) async -> Double? {
    await runner.samples()
      .first { $0.definition == metric && $0.labels["group"] == group }?.value
  }

  func stop() async throws {
    states.release()
    await runner.stop()
    await notifications.stop(grace: .zero)
    try await store.close()
  }
}

private struct SilentReceiver: Receiver {
  func deliver(
    _ notification: AlertNotification,
    _ relation: MessageRelation
  ) async throws(DeliveryError) -> MessageReference? { nil }
}

/// The system's clock, set forward or back by a test; sleeps last as long as they were meant to.
final class SetClock: PollClock {
  private let system = SystemClock()
  private let shift = Mutex(Duration.zero)
  private let sleeping = Mutex<[Timestamp]>([])

  var now: Timestamp { system.now + shift.withLock { $0 } }
  /// Until when somebody sleeps whose sleep has begun.
  var sleepers: [Timestamp] { sleeping.withLock { $0 } }
  var uptime: Duration { system.uptime }

  func set(by span: Duration) { shift.withLock { $0 += span } }

  func sleep(until instant: Timestamp) async {
    let end = instant - shift.withLock { $0 }
    sleeping.withLock { $0.append(instant) }
    await system.sleep(until: end)
    sleeping.withLock { sleeping in
      if let index = sleeping.firstIndex(of: instant) { sleeping.remove(at: index) }
    }
  }
}

/// A store of alert states whose first write that says something waits until it is let go.
final class HeldStates: AlertStateStoring {
  private struct State {
    var isHolding = false
    var isReleased = true
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// A write waits.
  var isHeld: Bool { state.withLock { $0.waiter != nil } }

  /// Holds the next write.
  func hold() {
    state.withLock { $0.isReleased = false }
  }

  func release() {
    let waiter = state.withLock { state in
      state.isReleased = true
      return state.waiter.take()
    }
    waiter?.resume()
  }

  func load() async throws(AlertStateError) -> [StoredAlertInstance] { [] }

  func save(_ changes: AlertStateChanges) async throws(AlertStateError) {
    await withCheckedContinuation { continuation in
      let goesOn = state.withLock { state in
        guard !state.isReleased, !state.isHolding else { return true }
        state.isHolding = true
        state.waiter = continuation
        return false
      }
      if goesOn { continuation.resume() }
    }
  }
}

/// Keeps what the planner decided, and delivers nothing.
actor PlanQueue: NotificationQueueing {
  private(set) var plans: [NotificationPlan] = []

  func commit(_ plan: NotificationPlan) -> CommitOutcome {
    plans.append(plan)
    return .durable
  }

  func groups() -> [NotificationGroup] { [] }
  func flaps() -> [FlapHistory] { [] }
  func next(for integration: IntegrationID, now: Timestamp) -> NextDelivery { .nothing }
  func integrations() -> Set<IntegrationID> { [] }
  func markDelivered(_ ids: [Int64], at time: Timestamp, leaving message: SentMessage?) {}
  func sentMessage(about groupKey: String, to integration: IntegrationID) -> SentMessage? { nil }
  func postpone(
    _ ids: [Int64],
    until time: Timestamp,
    countsAsAttempt: Bool,
    after failure: FailedTry?
  ) {}
  func rest(_ ids: [Int64], until time: Timestamp) {}
  func markTold(_ ids: [Int64], by instance: String, at time: Timestamp) {}
  func deadLetter(_ ids: [Int64], reason: String, at time: Timestamp) {}
  func counts() -> QueueCounts { QueueCounts() }
}
