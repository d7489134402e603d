// SPDX-License-Identifier: MIT
import MetricModel

/// For how long a token that was refused is not shown again; pure.
///
/// A server makes whoever shows it a bad token wait for 3 s (pve-http-server, AnyEvent.pm).
struct RefusalPause {
  private static let first = Duration.seconds(15)
  private static let longest = Duration.seconds(300)

  private var count = 0
  private var end = Timestamp.distantPast

  /// The token was refused: each time it is left alone for longer.
  mutating func note(at time: Timestamp) {
    end = time + min(Self.first * (1 << min(count, 5)), Self.longest)
    count += 1
  }

  /// The token is left alone; no longer than the longest pause after the clock was set back.
  func isOn(at time: Timestamp) -> Bool { time < end && end - time <= Self.longest }
}
