// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Polling

/// Polls hvsmon itself, like any other target.
final class SelfCollector: Collector {
  static let name = "hvsmon"
  static let metrics = SelfMetrics.all

  private let gather: @Sendable () async -> [CollectedSample]

  /// - Parameter gather: What there is to tell now.
  init(gather: @escaping @Sendable () async -> [CollectedSample]) {
    self.gather = gather
  }

  /// None: the daemon makes its own one target.
  static func targets(in declared: DeclaredSections, using services: CollectorServices) -> [Target]
  {
    []
  }

  func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    Collection(samples: await gather() + ProcessUsage.samples())
  }
}
