// SPDX-License-Identifier: MIT
package import Configuration
package import MetricModel
import Net
package import Polling
import Synchronization

/// Asks one node of a Proxmox cluster itself whether it lives and, when something failed that
/// stands on it, which guests run on it.
///
/// Whatever the node answers is a sign of life; only that it cannot be reached counts as failing.
/// A connection that the node closes while idle says nothing: its server does so after 5 s.
package final class ProxmoxNodeCollector: Collector {
  package static let name = "pve_node"
  package static var metrics: [MetricDefinition] { NodeMetrics.all }

  /// Kept of the time of a poll, so that slow lists do not make it late.
  private static let reserve = Duration.milliseconds(200)

  private struct Memory {
    var watch = GuestWatch()
    var refusals = RefusalPause()
    /// The last question with the token got no answer in time: a server that refuses a token may
    /// take longer than a poll, so that the next question shows none.
    var isTokenInDoubt = false
    /// How often in a row the node then answered.
    var lateRefusals = 0

    func showsToken(at time: Timestamp) -> Bool { !isTokenInDoubt && !refusals.isOn(at: time) }
  }

  private let node: String
  private let client: ProxmoxClient
  private let running: RunningGuests
  private let memory = Mutex(Memory())

  init(node: String, client: ProxmoxClient, running: RunningGuests) {
    self.node = node
    self.client = client
    self.running = running
  }

  /// None: ``ProxmoxCollector`` makes them, as its targets and these share what is known of the
  /// nodes.
  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    []
  }

  package func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    let clock = ContinuousClock()
    let start = clock.now
    let (isWatching, showsToken) = memory.withLock { memory in
      let isWatching = memory.watch.begin(at: poll.time, isAsked: poll.isAsked) {
        running.on(node)
      }
      return (isWatching, memory.showsToken(at: poll.time))
    }
    let isKnown: Bool
    do throws(ProxmoxError) {
      isKnown = try await findSignOfLife(poll, showingToken: showsToken)
    } catch {
      throw error.collectionError
    }
    let left = poll.timeout - (clock.now - start) - Self.reserve
    guard isWatching, isKnown, left > .zero else { return Collection(samples: []) }
    async let containers = list("lxc", timeout: left)
    async let machines = list("qemu", timeout: left)
    return Collection(samples: await containers + machines)
  }

  /// Returns whether the node takes the token, as far as is known; throws only when it does not
  /// answer at all.
  private func findSignOfLife(
    _ poll: Poll,
    showingToken: Bool
  ) async throws(ProxmoxError) -> Bool {
    guard showingToken else {
      try await client.findSignOfLife(of: node, timeout: poll.timeout)
      return memory.withLock { memory in
        guard memory.isTokenInDoubt else { return false }
        memory.isTokenInDoubt = false
        memory.lateRefusals += 1
        // Once is rather a node that was away and is back, whose guests are wanted.
        if memory.lateRefusals > 1 { memory.refusals.note(at: poll.time) }
        return memory.lateRefusals == 1
      }
    }
    do throws(ProxmoxError) {
      _ = try await client.get("/version", onlyFrom: node, timeout: poll.timeout)
    } catch .unauthorized {
      memory.withLock { $0.refusals.note(at: poll.time) }
      return false
    } catch .transport(let error) {
      if case .timedOut = error { memory.withLock { $0.isTokenInDoubt = true } }
      throw .transport(error)
    } catch {
      // It answered.
    }
    memory.withLock { memory in
      memory.refusals = RefusalPause()
      memory.lateRefusals = 0
    }
    return true
  }

  private func list(_ kind: String, timeout: Duration) async -> [CollectedSample] {
    do throws(ProxmoxError) {
      let path = "/nodes/\(URLText.encoded(node))/\(kind)"
      let data = try await client.get(path, onlyFrom: node, timeout: timeout).data
      let live = LiveGuests(data, kind: kind)
      memory.withLock { $0.watch.note(live) }
      return live.samples
    } catch {
      let labels = ["part": "live_\(kind)", "reason": error.kind]
      return [CollectedSample(IngestMetrics.collectorPartial, 1, labels)]
    }
  }
}
