// SPDX-License-Identifier: MIT

/// How stubbornly notifications are delivered.
package struct DeliveryPolicy: Equatable, Sendable {
  /// The wait after the first failure; it doubles with every further one.
  package var firstWait = Duration.seconds(1)
  /// The longest wait between two tries.
  package var longestWait = Duration.seconds(300)
  /// The longest wait that a peer may ask for.
  package var longestPeerWait = Duration.seconds(600)
  /// A notification that could not be delivered for this long is given up.
  package var giveUpAfter = Duration.seconds(24 * 3_600)
  /// But not before this many tries: a clock that jumped, or a long time switched off, is no reason.
  package var triesBeforeGivingUp = 5

  /// The policy of hvsmon when nothing else is said.
  package init() {}

  /// The wait after a failed try, between half of the full wait and all of it, so that peers that
  /// failed together are not asked together again.
  ///
  /// - Parameters:
  ///   - failures: The number of failures so far, from 1.
  ///   - random: Where the jitter comes from.
  /// - Returns: A positive span, at most ``longestWait``.
  func wait(afterFailures failures: Int, using random: inout some RandomNumberGenerator) -> Duration
  {
    let doublings = min(max(failures - 1, 0), 20)
    let full = min(firstWait * (1 << doublings), longestWait)
    return full / 2 + full / 2 * Double.random(in: 0...1, using: &random)
  }
}
