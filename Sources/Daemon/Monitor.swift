// SPDX-License-Identifier: MIT
import Architecture
import Configuration
package import HTTPAPI
import Logging
import MetricModel
import Net
import Notifying
import Polling
import PromQL
import Rules
import SeriesStore
import StateStore
import Synchronization

/// The running whole: polls, store, rules, messages and HTTP.
package final class Monitor: Sendable {
  /// The version of hvsmon.
  package static let version = "0.1.0"
  static let userAgent = "hvsmon/\(version)"

  /// The parts, in the order in which samples pass them.
  struct Parts: Sendable {
    let http: HTTPClient
    let store: SampleStore
    let flusher: StoreFlusher
    let state: StateDatabase
    let queue: NotificationStore
    let dispatcher: Dispatcher
    let latest: LatestSamples
    let ingest: Ingest
    let notifications: NotificationRunner
    let rules: RuleRunner
    let scheduler: PollScheduler
  }

  private struct ReloadState {
    var settings: Settings
    var wasGood = true
    var time: Timestamp
  }

  private let plan: MonitorPlan
  let parts: Parts
  private let clock: any PollClock
  private let startedAt: Timestamp
  private let reloads: Mutex<ReloadState>
  private let reloadGate = ReloadGate()
  private let server: Mutex<HTTPServer?> = Mutex(nil)

  private init(plan: MonitorPlan, parts: Parts, settings: Settings, clock: any PollClock) {
    self.plan = plan
    self.parts = parts
    self.clock = clock
    startedAt = clock.now
    reloads = Mutex(ReloadState(settings: settings, time: clock.now))
  }

  /// The port HTTP is served on.
  package var port: UInt16 { server.withLock { $0?.port ?? 0 } }

  /// Loads the settings and starts everything; returns when HTTP is served and polls are due.
  package static func start(_ plan: MonitorPlan) async throws(StartFailure) -> Monitor {
    let clock = SystemClock()
    let http = HTTPClient(userAgent: userAgent)
    let loaded: LoadedSettings
    switch plan.loader.load(plan.configPath, http: http, logger: plan.logger) {
    case .success(let settings): loaded = settings
    case .failure(let refusal):
      await http.close()
      throw .settings(
        faults: refusal.faults.map(\.description),
        isUnreadable: refusal.isUnreadable
      )
    }
    let parts = try await MonitorBuilder(plan: plan, loaded: loaded, http: http, clock: clock)
      .parts()
    let monitor = Monitor(plan: plan, parts: parts, settings: loaded.settings, clock: clock)
    do throws(HTTPServerError) {
      let server = try HTTPServer.start(
        try HTTPServerSettings(loaded.settings.http),
        routes: APIRoutes.routes(over: monitor.ports)
      )
      monitor.server.withLock { $0 = server }
    } catch {
      await monitor.stop(grace: .zero)
      throw .http(reason: error.description)
    }
    await monitor.begin(loaded)
    return monitor
  }

  /// Loads the settings anew; faulty ones are refused and the old ones go on.
  package func reload() async -> APIPorts.ReloadOutcome {
    await reloadGate.enter()
    defer { reloadGate.leave() }
    switch plan.loader.load(plan.configPath, http: parts.http, logger: plan.logger) {
    case .failure(let refusal):
      reloads.withLock { $0.wasGood = false }
      for fault in refusal.faults {
        plan.logger.error("settings refused, the old ones go on", LogField("fault", fault))
      }
      return .refused(faults: refusal.faults.map(\.description).joined(separator: "\n"))
    case .success(let loaded):
      let old = reloads.withLock { state in
        defer { state = ReloadState(settings: loaded.settings, time: clock.now) }
        return state.settings
      }
      for key in loaded.settings.keysThatNeedARestart(since: old) {
        plan.logger.warning("a change of this section needs a restart", LogField("section", key))
      }
      await adopt(loaded)
      plan.logger.info("settings loaded anew", LogField("targets", loaded.targets.count))
      return .reloaded
    }
  }

  /// Stops polls, rules, messages, HTTP and the stores, in this order, within the grace.
  package func stop(grace: Duration) async {
    plan.logger.info("stopping")
    await parts.scheduler.stop()
    await parts.rules.stop()
    // Deliveries get most of the grace; what they do not finish is sent after the next start.
    await parts.notifications.stop(grace: grace / 2)
    let running = server.withLock { server in
      defer { server = nil }
      return server
    }
    await running?.stop(grace: grace / 4)
    await parts.flusher.stop()
    do throws(StoreError) {
      try await parts.store.close()
    } catch {
      plan.logger.error("the last samples were not written", LogField("error", "\(error)"))
    }
    await parts.state.close()
    await parts.http.close()
    plan.logger.info("stopped")
  }

  private func begin(_ loaded: LoadedSettings) async {
    for warning in loaded.warnings { plan.logger.warning(warning) }
    let restored = await restoredAlerts(loaded)
    await parts.notifications.adopt(loaded.notifications)
    let targets = loaded.targets + [selfTarget(loaded.settings.poll)]
    parts.ingest.expect(targets)
    await parts.rules.start(
      loaded.rules,
      templateValues: loaded.templateValues,
      restored: restored
    )
    parts.flusher.start()
    await parts.scheduler.replaceTargets(targets)
    plan.logger.info(
      "started",
      LogField("version", Self.version),
      LogField("targets", loaded.targets.count),
      LogField("port", port)
    )
  }

  private func adopt(_ loaded: LoadedSettings) async {
    let targets = loaded.targets + [selfTarget(loaded.settings.poll)]
    parts.ingest.expect(targets)
    await parts.scheduler.replaceTargets(targets)
    await parts.rules.replaceRules(with: loaded.rules, templateValues: loaded.templateValues)
    await parts.notifications.adopt(loaded.notifications)
  }

  private func restoredAlerts(_ loaded: LoadedSettings) async -> RestoredAlerts {
    let longest = loaded.targets.map(\.poll.interval).max() ?? .zero
    let heldUntil = clock.now + longest + loaded.settings.poll.timeout
    do throws(AlertStateError) {
      let instances = try await AlertStateStore(database: parts.state).load()
      return RestoredAlerts(instances: instances, heldUntil: heldUntil)
    } catch {
      plan.logger.error("alert states cannot be read", LogField("error", error.reason))
      return RestoredAlerts(instances: [], heldUntil: heldUntil)
    }
  }

  private var ports: APIPorts {
    APIPorts(
      exposition: { [parts] format in parts.latest.exposition(format) },
      reading: parts.store,
      engine: QueryEngine(),
      clock: clock,
      deadline: { .after($0) },
      isReady: { [parts] in parts.ingest.hasPolledAllTargets },
      reload: { await self.reload() }
    )
  }

  private func selfTarget(_ poll: PollSettings) -> Target {
    Target(
      instance: "hvsmon",
      collector: SelfCollector { await self.ownSamples() },
      poll: poll
    )
  }

  private func ownSamples() async -> [CollectedSample] {
    let (wasGood, time) = reloads.withLock { ($0.wasGood, $0.time) }
    let own = [
      CollectedSample(SelfMetrics.startTime, startedAt.unixSeconds),
      CollectedSample(SelfMetrics.reloadGood, wasGood ? 1 : 0),
      CollectedSample(SelfMetrics.reloadTime, time.unixSeconds),
    ]
    return await own + parts.samples()
  }
}

extension LoadedSettings {
  /// What rule templates are given besides the sample.
  fileprivate var templateValues: RuleTemplateValues {
    RuleTemplateValues(
      externalLabels: LabelSet(["cluster": settings.cluster.name]),
      externalURL: notifications?.externalURL ?? ""
    )
  }
}
