// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Notifying
import Polling
import Rules
import Topology

/// Steps the planner when alerts arrive and when a group's time has come, and hands what it decides
/// to the durable queue.
actor NotificationRunner {
  private let queue: any NotificationQueueing
  private let dispatcher: Dispatcher
  private let clock: any PollClock
  private let logger: Logger
  private let ask: @Sendable (Set<Component>) -> Void
  private var planner: NotificationPlanner?
  private(set) var firing: [Alert] = []
  /// What ended since the last step: told to the planner once.
  private(set) var endedSinceStep: [Alert] = []
  private var hasSettings = false
  private var integrations: [IntegrationID] = []
  private var knowledge: ClusterKnowledge?
  private var timer: Task<Void, Never>?
  private var isStopped = false
  private var isStepping = false
  private var isStepWanted = false

  init(
    queue: any NotificationQueueing,
    dispatcher: Dispatcher,
    clock: any PollClock,
    logger: Logger,
    ask: @escaping @Sendable (Set<Component>) -> Void = { _ in }
  ) {
    self.ask = ask
    self.queue = queue
    self.dispatcher = dispatcher
    self.clock = clock
    self.logger = logger
  }

  /// Goes on with these settings; nil tells nobody.
  func adopt(_ settings: NotificationSettings?) async {
    hasSettings = settings != nil
    integrations = settings?.integrations.map(\.id) ?? []
    guard let settings else {
      planner = nil
      timer?.cancel()
      endedSinceStep = []
      await dispatcher.serve([])
      return
    }
    if planner == nil {
      planner = NotificationPlanner(settings: settings, groups: await queue.groups())
    } else {
      planner?.adopt(settings)
    }
    await dispatcher.whenFailing { [weak self] in await self?.step() }
    await dispatcher.serve(settings.integrations, patience: settings.longestRepetition)
    await step()
  }

  /// Takes everything that fires, each label set once, and what ended since the last call.
  ///
  /// - Parameters:
  ///   - firing: The alerts as the rules report them.
  ///   - ended: Those that fire no more.
  ///   - knowledge: How the cluster stands as those rules saw it; nil leaves it as it was.
  func take(firing: [Alert], ended: [Alert], knowledge: ClusterKnowledge? = nil) async {
    self.firing = firing
    if let knowledge { self.knowledge = knowledge }
    // Nobody to tell, now or later: a planner that comes takes what is gone as withdrawn.
    if hasSettings { endedSinceStep += ended }
    await step()
  }

  /// The rules have seen more answers; alerts that waited for them are told or held back.
  func learn(_ knowledge: ClusterKnowledge) async {
    self.knowledge = knowledge
    guard isAsking else { return }
    await step()
  }

  /// What keeps each alert that fires from being told by itself, if anything does.
  var standings: [LabelSet: AlertStanding] { planner?.standings ?? [:] }

  /// The alerts that fire and what is told of each, as JSON.
  func explanations() -> [UInt8] { ExplainedAlerts.json(firing, standings) }

  private var isAsking: Bool {
    standings.values.contains { standing in
      if case .asking = standing { true } else { false }
    }
  }

  /// Stops stepping, then gives deliveries under way the grace to end; what is left stays queued.
  func stop(grace: Duration) async {
    isStopped = true
    timer?.cancel()
    await dispatcher.stop(grace: grace)
  }

  /// Steps one at a time: a plan must be stored before the next one, which builds on it.
  private func step() async {
    guard !isStepping else {
      isStepWanted = true
      return
    }
    isStepping = true
    repeat {
      isStepWanted = false
      await stepOnce()
    } while isStepWanted
    isStepping = false
  }

  private func stepOnce() async {
    let unreached = unreachedReceivers(await dispatcher.unreached)
    guard !isStopped, var planner else { return }
    let alerts = firing + endedSinceStep
    endedSinceStep = []
    let plan = planner.step(
      alerts: alerts.withDistinctLabels,
      unreached: unreached,
      knowledge: knowledge,
      now: clock.now
    )
    self.planner = planner
    if !planner.questions.isEmpty { ask(planner.questions) }
    if !plan.isEmpty {
      if case .memoryOnly(let reason) = await queue.commit(plan) {
        logger.error(
          "messages cannot be written to disk; they are sent from memory",
          LogField("error", reason)
        )
      }
      if !plan.notifications.isEmpty { await dispatcher.wake() }
    }
    setTimer()
  }

  /// The receivers of which no integration takes messages; the time is that of the oldest message
  /// that none took.
  private func unreachedReceivers(_ failing: [IntegrationID: Timestamp]) -> [String: Timestamp] {
    guard !failing.isEmpty else { return [:] }
    return Dictionary(grouping: integrations, by: \.receiver).compactMapValues { ids in
      let times = ids.compactMap { failing[$0] }
      return times.count == ids.count ? times.max() : nil
    }
  }

  private func setTimer() {
    timer?.cancel()
    guard !isStopped, let deadline = planner?.nextDeadline else { return }
    // Replaced or cancelled by the next step, cancelled by `stop()`.
    timer = Task { [clock] in
      await clock.sleep(until: deadline)
      guard !Task.isCancelled else { return }
      await self.step()
    }
  }
}

extension [Alert] {
  /// One alert for each label set: the one that fires, else the first.
  fileprivate var withDistinctLabels: [Alert] {
    var chosen: [LabelSet: Alert] = [:]
    for alert in self {
      if let known = chosen[alert.labels], !known.isResolved || alert.isResolved { continue }
      chosen[alert.labels] = alert
    }
    return Array(chosen.values)
  }
}
