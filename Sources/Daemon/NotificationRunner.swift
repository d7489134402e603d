// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Notifying
import Polling
import Rules

/// Steps the planner when alerts arrive and when a group's time has come, and hands what it decides
/// to the durable queue.
actor NotificationRunner {
  private let queue: any NotificationQueueing
  private let dispatcher: Dispatcher
  private let clock: any PollClock
  private let logger: Logger
  private var planner: NotificationPlanner?
  private(set) var firing: [Alert] = []
  /// What ended since the last step: told to the planner once.
  private(set) var endedSinceStep: [Alert] = []
  private var hasSettings = false
  private var timer: Task<Void, Never>?
  private var isStopped = false
  private var isStepping = false
  private var isStepWanted = false

  init(
    queue: any NotificationQueueing,
    dispatcher: Dispatcher,
    clock: any PollClock,
    logger: Logger
  ) {
    self.queue = queue
    self.dispatcher = dispatcher
    self.clock = clock
    self.logger = logger
  }

  /// Goes on with these settings; nil tells nobody.
  func adopt(_ settings: NotificationSettings?) async {
    hasSettings = settings != nil
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
    await dispatcher.serve(settings.integrations)
    await step()
  }

  /// Takes everything that fires, each label set once, and what ended since the last call.
  func take(firing: [Alert], ended: [Alert]) async {
    self.firing = firing
    // Nobody to tell, now or later: a planner that comes takes what is gone as withdrawn.
    if hasSettings { endedSinceStep += ended }
    await step()
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
    guard !isStopped, var planner else { return }
    let alerts = firing + endedSinceStep
    endedSinceStep = []
    let plan = planner.step(alerts: alerts.withDistinctLabels, now: clock.now)
    self.planner = planner
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
