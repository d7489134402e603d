// SPDX-License-Identifier: MIT
import Configuration
import MetricModel

/// How many messages a service takes from one sender.
package struct DeliveryRate: Equatable, Sendable {
  /// The most that can be allowed, and so remembered.
  package static let countMax = 10_000

  /// So many messages...
  package let count: Int
  /// ...within any stretch of this length.
  package let span: Duration

  /// Describes a rate; the count is at least one.
  package init(_ count: Int, per span: Duration) {
    self.count = min(max(count, 1), Self.countMax)
    self.span = span
  }

  /// Reads `20/m`, `1/s` or `5/2s`; nil when the text is none of these.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let count = Int(parts[0]), (1...Self.countMax).contains(count) else {
      return nil
    }
    // A unit alone is one of it.
    let spelt = parts[1].first?.isNumber == true ? String(parts[1]) : "1\(parts[1])"
    guard let span = QuantityText.span(spelt), span > .zero, span <= .seconds(86_400) else {
      return nil
    }
    self.init(count, per: span)
  }
}

/// When messages were sent, as far as the rate asks.
struct RateWindow: Sendable {
  private var sent: [Timestamp] = []

  /// When so many messages may be sent at once; nil for now, the distant future for never.
  func nextAllowed(
    _ messages: Int = 1,
    by rate: DeliveryRate?,
    now: Timestamp
  ) -> Timestamp? {
    guard let rate else { return nil }
    guard messages <= rate.count else { return .distantFuture }
    // So many may have been sent within the span beside these.
    let others = rate.count - messages
    guard sent.count > others else { return nil }
    let first = sent[sent.count - others - 1]
    // A clock that was set back must not block until it has caught up.
    let allowed = min(first, now) + rate.span
    return allowed > now ? allowed : nil
  }

  /// Notes that one is sent.
  mutating func note(_ now: Timestamp, by rate: DeliveryRate?) {
    guard let rate else { return }
    sent.append(now)
    if sent.count >= 2 * rate.count { sent.removeFirst(sent.count - rate.count) }
  }
}
