// SPDX-License-Identifier: MIT
import Architecture
import Configuration
import HTTPAPI
import Logging
import MetricModel
import Net
import Polling
import PromQL
import Rules
import SeriesStore
import StatusPage
import Synchronization

extension Monitor {
  /// What HTTP asks.
  var ports: APIPorts {
    APIPorts(
      store: StorePorts(
        reading: parts.store,
        engine: QueryEngine(),
        clock: clock,
        deadline: { [clock] in .after($0, on: clock) },
        unreadAnswers: unreadAnswers,
        giveBackMemory: plan.giveBackMemory
      ),
      latest: latestPorts,
      rules: RulePorts(
        groups: { [parts] in parts.rules.groups },
        intervalStandard: RuleRunner.intervalStandard
      ),
      targets: { [parts] in parts.targets.targets },
      process: ProcessPorts(
        isReady: { [parts] in parts.ingest.hasPolledAllTargets },
        reload: { await self.reload() },
        report: { self.report }
      ),
      cluster: ClusterPorts(
        topology: { [parts, clock] in parts.topology.keeper.json(at: clock.now) },
        stopVerdict: { [parts, clock] name in
          parts.topology.keeper.stopAnswer(name, at: clock.now)
        },
        snapshot: { [snapshots, clock] in await snapshots.json(at: clock.now, since: $0) }
      ),
      alerts: alertPorts,
      remoteWrite: started.http.acceptsRemoteWrite ? remoteWrite : nil,
      peers: { [parts] body, authorization in
        await parts.peers.answer(body, authorization: authorization)
      }
    )
  }

  /// What pages ask.
  ///
  /// - Parameters:
  ///   - routes: The endpoints for programs, which pages ask too.
  ///   - sessions: Who may log in.
  /// - Returns: The ports.
  func pagePorts(over routes: [HTTPRoute], sessions: LoginSessions?) -> PagePorts {
    PagePorts(
      snapshot: { [snapshots, clock] in await snapshots.snapshot(at: clock.now) },
      snapshots: { [snapshots, clock] in snapshots.snapshots(on: clock) },
      api: { request in await routes.answer(request) },
      now: { [clock] in clock.now },
      sessions: sessions,
      loginClosed: { [logger = plan.logger.named("http")] address in
        logger.warning(
          "many wrong tokens were tried at /login: none from there is looked at for a minute",
          LogField("address", address)
        )
      }
    )
  }

  private var latestPorts: LatestPorts {
    LatestPorts(
      exposition: { [parts] format in parts.latest.exposition(format) },
      names: { [parts] in parts.latest.names },
      family: { [parts] name in parts.latest.family(named: name) },
      descriptions: { [parts] in
        let told = parts.targets.descriptions
        let names = Set(told.map(\.name))
        // Of a live series without a definition its target may tell more.
        let live = parts.latest.definitions.filter {
          parts.catalog[$0.name] == nil && !names.contains($0.name)
        }
        return (parts.catalog.definitions.values + live).map { MetricDescription($0) } + told
      },
      externalLabels: LabelSet(["cluster": started.cluster.name])
    )
  }

  private var remoteWrite: @Sendable ([UInt8]) async -> APIPorts.WriteAnswer {
    let door = RemoteWriteDoor(ingest: parts.ingest, clock: clock)
    return { request in
      switch await door.take(request) {
      case .taken: .taken
      case .takenInPart(let reason): .takenInPart(reason: reason)
      case .malformed(let reason): .malformed(reason: reason)
      case .unwritable(let reason): .unwritable(reason: reason)
      }
    }
  }

  private var report: ProcessReport {
    let loaded = reloads.withLock { $0 }
    return ProcessReport(
      version: Self.version,
      startedAt: startedAt,
      loadedAt: loaded.time,
      wasReloadGood: loaded.wasGood,
      retention: started.storage.retention,
      damagedBlocks: parts.store.damagedBlocks.count,
      chunks: parts.store.statistics.chunks,
      flags: flags,
      settingsText: loaded.settings.prometheusText
    )
  }

  /// What Prometheus takes from its command line and hvsmon from its settings.
  private var flags: [String: String] {
    let engine = QueryEngine()
    return [
      "query.lookback-delta": DurationText.text(of: engine.lookback),
      "query.max-samples": String(engine.limits.samples),
      "query.timeout": DurationText.text(of: APIRoutes.queryTimeMax),
      "query.max-concurrency": String(APIRoutes.queriesMax),
      "storage.tsdb.retention.size": "\(started.storage.bytesMax)B",
      "storage.tsdb.retention.time": DurationText.text(of: started.storage.retention),
      "web.enable-remote-write-receiver": String(started.http.acceptsRemoteWrite),
      "web.listen-address": "\(started.http.host):\(port)",
    ]
  }
}

extension [HTTPRoute] {
  /// What the endpoint for a request answers, which lets in whom the server would let in.
  func answer(_ request: ServerRequest) async -> ServerResponse {
    let route = filter { $0.methods.contains(request.method) }
      .first { $0.path.takes(request.path) }
    guard let route else { return .text("there is no \(request.path)\n", status: 404) }
    if let needed = route.role {
      guard let role = request.role, role >= needed else {
        return .text("the reader of this page may not do this\n", status: 403)
      }
    }
    return await route.handler(request)
  }
}

extension Settings {
  /// What Prometheus' own settings file would say; nothing that is secret is among it.
  fileprivate var prometheusText: String {
    let files = ruleFiles.map { "\n  - \($0.quotedForPromQL)" }.joined()
    return """
      global:
        scrape_interval: \(DurationText.text(of: poll.interval))
        scrape_timeout: \(DurationText.text(of: poll.timeout))
        evaluation_interval: \(DurationText.text(of: RuleRunner.intervalStandard))
        external_labels:
          cluster: \(cluster.name.quotedForPromQL)
      rule_files:\(files.isEmpty ? " []" : files)

      """
  }
}
