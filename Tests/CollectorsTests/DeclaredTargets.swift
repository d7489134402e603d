// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Polling

/// The targets that one collector makes of a settings text.
struct DeclaredTargets {
  let targets: [Target]
  let faults: [String]

  init(_ collector: any Collector.Type, _ text: String, http: HTTPClient) {
    self.init(collector, text, services: CollectorServices(http: http))
  }

  /// What other collectors share is taken from the services.
  init(_ collector: any Collector.Type, _ text: String, services: CollectorServices) {
    let tree = SettingsTree(parsing: Array(text.utf8), file: "f")
    let (_, declared) = tree.readSettings()
    targets = collector.targets(in: declared, using: services)
    faults = tree.issues.map(\.description)
  }

  /// Asks the only target once.
  func poll(
    timeout: Duration = .seconds(5),
    connectionClosed: (@Sendable () -> Void)? = nil
  ) async throws(CollectionError) -> Collection {
    let poll = Poll(time: .epoch, timeout: timeout, connectionClosed: connectionClosed)
    return try await targets[0].collector.collect(poll)
  }
}

extension Collection {
  /// The value of the sample of this metric with these labels.
  func value(_ metric: String, _ labels: [String: String] = [:]) -> Double? {
    samples.first { $0.definition.name == metric && $0.labels == labels }?.value
  }
}
