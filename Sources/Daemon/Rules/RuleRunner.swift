// SPDX-License-Identifier: MIT
import Configuration
import Logging
import MetricModel
import Polling
import PromQL
import Rules
import Synchronization

/// Evaluates rule groups when the samples they read have arrived, and at the latest at their
/// interval.
actor RuleRunner {
  /// What the runner is given.
  struct Surroundings: Sendable {
    let ingest: Ingest
    let reading: any SeriesReading
    let engine: QueryEngine
    /// Makes the samples safe that were recorded so far; returns in time also when the disk does not.
    let flush: @Sendable () async -> Void
    let states: any AlertStateStoring
    let notifications: NotificationRunner
    /// What is made of the samples besides rules; nil makes nothing.
    var topology: TopologyWork?
    let clock: any PollClock
    let logger: Logger
  }

  /// The knowledge of the cluster that goes with the samples.
  struct TopologyWork: Sendable {
    let keeper: TopologyKeeper
    let asker: DependencyAsker
  }

  /// Samples that change no target's state may wait this long, so that a group that reads many
  /// targets is not evaluated after each poll of each.
  private static let calmWait = Duration.seconds(2)
  /// The distance of evaluations of a group that names none; as in Prometheus.
  static let intervalStandard = Duration.seconds(60)
  /// A group is not evaluated sooner than this after the last time, whatever arrives: a rule that
  /// reads its own series could keep itself busy without end.
  private static let distanceMin = Duration.milliseconds(100)
  /// The longest one evaluation of a group may take.
  private static let timeout = Duration.seconds(30)

  /// When a group is to be evaluated.
  private struct Schedule {
    let inputs: RuleInputs
    let slots: PollSlots
    let interval: Duration
    var due: Timestamp
    /// Something has arrived that its rules have not seen.
    var isForwarded = false
    var evaluations = 0
    /// Slots that went by while the rules were busy.
    var missed = 0
    /// The uptime of the last evaluation.
    var evaluatedAt: Duration?
  }

  /// What evaluations and reloads lead to outside; both wait for the disk, and what one of them saw
  /// must not be told after what the other did.
  private struct Outgoing {
    var changes = AlertStateChanges()
    var ended: [Alert] = []
  }

  private let surroundings: Surroundings
  private let mailbox = EventMailbox()
  private var evaluator: RuleSetEvaluator?
  private var schedules: [Schedule] = []
  private var templateValues = RuleTemplateValues()
  private var reported: [String: Set<String>] = [:]
  private var outgoing: Outgoing?
  private var isPublishing = false
  /// When the targets were settled whose samples all rules have seen.
  private var settled: [String: Timestamp] = [:]
  private let loop = Mutex<Task<Void, Never>?>(nil)
  /// The groups for who looks on: a long evaluation holds the actor.
  private let shown = Mutex<[RuleGroupEvaluator]>([])
  /// When samples that may wait are looked at; nil when none wait.
  private(set) var calmDue: Timestamp?
  /// When the cluster is looked at anew; nil when nothing calls for it.
  private var topologyDue: Timestamp?

  init(_ surroundings: Surroundings) {
    self.surroundings = surroundings
  }

  /// Tells that samples have arrived; returns at once, on any thread.
  nonisolated func note(_ event: IngestEvent) {
    mailbox.put(event)
  }

  /// Takes up the instances from before a restart and begins to evaluate.
  func start(
    _ rules: RuleSet,
    templateValues: RuleTemplateValues,
    restored: RestoredAlerts
  ) async {
    let now = surroundings.clock.now
    let (evaluator, ended) = RuleSetEvaluator.restoring(rules, from: restored, at: now)
    self.templateValues = templateValues
    await adopt(evaluator, ended, at: now)
    // Ended and awaited by `stop()`.
    let task = Task { await run() }
    loop.withLock { $0 = task }
  }

  /// Goes on with other rules; those that say the same keep their state.
  func replaceRules(with rules: RuleSet, templateValues: RuleTemplateValues) async {
    guard var evaluator else { return }
    let now = surroundings.clock.now
    let ended = evaluator.replaceRules(with: rules, at: now)
    self.templateValues = templateValues
    await adopt(evaluator, ended, at: now)
  }

  /// Not on the actor, which a long evaluation holds: it is to be ended, not waited for.
  nonisolated func stop() async {
    let task = loop.withLock { $0 }
    task?.cancel()
    await task?.value
  }

  /// Every group as its last evaluation left it.
  nonisolated var groups: [RuleGroupEvaluator] { shown.withLock { $0 } }

  /// What there is to tell of the groups.
  func samples() -> [CollectedSample] {
    guard let evaluator else { return [] }
    return zip(evaluator.groups, schedules).flatMap { group, schedule in
      let labels = ["group": group.group.name]
      let failing = group.statuses.count { status in
        if case .failed = status.health { true } else { false }
      }
      return [
        CollectedSample(SelfMetrics.groupDuration, group.took.inSeconds, labels),
        CollectedSample(SelfMetrics.groupEvaluations, Double(schedule.evaluations), labels),
        CollectedSample(SelfMetrics.groupMissed, Double(schedule.missed), labels),
        CollectedSample(SelfMetrics.groupFailing, Double(failing), labels),
      ]
    }
  }

  private func adopt(_ evaluator: RuleSetEvaluator, _ ended: EndedRules, at now: Timestamp) async {
    self.evaluator = evaluator
    shown.withLock { $0 = evaluator.groups }
    schedules = evaluator.groups.map { group in
      let name = "\(group.group.file)/\(group.group.name)"
      let interval = group.group.interval ?? Self.intervalStandard
      let slots = PollSlots(key: name, interval: interval)
      return Schedule(
        inputs: group.group.inputs,
        slots: slots,
        interval: interval,
        due: slots.next(after: now)
      )
    }
    write(ended.samples)
    await publish(ended.changes, ended: ended.resolved)
  }

  /// Stores the changes, then tells what fires by then; one at a time and in order, so that what
  /// comes meanwhile is taken along by who publishes already.
  private func publish(_ changes: AlertStateChanges, ended: [Alert]) async {
    var news = outgoing ?? Outgoing()
    news.changes.append(changes)
    news.ended += ended
    outgoing = news
    guard !isPublishing else { return }
    isPublishing = true
    while let next = outgoing {
      outgoing = nil
      await store(next.changes)
      await surroundings.notifications.take(
        firing: evaluator?.firing ?? [],
        ended: next.ended,
        knowledge: surroundings.topology?.asker.knowledge(
          settled: settled,
          at: surroundings.clock.now
        )
      )
    }
    isPublishing = false
  }

  private func run() async {
    while !Task.isCancelled {
      let due = schedules.map(\.due).min() ?? .distantFuture
      let look =
        surroundings.topology == nil
        ? .distantFuture : surroundings.clock.now + TopologyKeeper.interval
      let wake = min(due, look, calmDue ?? .distantFuture, topologyDue ?? .distantFuture)
      _ = await mailbox.waker.sleep(until: wake, clock: surroundings.clock)
      guard !Task.isCancelled else { return }
      let now = surroundings.clock.now
      pullBackFutureTimes(to: now)
      // Read before the samples: what is settled by now has left its samples already.
      let answers = surroundings.topology?.asker.settled() ?? [:]
      takeNews(at: now)
      for index in schedules.indices where index < schedules.count && schedules[index].due <= now {
        await evaluate(index)
        guard !Task.isCancelled else { return }
      }
      await conclude(answers)
    }
  }

  /// Finds out which groups have something new to read.
  private func takeNews(at now: Timestamp) {
    var urgent = mailbox.takeUrgent()
    var calm: Set<String> = []
    if let end = calmDue, end <= now {
      calm = mailbox.takeCalm()
      calmDue = nil
    }
    if let keeper = surroundings.topology?.keeper {
      if mailbox.takeTopologyNews() || keeper.isOld, topologyDue == nil {
        topologyDue = now + max(.zero, keeper.restsUntil - surroundings.clock.uptime)
      }
      if let due = topologyDue, due <= now {
        topologyDue = nil
        keeper.refresh()
        urgent.formUnion(mailbox.takeUrgent())
      }
    }
    bringForward(readersOf: urgent, to: now)
    bringForward(readersOf: calm, to: now)
    if calmDue == nil, mailbox.hasCalm { calmDue = now + Self.calmWait }
  }

  /// Lets messages that wait for answers go, once all rules have seen what was answered.
  private func conclude(_ answers: [String: Timestamp]) async {
    guard let topology = surroundings.topology, topologyDue == nil,
      !schedules.contains(where: \.isForwarded)
    else { return }
    settled = answers
    let now = surroundings.clock.now
    await surroundings.notifications.learn(topology.asker.knowledge(settled: answers, at: now))
  }

  /// Without this a clock that was set back would stop all rules until it has caught up.
  private func pullBackFutureTimes(to now: Timestamp) {
    for index in schedules.indices {
      schedules[index].due = min(schedules[index].due, schedules[index].slots.next(after: now))
    }
    calmDue = calmDue.map { min($0, now + Self.calmWait) }
    topologyDue = topologyDue.map { min($0, now + Self.calmWait) }
  }

  /// Makes the groups due that read what has arrived.
  private func bringForward(readersOf metricNames: Set<String>, to now: Timestamp) {
    for index in schedules.indices where metricNames.containsAny(of: schedules[index].inputs) {
      schedules[index].isForwarded = true
      guard schedules[index].due > now else { continue }
      let since = schedules[index].evaluatedAt.map { surroundings.clock.uptime - $0 }
      let wait = max(.zero, Self.distanceMin - (since ?? Self.distanceMin))
      schedules[index].due = min(schedules[index].due, now + wait)
    }
  }

  private func evaluate(_ index: Int) async {
    guard var evaluator, index < evaluator.groups.count else { return }
    let now = surroundings.clock.now
    schedules[index].missed += Int((now - schedules[index].due) / schedules[index].interval)
    schedules[index].due = schedules[index].slots.next(after: now)
    schedules[index].isForwarded = false
    schedules[index].evaluations += 1
    schedules[index].evaluatedAt = surroundings.clock.uptime
    let unreachable = UnreachableTargets(
      surroundings.ingest.unreachableTargets,
      parts: surroundings.ingest.unreachableParts,
      series: surroundings.ingest.withheldSeries
    )
    let querying = StoredSeriesQuerying(
      engine: surroundings.engine,
      reading: surroundings.reading,
      deadline: .after(Self.timeout, orCancellationOn: surroundings.clock)
    )
    let context = RuleEvaluationContext(
      querying: querying,
      templateValues: templateValues,
      isUnreachable: { unreachable.contains($0) },
      clock: { [surroundings] in surroundings.clock.uptime },
      append: { [surroundings] samples in surroundings.ingest.record(samples) }
    )
    // Nothing is awaited between reading and writing the evaluator: a reload cannot come between.
    let outcome = evaluator.evaluateGroup(index, at: now, using: context)
    self.evaluator = evaluator
    let group = evaluator.groups[index]
    shown.withLock { $0[index] = group }
    // A stop ends long queries, which is no fault of their rules.
    if !Task.isCancelled { report(group) }
    await publish(outcome.changes, ended: outcome.resolved)
  }

  /// Logs each failing rule when its failure begins.
  private func report(_ group: RuleGroupEvaluator) {
    var failing: Set<String> = []
    for (rule, status) in zip(group.group.rules, group.statuses) {
      guard case .failed(let error) = status.health else { continue }
      failing.insert(rule.identity.key)
      guard reported[group.key]?.contains(rule.identity.key) != true else { continue }
      surroundings.logger.error(
        "rule cannot be evaluated; its alerts stay as they were",
        LogField("group", group.group.name),
        LogField("rule", rule.identity.name),
        LogField("error", error)
      )
    }
    reported[group.key] = failing
  }

  /// Stores a decision, after the samples that led to it: without them a restart would decide on
  /// those before, and tell what is over once more.
  private func store(_ changes: AlertStateChanges) async {
    guard !changes.isEmpty else { return }
    await surroundings.flush()
    do throws(AlertStateError) {
      try await surroundings.states.save(changes)
    } catch {
      surroundings.logger.error(
        "alert states cannot be stored; a restart would forget them",
        LogField("error", error.reason)
      )
    }
  }

  private func write(_ samples: RuleSamples) {
    guard !samples.values.isEmpty else { return }
    surroundings.ingest.record(samples)
  }
}

extension Set<String> {
  fileprivate func containsAny(of inputs: RuleInputs) -> Bool {
    inputs.readsAll ? !isEmpty : !isDisjoint(with: inputs.metricNames)
  }
}

extension RuleGroupEvaluator {
  /// Identifies the group among all files.
  fileprivate var key: String { "\(group.file)/\(group.name)" }
}

extension Ingest {
  fileprivate func record(_ samples: RuleSamples) {
    record(ruleValues: samples.values.map { ($0.labels, $0.value) }, at: samples.timestamp)
  }
}
