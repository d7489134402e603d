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

  /// When the next message may be sent; nil for now.
  func nextAllowed(by rate: DeliveryRate?, now: Timestamp) -> Timestamp? {
    guard let rate, sent.count >= rate.count else { return nil }
    let first = sent[sent.count - rate.count]
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
