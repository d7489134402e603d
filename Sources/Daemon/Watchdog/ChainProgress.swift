// SPDX-License-Identifier: MIT
import MetricModel

/// When each stage on the way from a fault to a message moved last: what the dead man's ping vouches
/// for.
struct ChainProgress: Sendable {
  /// A stage on the way.
  enum Stage: String, Sendable, CaseIterable {
    /// Some target was polled and its poll was settled.
    case poll
    /// Some rule group was evaluated.
    case rules
    /// The file that keeps messages took a write.
    case queue
  }

  /// How long each stage may stand still.
  struct Bounds: Equatable, Sendable {
    /// Three polls and the time of one, at least half a minute.
    let poll: Duration
    /// Two evaluations of the group that is evaluated most often, at least half a minute; nil when
    /// there are no rules.
    let rules: Duration?

    private static let least = Duration.seconds(30)

    init(pollInterval: Duration, pollTimeout: Duration, ruleInterval: Duration?) {
      poll = max(pollInterval * 3 + pollTimeout, Self.least)
      rules = ruleInterval.map { max($0 * 2, Self.least) }
    }
  }

  /// When a poll was settled last; nil when none was.
  var polledAt: Timestamp?
  /// When a rule group was evaluated last; nil when none was.
  var evaluatedAt: Timestamp?

  /// The first stage that stands still for too long; those behind it may move and mean nothing.
  ///
  /// - Parameters:
  ///   - bounds: How long each may.
  ///   - startedAt: When hvsmon started: a stage has its time from then on.
  ///   - now: The present.
  /// - Returns: Nil when all of them move.
  func stalled(bounds: Bounds, startedAt: Timestamp, now: Timestamp) -> Stage? {
    if now - (polledAt ?? startedAt) > bounds.poll { return .poll }
    if let rules = bounds.rules, now - (evaluatedAt ?? startedAt) > rules { return .rules }
    return nil
  }
}
