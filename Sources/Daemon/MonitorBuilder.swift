// SPDX-License-Identifier: MIT
import Architecture
import Configuration
import Glibc
import HTTPAPI
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
import Topology

/// Opens the stores and connects the parts.
struct MonitorBuilder {
  let plan: MonitorPlan
  let loaded: LoadedSettings
  let http: HTTPClient
  let clock: any PollClock

  /// How long the samples behind a change of an alert may take to be safe before it is told.
  private static let decisionWait = Duration.seconds(1)

  /// Opens and connects everything; a refusal leaves nothing open.
  func parts() async throws(StartFailure) -> Monitor.Parts {
    let store = try openStore()
    do throws(StartFailure) {
      let state = try await openState()
      return parts(over: store, state)
    } catch {
      do throws(StoreError) {
        try await store.close()
      } catch {
        plan.logger.error("the samples were not closed", LogField("error", "\(error)"))
      }
      throw error
    }
  }

  private func parts(over store: SampleStore, _ state: OpenedState) -> Monitor.Parts {
    let queue = state.queue
    let notifying = plan.logger.named("notifying")
    let peers = peers(over: state)
    let dispatcher = Dispatcher(queue: queue, clock: clock, gate: peers, logger: notifying)
    let latest = LatestSamples()
    let (ingest, topology, listener) = door(to: store, latest)
    let forwarder = forwarder
    let notifications = NotificationRunner(
      queue: queue,
      dispatcher: dispatcher,
      clock: clock,
      logger: notifying,
      ask: { topology.asker.answer($0) },
      changes: topology.keeper.changes,
      peers: peers,
      forward: { await forwarder.take(firing: $0, ended: $1) }
    )
    let flusher = flusher(of: store, state, notifications)
    let rules = RuleRunner(
      RuleRunner.Surroundings(
        ingest: ingest,
        reading: store,
        engine: QueryEngine(),
        flush: { await flusher.flush(atMost: Self.decisionWait) },
        states: AlertStateStore(database: state.database),
        notifications: notifications,
        topology: topology,
        clock: clock,
        logger: plan.logger.named("rules")
      )
    )
    listener.listen { rules.note($0) }
    let targets = TargetBoard(recorder: ingest)
    let polling = plan.logger.named("polling")
    let scheduler = PollScheduler(clock: clock, recorder: targets, logger: polling)
    topology.asker.use(scheduler)
    let watchdog = deadMansSwitch(over: state, targets, rules)
    return Monitor.Parts(
      http: http,
      store: store,
      flusher: flusher,
      state: state.database,
      queue: queue,
      dispatcher: dispatcher,
      latest: latest,
      catalog: catalog,
      ingest: ingest,
      notifications: notifications,
      silences: state.silences,
      outlets: AlertOutlets(forwarder: forwarder, deadMansSwitch: watchdog),
      peers: peers,
      clock: clock,
      rules: rules,
      topology: topology,
      targets: targets,
      scheduler: scheduler
    )
  }

  private var forwarder: AlertForwarder {
    AlertForwarder(
      http: http,
      cluster: loaded.settings.cluster.name,
      clock: clock,
      logger: plan.logger.named("forwarding")
    )
  }

  private func peers(over state: OpenedState) -> PeerKeeper {
    PeerKeeper(
      PeerKeeper.Surroundings(
        http: http,
        store: ToldStore(database: state.database),
        clock: clock,
        logger: plan.logger.named("peers")
      )
    )
  }

  private func flusher(
    of store: SampleStore,
    _ state: OpenedState,
    _ notifications: NotificationRunner
  ) -> StoreFlusher {
    StoreFlusher(
      store: store,
      watch: StoreWatch(store: store, logger: plan.logger.named("store")),
      queue: state.queue,
      tend: { await state.silences.tend { await notifications.groupKeys } },
      clock: clock,
      interval: loaded.settings.storage.flushInterval,
      logger: plan.logger.named("store")
    )
  }

  private func deadMansSwitch(
    over state: OpenedState,
    _ targets: TargetBoard,
    _ rules: RuleRunner
  ) -> DeadMansSwitch {
    let store = SilenceStore(database: state.database)
    return DeadMansSwitch(
      DeadMansSwitch.Surroundings(
        progress: {
          ChainProgress(
            polledAt: targets.targets.compactMap(\.polledAt).max(),
            evaluatedAt: rules.groups.compactMap(\.evaluatedAt).max()
          )
        },
        write: { [clock] in
          do throws(StateStoreError) {
            try await store.beat(at: clock.now)
            return nil
          } catch {
            return error.description
          }
        },
        ping: { [http] in await http.ping($0) },
        clock: clock,
        logger: plan.logger.named("watchdog")
      )
    )
  }

