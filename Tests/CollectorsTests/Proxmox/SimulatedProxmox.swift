// SPDX-License-Identifier: MIT
import Configuration
import FoundationEssentials
import Logging
import MetricModel
import Net
import Polling
import Simulator
import TestSupport

@testable import Collectors

/// A simulated cluster under a clock that the test moves, and collectors that ask it.
struct SimulatedProxmox {
  /// Tuesday, 2026-11-24 09:15:00 in Berlin, the instant of the fixtures.
  static let start = Timestamp(unixMilliseconds: 1_795_508_100_000)

  let clock = ManualTimeSource(start)
  let cluster: SimulatedCluster
  let http = HTTPClient(userAgent: "test")
  let client: ProxmoxClient
  let collector: ProxmoxCollector
  /// By node.
  let nodeCollectors: [String: ProxmoxNodeCollector]
  private let folder: TemporaryFolder

  init(plan: ClusterPlan = .reference, parts: [DetailPart] = []) throws {
    cluster = try SimulatedCluster(plan: plan, clock: clock)
    folder = try TemporaryFolder()
    let authority = folder.path + "/authority.pem"
    try Data(cluster.certificates.authority.pem.utf8).write(to: URL(fileURLWithPath: authority))
    let settings = ProxmoxSettings(
      endpoints: cluster.nodes.map {
        ProxmoxSettings.Endpoint(
          node: $0.name,
          origin: "https://\($0.address):\($0.port)",
          trust: .caFile(path: authority)
        )
      },
      tokenID: cluster.token.id,
      tokenSecret: Secret(cluster.token.secret),
      poll: PollSettings()
    )
    let client = ProxmoxClient(settings, http: http)
    let running = RunningGuests()
    self.client = client
    collector = ProxmoxCollector(
      client: client,
      logger: Logger(area: "test", sink: MemorySink()),
      parts: parts,
      detailPatience: .seconds(20),
      running: running
    )
    nodeCollectors = Dictionary(
      uniqueKeysWithValues: plan.nodes.map {
        ($0.name, ProxmoxNodeCollector(node: $0.name, client: client, running: running))
      }
    )
  }

  /// A poll that begins now and may take as long as by default.
  func poll(timeout: Duration = PollSettings().timeout, isAsked: Bool = false) -> Poll {
    Poll(time: clock.now, timeout: timeout, isAsked: isAsked)
  }

  /// Asks for the cluster and says how long that took.
  func pollCluster(
    timeout: Duration = PollSettings().timeout,
    isAsked: Bool = false
  ) async throws -> (samples: [CollectedSample], took: Duration) {
    let real = ContinuousClock()
    let begin = real.now
    let found = try await collector.collect(poll(timeout: timeout, isAsked: isAsked))
    return (found.samples, real.now - begin)
  }

  /// Asks a node itself.
  func pollNode(_ node: String, isAsked: Bool = false) async throws(CollectionError)
    -> [CollectedSample]
  {
    guard let collector = nodeCollectors[node] else { return [] }
    return try await collector.collect(poll(isAsked: isAsked)).samples
  }

  func stop() async {
    await cluster.stop()
    await http.close()
  }
}
