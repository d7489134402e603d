// SPDX-License-Identifier: MIT
import MetricModel

/// The processes of nginx on one host: a master and its workers.
struct NginxProcesses: Equatable, Sendable {
  let workers: Int
  /// In Unix seconds by the host's clock; nil when nginx does not run.
  let masterStart: Double?
  /// When the youngest worker began: at the last reload, unless one was replaced since.
  let workerStart: Double?

  /// Tells them apart; `starts` are by process number.
  init(_ listing: ProcessListing, _ starts: [Int64: Double]) {
    let masters = Set(listing.roots.map(\.id))
    let workers = listing.processes.filter { !masters.contains($0.id) && $0.state != .ended }
    self.workers = workers.count
    masterStart = masters.compactMap { starts[$0] }.min()
    workerStart = workers.compactMap { starts[$0.id] }.max()
  }

  func samples(with configuration: NginxConfiguration?) -> [CollectedSample] {
    typealias Metrics = NginxHostMetrics
    var samples = [CollectedSample(Metrics.workers, Double(workers))]
    if let masterStart { samples.append(CollectedSample(Metrics.start, masterStart)) }
    if let workerStart { samples.append(CollectedSample(Metrics.workerStart, workerStart)) }
    guard let configuration else { return samples }
    if let newest = configuration.newestSeconds, newest > 0, let workerStart {
      // The host's clock is told in whole seconds.
      let isPending = newest > workerStart + 1
      samples.append(CollectedSample(Metrics.reloadPending, isPending ? 1 : 0))
    }
    let processes = configuration.workers ?? workers
    if processes > 0 {
      let limit = Double(processes) * Double(configuration.connectionsPerWorker)
      samples.append(CollectedSample(Metrics.connectionsMax, limit))
    }
    return samples
  }
}

extension NginxCertificate {
  func samples(
    of facts: CertificateFacts,
    _ workerStart: Double?,
    at now: Timestamp
  ) -> [CollectedSample] {
    typealias Metrics = NginxHostMetrics
    let labels = ["path": path]
    var samples = [
      CollectedSample(Metrics.certificateExpiry, facts.notAfter.unixSeconds, labels)
    ]
    if let serial = facts.serial {
      samples.append(CollectedSample(Metrics.certificate, 1, ["path": path, "serial": serial]))
    }
    if let workerStart {
      let isPending = isPending(facts, workersSince: workerStart, at: now)
      samples.append(CollectedSample(Metrics.certificatePending, isPending ? 1 : 0, labels))
    }
    return samples
  }
}