  /// The door for samples, what is made of them at once, and where rules will hear of them: rules
  /// need the door, and the door tells the rules.
  private func door(
    to store: SampleStore,
    _ latest: LatestSamples
  ) -> (Ingest, RuleRunner.TopologyWork, EventListener) {
    let listener = EventListener()
    let ingest = Ingest(
      catalog: catalog,
      cluster: loaded.settings.cluster.name,
      store: store,
      latest: latest,
      logger: plan.logger.named("ingest"),
      observer: { listener.hear($0) },
      doubtObserver: { target, _ in listener.hear(doubtOf: target) }
    )
    let keeper = TopologyKeeper(
      declared: loaded.settings.cluster,
      latest: latest,
      ingest: ingest,
      clock: clock
    )
    let asker = DependencyAsker(keeper: keeper, ingest: ingest)
    listener.listenForDoubts { asker.noteDoubt(of: $0) }
    return (ingest, RuleRunner.TopologyWork(keeper: keeper, asker: asker), listener)
  }

  /// What is kept of alerts and messages, opened and read.
  private struct OpenedState {
    let database: StateDatabase
    let queue: NotificationStore
    let silences: SilenceKeeper
  }

  private func openState() async throws(StartFailure) -> OpenedState {
    do throws(StateStoreError) {
      let state = try StateDatabase(path: loaded.settings.storage.statePath)
      do throws(StateStoreError) {
        let queue = try await NotificationStore(
          database: state,
          clock: clock,
          logger: plan.logger.named("state")
        )
        let store = SilenceStore(database: state)
        let stored = try await store.load()
        let silences = SilenceKeeper(
          store: store,
          ledger: OperatorLedger(
            silences: stored.silences,
            acknowledgements: stored.acknowledgements
          ),
          clock: clock,
          logger: plan.logger.named("state")
        )
        return OpenedState(database: state, queue: queue, silences: silences)
      } catch {
        await state.close()
        throw error
      }
    } catch {
      throw .state(reason: error.description)
    }
  }

  private func openStore() throws(StartFailure) -> SampleStore {
    let storage = loaded.settings.storage
    do throws(StoreOpenError) {
      let opened = try SampleStore.openSettingAside(
        path: storage.path,
        settings: StoreSettings(storage),
        time: clock
      )
      if let aside = opened.setAside {
        plan.logger.error(
          "the samples' file is damaged: it was set aside, and a new one begun",
          LogField("path", aside.path),
          LogField("error", aside.reason)
        )
      }
      return opened.store
    } catch {
      throw .store(reason: error.description)
    }
  }

  private var catalog: MetricCatalog { plan.loader.catalog }
}

/// Hands events on to whoever listens later: rules need the ingest, and the ingest tells the rules.
private final class EventListener: Sendable {
  private struct Listeners {
    var events: (@Sendable (IngestEvent) -> Void)?
    var doubts: (@Sendable (Target) -> Void)?
  }

  private let listeners = Mutex(Listeners())

  func listen(_ listener: @escaping @Sendable (IngestEvent) -> Void) {
    listeners.withLock { $0.events = listener }
  }

  func listenForDoubts(_ listener: @escaping @Sendable (Target) -> Void) {
    listeners.withLock { $0.doubts = listener }
  }

  func hear(_ event: IngestEvent) {
    listeners.withLock { $0.events }?(event)
  }

  func hear(doubtOf target: Target) {
    listeners.withLock { $0.doubts }?(target)
  }
}

extension HTTPServerSettings {
  /// The server as the settings describe it.
  init(_ settings: HTTPSettings) throws(HTTPServerError) {
    self.init(
      host: settings.host,
      port: settings.port,
      handlerDeadline: APIRoutes.answerTimeMax
    )
    tokens = settings.tokens.map { token in
      AccessToken(
        name: token.name,
        role: AccessRole(token.role),
        secret: token.secret.reveal()
      )
    }
    guard let files = settings.tls else { return }
    do throws(BoundedFile.Failure) {
      tls = TLSIdentity(
        certificatePEM: String(
          decoding: try BoundedFile.read(files.certificateFile),
          as: UTF8.self
        ),
        keyPEM: String(decoding: try BoundedFile.read(files.keyFile), as: UTF8.self)
      )
    } catch {
      throw .failed(reason: "cannot read the certificate or its key: \(error.reason)")
    }
  }
}

extension AccessRole {
  init(_ role: HTTPSettings.Role) {
    self =
      switch role {
      case .read: .read
      case .write: .write
      case .operate: .operate
      }
  }
}

extension Settings {
  /// The sections that changed and are read at start only.
  func keysThatNeedARestart(since old: Settings) -> [String] {
    var keys: [String] = []
    if cluster.name != old.cluster.name { keys.append("cluster.name") }
    if storage != old.storage { keys.append("storage") }
    if http != old.http { keys.append("http") }
    return keys
  }
}
