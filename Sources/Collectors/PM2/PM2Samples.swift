// SPDX-License-Identifier: MIT
import MetricModel
import Topology

/// What PM2's list means: samples, and what is wrong with the declared processes.
struct PM2Samples {
  let settings: PM2Settings
  let member: String

  /// The samples of a daemon that answered.
  func samples(of reply: PM2Reply) -> [CollectedSample] {
    var samples = [
      CollectedSample(PM2Metrics.daemonUp, 1),
      CollectedSample(PM2Metrics.up, failure(of: reply) == nil ? 1 : 0),
    ]
    if let version = reply.version {
      samples.append(CollectedSample(PM2Metrics.daemonInfo, 1, ["version": version]))
    }
    samples += reply.processes.flatMap(samples(of:))
    samples += counts(reply.processes)
    return samples + settings.processes.flatMap { deviations($0, reply.processes) }
  }

  /// The samples of a host where no daemon runs: nothing of what is declared is online.
  var samplesWithoutDaemon: [CollectedSample] {
    [CollectedSample(PM2Metrics.daemonUp, 0), CollectedSample(PM2Metrics.up, 0)] + counts([])
  }

  /// Which declared process has no instance online, as half a sentence; nil when all have.
  func failure(of reply: PM2Reply) -> String? {
    let missing = settings.processes.filter { declared in
      !reply.processes.contains { $0.key.name == declared.name && $0.state == .online }
    }
    guard !missing.isEmpty else { return nil }
    return "no instance is online of \(missing.map(\.name).joined(separator: ", "))"
  }

  private func samples(of process: PM2Process) -> [CollectedSample] {
    let labels = ["process": process.key.name, "id": String(process.key.id)]
    let facts = [
      "namespace": process.namespace, "mode": process.mode?.rawValue, "version": process.version,
      "node_version": process.nodeVersion, "build": process.build,
    ].compactMapValues { $0 }
    var samples = [
      CollectedSample(PM2Metrics.info, 1, labels.merging(facts) { first, _ in first })
    ]
    samples += PM2Process.State.allCases.map { state in
      CollectedSample(
        PM2Metrics.state,
        process.state == state ? 1 : 0,
        labels.merging(["state": state.rawValue]) { first, _ in first }
      )
    }
    let values: [(MetricDefinition, Double?)] = [
      (PM2Metrics.restarts, process.restarts),
      (PM2Metrics.unstableRestarts, process.unstableRestarts),
      (PM2Metrics.memory, process.memoryBytes), (PM2Metrics.memoryLimit, process.memoryLimitBytes),
      (PM2Metrics.cpu, process.cpuRatio), (PM2Metrics.start, process.startSeconds),
      (PM2Metrics.exitCode, process.exitCode),
    ]
    samples += values.compactMap { definition, value in
      value.map { CollectedSample(definition, $0, labels) }
    }
    // What a process said of itself before it ended is not true any more.
    guard process.state == .online || process.state == .launching else { return samples }
    return samples
      + process.figures.compactMap { figure, value in
        PM2Metrics.figures[figure].map { CollectedSample($0, value, labels) }
      }
  }

  private func counts(_ processes: [PM2Process]) -> [CollectedSample] {
    let declared = settings.processes.map(\.name)
    let names = Set(processes.map(\.key.name)).union(declared)
    var samples = settings.processes.map { process in
      CollectedSample(PM2Metrics.declared, Double(process.instances), ["process": process.name])
    }
    for name in names.sorted() {
      let found = processes.filter { $0.key.name == name }
      let online = found.count { $0.state == .online }
      samples.append(CollectedSample(PM2Metrics.found, Double(found.count), ["process": name]))
      samples.append(CollectedSample(PM2Metrics.online, Double(online), ["process": name]))
    }
    return samples
  }

  /// Where a process is set up otherwise than declared; what is missing is counted, not told here.
  private func deviations(
    _ declared: PM2Settings.DeclaredProcess,
    _ processes: [PM2Process]
  ) -> [CollectedSample] {
    let found = processes.filter { $0.key.name == declared.name }
    var points: [(aspect: String, expected: String, found: String)] = []
    if found.count > declared.instances {
      points.append(("instances", String(declared.instances), String(found.count)))
    }
    let modes = Set(found.compactMap(\.mode))
    if let mode = declared.mode, !modes.isEmpty, modes != [mode] {
      let words = modes.map(\.rawValue).sorted().joined(separator: ", ")
      points.append(("mode", mode.rawValue, words))
    }
    return points.map { point in
      CollectedSample(
        TopologyMetrics.deviation,
        1,
        [
          "component": "member", "name": member, "aspect": "PM2 \(declared.name) \(point.aspect)",
          "expected": point.expected, "found": point.found,
        ]
      )
    }
  }
}
