// SPDX-License-Identifier: MIT
import MetricModel

/// What one node knows of the others from their broadcasts.
///
/// pvestatd tells figures every ten seconds; a node keeps what it heard for five minutes.
struct Broadcasts {
  static let interval: Int64 = 10
  static let lifetime: Int64 = 300
  /// After a boot the first sample is skipped.
  static let firstSampleDelay = Duration.seconds(10)

  private let newest: [String: Timestamp]

  init(world: SimulatedWorld, viewer: String, at instant: Timestamp) {
    var newest: [String: Timestamp] = [:]
    for node in world.plan.nodes {
      newest[node.name] = Self.newest(of: node, world: world, viewer: viewer, at: instant)
    }
    self.newest = newest
  }

  /// When the figures of a node were taken; nil when they are too old or were never heard.
  subscript(node: String) -> Timestamp? { newest[node] }

  private static func newest(
    of node: ClusterPlan.Node,
    world: SimulatedWorld,
    viewer: String,
    at instant: Timestamp
  ) -> Timestamp? {
    let phase = Int64(node.number) % interval
    var tick = (instant.wholeSeconds - phase) / interval * interval + phase
    while instant.wholeSeconds - tick < lifetime {
      let sample = Timestamp(wholeSeconds: tick)
      if isHeard(node.name, at: sample, world: world, viewer: viewer, now: instant) {
        return sample
      }
      tick -= interval
    }
    return nil
  }

  private static func isHeard(
    _ node: String,
    at sample: Timestamp,
    world: SimulatedWorld,
    viewer: String,
    now: Timestamp
  ) -> Bool {
    let isSent =
      world.isUp(node: node, at: sample) && !world.has(.statisticsHung(node), at: sample)
      && world.bootedAt(node: node, at: sample) + firstSampleDelay <= sample
    guard isSent else { return false }
    if node == viewer { return world.bootedAt(node: viewer, at: now) <= sample }
    // What a node heard is in its memory only.
    return world.bootedAt(node: viewer, at: now) <= sample
      && !world.has(.nodeIsolated(node), at: sample)
      && !world.has(.nodeIsolated(viewer), at: sample)
  }
}
