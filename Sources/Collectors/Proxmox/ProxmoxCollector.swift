// SPDX-License-Identifier: MIT
import Architecture
package import Configuration
import Logging
package import MetricModel
import Net
package import Polling
import Synchronization
import Topology

/// Asks a Proxmox cluster for its nodes, guests and storages, and at slower paces for details.
package final class ProxmoxCollector: Collector {
  package static let name = "pve"
  package static var metrics: [MetricDefinition] { ClusterMetrics.all + DetailMetrics.all }

  /// What is remembered from poll to poll.
  private struct Memory {
    /// The guests' names by id: a row whose figures ended has lost its own.
    var names: [String: String] = [:]
    /// What the token could see in the last poll.
    var sights: Set<Sight>?
    var refusals = RefusalPause()
  }

  /// What a token sees or does not; lists are shortened in silence.
  private enum Sight {
    case membership
    case guests
    case storages
  }

  private let client: ProxmoxClient
  private let details: DetailKeeper
  private let detailPatience: Duration
  private let running: RunningGuests
  private let memory = Mutex(Memory())

  init(
    client: ProxmoxClient,
    logger: Logger,
    parts: [DetailPart] = DetailPart.all,
    detailPatience: Duration = .milliseconds(250),
    running: RunningGuests = RunningGuests()
  ) {
    self.client = client
    details = DetailKeeper(client: client, access: AccessLog(logger), parts: parts)
    self.detailPatience = detailPatience
    self.running = running
  }

  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    guard let settings = ProxmoxSettings(reading: declared) else { return [] }
    let client = ProxmoxClient(settings, http: services.http)
    let running = RunningGuests()
    let collector = ProxmoxCollector(client: client, logger: services.logger, running: running)
    // The nodes are asked here as well: one that does not answer is not asked about the cluster,
    // and what the cluster says of guests is what is missed on a node.
    return [Target(instance: "proxmox", about: .cluster, collector: collector, poll: settings.poll)]
      + settings.endpoints.map { endpoint in
        Target(
          instance: endpoint.node,
          node: endpoint.node,
          about: .node(endpoint.node),
          collector: ProxmoxNodeCollector(node: endpoint.node, client: client, running: running),
          poll: settings.poll
        )
      }
  }

  package func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    try refuseWhileRefused(at: poll.time)
    async let statusAnswer = answer("/cluster/status", poll)
    async let resourcesAnswer = answer("/cluster/resources", poll)
    let (status, resources) = await (statusAnswer, resourcesAnswer)
    let view: ClusterView
    switch (status, resources) {
    case (.failure(let error), .failure(let other)):
      // A token that may see nothing says more than a node that did not answer.
      throw noteFailure(error == .unauthorized ? error : other, at: poll.time)
    case (_, .failure(.unauthorized)), (.failure(.unauthorized), _):
      throw noteFailure(.unauthorized, at: poll.time)
    default:
      view = ClusterView(status: try? status.get().data, resources: try? resources.get().data)
    }
    let names = remember(view)
    running.note(view)
    noteSights(of: view, status, resources, at: poll.time)
    // Somebody waits for what this poll says of the cluster; details are for a later one.
    let patience = poll.isAsked ? .zero : detailPatience
    await details.refresh(view, at: poll.time, waitingUpTo: patience)
    let found = details.board.samples(for: view, at: poll.time)
    let answering = ["node": client.answeringNode]
    return Collection(
      samples: ClusterSamples(view: view, names: names).all()
        + [CollectedSample(ClusterMetrics.answeringNode, 1, answering)]
        + found + quorum(view, found)
        + Self.partial("cluster_status", status) + Self.partial("cluster_resources", resources)
    )
  }

  private typealias Answer = Result<ProxmoxReply, ProxmoxError>

  private func answer(_ path: String, _ poll: Poll) async -> Answer {
    do throws(ProxmoxError) {
      return .success(try await client.get(path, timeout: poll.timeout))
    } catch {
      return .failure(error)
    }
  }

  private static func partial(_ part: String, _ answer: Answer) -> [CollectedSample] {
    guard case .failure(let error) = answer else { return [] }
    let labels = ["part": part, "reason": error.kind]
    return [CollectedSample(IngestMetrics.collectorPartial, 1, labels)]
  }

  private func quorum(_ view: ClusterView, _ details: [CollectedSample]) -> [CollectedSample] {
    var votes: [String: Int] = [:]
    var device: QuorumDevice?
    for sample in details {
      if sample.definition == DetailMetrics.votes, let node = sample.labels["node"] {
        votes[node] = Int(exactly: sample.value)
      } else if sample.definition == DetailMetrics.qdeviceInfo {
        device = QuorumDevice(
          state: sample.labels["state"],
          algorithm: sample.labels["algorithm"]
        )
      }
    }
    return QuorumVotes(votes: votes, view: view, device: device)?.samples ?? []
  }

  private func remember(_ view: ClusterView) -> [String: String] {
    memory.withLock { memory in
      memory.refusals = RefusalPause()
      var names: [String: String] = [:]
      for guest in view.resources where guest.isGuest {
        names[guest.id] = guest.row["name"]?.string ?? memory.names[guest.id]
      }
      // Kept while the guests cannot be seen at all.
      if !names.isEmpty { memory.names = names }
      return names
    }
  }

  /// What can be seen has changed: perhaps what the token may see has.
  private func noteSights(
    of view: ClusterView,
    _ status: Answer,
    _ resources: Answer,
    at time: Timestamp
  ) {
    guard case .success = resources else { return }
    var sights: Set<Sight> = []
    switch status {
    case .success: sights.insert(.membership)
    case .failure(.forbidden): break
    case .failure: return
    }
    if view.resources.contains(where: \.isGuest) { sights.insert(.guests) }
    if view.resources.contains(where: { $0.type == "storage" }) { sights.insert(.storages) }
    let before = memory.withLock { memory in
      defer { memory.sights = sights }
      return memory.sights
    }
    if let before, before != sights {
      details.board.hasten(DetailPart.permissionsName, to: time)
    }
  }

  /// Asks no more often than every 15 s to 5 min while the token is refused.
  private func refuseWhileRefused(at time: Timestamp) throws(CollectionError) {
    let isRefused = memory.withLock { $0.refusals.isOn(at: time) }
    if isRefused { throw ProxmoxError.unauthorized.collectionError }
  }

  private func noteFailure(_ error: ProxmoxError, at time: Timestamp) -> CollectionError {
    if error == .unauthorized {
      memory.withLock { $0.refusals.note(at: time) }
    }
    return error.collectionError
  }
}
