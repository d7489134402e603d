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
  let clock: any PollClock
  private let logger: Logger
  private let ask: @Sendable (Set<Component>) -> Void
  private let changes: RecentChanges?
  private(set) var planner: NotificationPlanner?
  private(set) var settings: NotificationSettings?
  /// The alerts that rules report; those that others post are in `posted`.
  private(set) var firing: [Alert] = []
  private(set) var takenAt: Timestamp
  /// What other programs post.
  var posted = PostedAlertBook()
  private var silences = SilenceBook()
  private var observer: (@Sendable (_ ended: [Alert]) async -> Void)?
  private let forward: @Sendable (_ firing: [Alert], _ ended: [Alert]) async -> Void
  /// What other instances on the same cluster tell; nil when this one is alone.
  private let peers: PeerKeeper?
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
    ask: @escaping @Sendable (Set<Component>) -> Void = { _ in },
    changes: RecentChanges? = nil,
    peers: PeerKeeper? = nil,
    forward: @escaping @Sendable (_ firing: [Alert], _ ended: [Alert]) async -> Void = { _, _ in }
  ) {
    self.ask = ask
    self.changes = changes
    self.peers = peers
    self.forward = forward
    self.queue = queue
    self.dispatcher = dispatcher
    self.clock = clock
    self.logger = logger
    takenAt = clock.now
  }

  /// Goes on with these settings; nil tells nobody.
  func adopt(_ settings: NotificationSettings?) async {
    hasSettings = settings != nil
    self.settings = settings
    integrations = settings?.integrations.map(\.id) ?? []
    guard let settings else {
      planner = nil
      timer?.cancel()
      endedSinceStep = []
      await dispatcher.serve([])
      return
    }
    if planner == nil {
      planner = NotificationPlanner(
        settings: settings,
        groups: await queue.groups(),
        flaps: await queue.flaps()
      )
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
    takenAt = clock.now
    if let knowledge { self.knowledge = knowledge }
    // Nobody to tell, now or later: a planner that comes takes what is gone as withdrawn.
    if hasSettings { endedSinceStep += ended }
    await step()
    await noteEnd(ofThose: ended)
    await forward(firing, ended)
  }

  /// The rules have seen more answers; alerts that waited for them are told or held back.
  func learn(_ knowledge: ClusterKnowledge) async {
    self.knowledge = knowledge
    guard isAsking else { return }
    await step()
  }

  /// Goes on with what people said of alerts by now.
  func hear(_ silences: SilenceBook) async {
    self.silences = silences
    await step()
  }

  /// Goes on with what other instances told meanwhile: nothing is due sooner for it.
  func hear(_ told: [ToldKey: Timestamp]) {
    planner?.noteTold(told, now: clock.now)
  }

  /// Tells of what ended, after each step that was told of it.
  func observe(_ observer: @escaping @Sendable (_ ended: [Alert]) async -> Void) {
    self.observer = observer
  }

  /// Takes up what ended among the posted alerts, and looks again.
  func noteEnd(of posted: [Alert]) async {
    if hasSettings { endedSinceStep += posted }
    await noteEnd(ofThose: posted)
    await step()
  }

  /// Who works on an alert that flaps goes on with it: it is told as one that fires.
  private func noteEnd(ofThose ended: [Alert]) async {
    let over = ended.filter { planner?.flaps($0.labels) != true }
    if !over.isEmpty { await observer?(over) }
  }

  /// What keeps each alert that fires from being told by itself, if anything does.
  var standings: [LabelSet: AlertStanding] { planner?.standings ?? [:] }

  /// How many alerts flap, and how often one began to.
  var flapping: (count: Int, beginnings: Int) {
    (planner?.flappingCount ?? 0, planner?.flapBeginnings ?? 0)
  }

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
    changes?.note(firing, standings, at: clock.now)
  }

  private func stepOnce() async {
    let unreached = unreachedReceivers(await dispatcher.unreached)
    guard !isStopped else { return }
    let now = clock.now
    let over = posted.end(at: now)
    guard var planner else { return }
    let alerts = firing + posted.firing + endedSinceStep + over
    endedSinceStep = []
    let before = planner
    var plan = planner.step(
      alerts: alerts.withDistinctLabels,
      silences: silences,
      unreached: unreached,
      knowledge: knowledge,
      now: now
    )
    self.planner = planner
    if let peers, !plan.isEmpty, await peers.isSharing {
      plan = await peers.prepare(plan, ends: planner.silentEnds(since: before, plan))
    }
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
    await noteEnd(ofThose: over)
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
    let deadlines = [planner?.nextDeadline, posted.nextEnd].compactMap { $0 }
    guard !isStopped, let deadline = deadlines.min() else { return }
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
  var withDistinctLabels: [Alert] {
    var chosen: [LabelSet: Alert] = [:]
    for alert in self {
      if let known = chosen[alert.labels], !known.isResolved || alert.isResolved { continue }
      chosen[alert.labels] = alert
    }
    return Array(chosen.values)
  }
}
