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
import StatusPage
import Synchronization

/// The running whole: polls, store, rules, messages and HTTP.
package final class Monitor: Sendable {
  /// The version of hvsmon.
  package static let version = "0.1.0"
  /// More than HTTP has connections.
  private static let reloadsWaitingMax = 512
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
    let catalog: MetricCatalog
    let ingest: Ingest
    let notifications: NotificationRunner
    let silences: SilenceKeeper
    let outlets: AlertOutlets
    let peers: PeerKeeper
    let clock: any PollClock
    let rules: RuleRunner
    let topology: RuleRunner.TopologyWork
    let targets: TargetBoard
    let scheduler: PollScheduler
  }

  struct ReloadState {
    var wasGood = true
    var time: Timestamp
    /// What was loaded last.
    var settings: Settings
  }

  let plan: MonitorPlan
  let parts: Parts
  let clock: any PollClock
  let startedAt: Timestamp
  let snapshots: SnapshotSource
  let reloads: Mutex<ReloadState>
  /// What the targets of now reach the outside with.
  private let services: Mutex<CollectorServices>
  /// What was in force at the start; some of it stays until the next one.
  let started: Settings
  /// Lets in one at a time: the start, a reload or the stop.
  private let turns = Turnstile(width: 1, waitingMax: Monitor.reloadsWaitingMax)
  private let isStopping = Atomic(false)
  private let server: Mutex<HTTPServer?> = Mutex(nil)
  let unreadAnswers = UnreadAnswers()

  private init(plan: MonitorPlan, parts: Parts, loaded: LoadedSettings, clock: any PollClock) {
    self.plan = plan
    self.parts = parts
    self.clock = clock
    startedAt = clock.now
    snapshots = SnapshotSource(parts, startedAt: startedAt)
    started = loaded.settings
    services = Mutex(loaded.services)
    reloads = Mutex(ReloadState(time: clock.now, settings: loaded.settings))
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
    let monitor: Monitor
    do throws(StartFailure) {
      let parts = try await MonitorBuilder(plan: plan, loaded: loaded, http: http, clock: clock)
        .parts()
      monitor = Monitor(plan: plan, parts: parts, loaded: loaded, clock: clock)
    } catch {
      await http.close()
      throw error
    }
    // HTTP may ask for a reload before everything has begun.
    _ = await monitor.turns.enter()
    monitor.expectTargets(of: loaded)
    do throws(HTTPServerError) {
      var settings = try HTTPServerSettings(loaded.settings.http)
      settings.unreadAnswers = monitor.unreadAnswers
      if !settings.tokens.isEmpty {
        settings.sessions = LoginSessions(tokens: settings.tokens, path: PageRoutes.loginPath) {
          clock.now.unixMilliseconds / 1_000
        }
      }
      let routes = APIRoutes.routes(over: monitor.ports)
      let pages = monitor.pagePorts(over: routes, sessions: settings.sessions)
      let server = try HTTPServer.start(
        settings,
        routes: routes + PageRoutes.routes(over: pages)
      )
      monitor.server.withLock { $0 = server }
    } catch {
      monitor.turns.leave()
      await monitor.stop(grace: .zero)
      throw .http(reason: error.description)
    }
    await monitor.begin(loaded)
    monitor.turns.leave()
    return monitor
  }

  /// Loads the settings anew; faulty ones are refused and the old ones go on.
  package func reload() async -> ProcessPorts.ReloadOutcome {
    guard !isStopping.load(ordering: .acquiring), await turns.enter() else {
      return .refused(faults: Self.stoppingRefusal)
    }
    defer { turns.leave() }
    // A stop may have come while this reload waited.
    guard !isStopping.load(ordering: .acquiring) else {
      return .refused(faults: Self.stoppingRefusal)
    }
    switch plan.loader.load(plan.configPath, http: parts.http, logger: plan.logger) {
    case .failure(let refusal):
      reloads.withLock { $0.wasGood = false }
      for fault in refusal.faults {
        plan.logger.error("settings refused, the old ones go on", LogField("fault", fault))
      }
      return .refused(faults: refusal.faults.map(\.description).joined(separator: "\n"))
    case .success(let loaded):
      reloads.withLock { $0 = ReloadState(time: clock.now, settings: loaded.settings) }
      for key in loaded.settings.keysThatNeedARestart(since: started) {
        plan.logger.warning("a change of this section needs a restart", LogField("section", key))
      }
      await adopt(loaded)
      plan.logger.info("settings loaded anew", LogField("targets", loaded.targets.count))
      return .reloaded
    }
  }

  /// Stops polls, ssh, rules, messages, HTTP and the stores, in this order, within the grace; a reload
  /// under way ends before, and a second call waits for the first.
  package func stop(grace: Duration) async {
    let isFirst = !isStopping.exchange(true, ordering: .acquiringAndReleasing)
    _ = await turns.enter()
    defer { turns.leave() }
    guard isFirst else { return }
    plan.logger.info("stopping")
    await parts.scheduler.stop()
    await services.withLock { $0 }.stop()
    await parts.rules.stop()
    await parts.outlets.stop()
    // Deliveries get most of the grace; what they do not finish is sent after the next start.
    await parts.notifications.stop(grace: grace / 2)
    await parts.peers.stop()
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
    await parts.silences.listen { [parts] in await parts.notifications.hear($0) }
    await parts.notifications.observe { [parts] in await parts.silences.noteEnd(of: $0) }
    await parts.outlets.adopt(loaded)
    await parts.adoptPeers(loaded)
    await parts.notifications.adopt(loaded.notifications)
    await parts.rules.start(
      loaded.rules,
      templateValues: templateValues(of: loaded),
      restored: restored
    )
    parts.flusher.start()
    await parts.scheduler.replaceTargets(targets(of: loaded))
    plan.logger.info(
      "started",
      LogField("version", Self.version),
      LogField("targets", loaded.targets.count),
      LogField("port", port)
    )
  }

  private func adopt(_ loaded: LoadedSettings) async {
    expectTargets(of: loaded)
    await parts.scheduler.replaceTargets(targets(of: loaded))
    let replaced = services.withLock { services in
      defer { services = loaded.services }
      return services
    }
    await replaced.stop()
    await parts.rules.replaceRules(
      with: loaded.rules,
      templateValues: templateValues(of: loaded)
    )
    await parts.outlets.adopt(loaded)
    await parts.adoptPeers(loaded)
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

  private func targets(of loaded: LoadedSettings) -> [Target] {
    loaded.targets + [selfTarget(loaded)]
  }

  /// Until they are polled they count as unreachable, and hvsmon as not ready.
  private func expectTargets(of loaded: LoadedSettings) {
    let targets = targets(of: loaded)
    parts.ingest.expect(targets)
    parts.targets.expect(targets, in: started.cluster.name)
    parts.topology.keeper.adopt(loaded.settings.cluster)
    parts.topology.asker.adopt(targets)
    snapshots.adopt(targets)
  }

  /// What rule templates are given besides the sample; the name is that of the series' labels.
  private func templateValues(of loaded: LoadedSettings) -> RuleTemplateValues {
    RuleTemplateValues(
      externalLabels: LabelSet(["cluster": started.cluster.name]),
      externalURL: loaded.notifications?.externalURL ?? ""
    )
  }

  private static let stoppingRefusal = "hvsmon is stopping and takes no settings"

  /// One of several is told from the others by its name.
  private func selfTarget(_ loaded: LoadedSettings) -> Target {
    Target(
      instance: loaded.peers?.name ?? "hvsmon",
      collector: SelfCollector { await self.ownSamples() },
      poll: loaded.settings.poll
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
