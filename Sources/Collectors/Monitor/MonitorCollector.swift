// SPDX-License-Identifier: MIT
package import Configuration
package import MetricModel
import Net
package import Polling
import Topology

/// Finds out whether hvsmon itself is online: asks the gateway and witnesses outside the cluster for
/// a sign of life, all at once, by TCP.
///
/// A refused connection is a sign of life too: somebody is there to refuse it.
package final class MonitorCollector: Collector {
  package static let name = "monitor"
  package static var metrics: [MetricDefinition] { MonitorMetrics.all }

  private let witnesses: [MonitorWitness]
  private let streams: StreamConnector

  init(witnesses: [MonitorWitness], streams: StreamConnector) {
    self.witnesses = witnesses
    self.streams = streams
  }

  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    guard let section = declared.root.section("monitor") else { return [] }
    let witnesses = MonitorWitness.list(section)
    let poll = declared.poll.overridden(by: section)
    guard !witnesses.isEmpty else { return [] }
    return [
      Target(
        instance: "witnesses",
        about: .monitor,
        collector: MonitorCollector(witnesses: witnesses, streams: services.streams),
        poll: poll
      )
    ]
  }

  package func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    let answers = await signs(within: poll.timeout * 0.9)
    guard !Task.isCancelled else { throw .cancelled }
    var samples = zip(witnesses, answers).map { witness, isAlive in
      CollectedSample(MonitorMetrics.witnessUp, isAlive ? 1 : 0, ["witness": witness.name])
    }
    let isIsolated = !answers.contains(true)
    samples.append(CollectedSample(MonitorMetrics.isolated, isIsolated ? 1 : 0))
    guard isIsolated else { return Collection(samples: samples) }
    // A failure, so that it is confirmed at once, and everything else is asked.
    return Collection(
      samples: samples,
      failure: .unreachable(kind: "isolated", reason: "neither gateway nor witnesses answer"),
      isUp: true
    )
  }

  /// Which of the witnesses gave a sign of life, in their order.
  private func signs(within limit: Duration) async -> [Bool] {
    await withTaskGroup(of: (Int, Bool).self) { group in
      for (index, witness) in witnesses.enumerated() {
        for endpoint in witness.endpoints {
          group.addTask { (index, await self.givesSign(endpoint, within: limit)) }
        }
      }
      var signs = [Bool](repeating: false, count: witnesses.count)
      for await (index, isAlive) in group where isAlive {
        signs[index] = true
        // Of a gateway's ports the first that answers says enough.
        if !signs.contains(false) { group.cancelAll() }
      }
      return signs
    }
  }

  private func givesSign(_ endpoint: StreamEndpoint, within limit: Duration) async -> Bool {
    do throws(StreamError) {
      try await streams.connect(to: endpoint, within: limit).close()
      return true
    } catch {
      if case .connectionRefused = error { return true }
      return false
    }
  }
}
