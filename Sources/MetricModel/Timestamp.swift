// SPDX-License-Identifier: MIT

/// An instant in whole milliseconds since the Unix epoch.
package struct Timestamp: Hashable, Comparable, Sendable {
  /// Milliseconds since 1970-01-01T00:00:00Z; negative before it.
  package let unixMilliseconds: Int64

  /// Makes the instant that lies this many milliseconds after the Unix epoch.
  package init(unixMilliseconds: Int64) {
    self.unixMilliseconds = unixMilliseconds
  }

  /// Makes the instant nearest to this many seconds after the Unix epoch.
  ///
  /// Values that are not finite or do not fit are clamped to ``distantPast`` and ``distantFuture``.
  package init(unixSeconds: Double) {
    let milliseconds = (unixSeconds * 1_000).rounded()
    guard milliseconds < Double(Timestamp.distantFuture.unixMilliseconds) else {
      self = .distantFuture
      return
    }
    guard milliseconds > Double(Timestamp.distantPast.unixMilliseconds) else {
      self = .distantPast
      return
    }
    self.init(unixMilliseconds: Int64(milliseconds))
  }

  /// The Unix epoch.
  package static let epoch = Timestamp(unixMilliseconds: 0)
  /// The earliest instant hvsmon handles, far enough from the limits that sums cannot overflow.
  package static let distantPast = Timestamp(unixMilliseconds: -(1 << 61))
  /// The latest instant hvsmon handles, far enough from the limits that sums cannot overflow.
  package static let distantFuture = Timestamp(unixMilliseconds: 1 << 61)

  /// Seconds since the Unix epoch.
  package var unixSeconds: Double { Double(unixMilliseconds) / 1_000 }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.unixMilliseconds < right.unixMilliseconds
  }

  /// The span from `right` to `left`; negative when `left` is earlier.
  package static func - (left: Timestamp, right: Timestamp) -> Duration {
    .milliseconds(left.unixMilliseconds.subtractingSaturating(right.unixMilliseconds))
  }

  /// The instant `span` after `instant`; parts of a millisecond are dropped.
  ///
  /// Stops at the limits of 64 bits: spans come from settings and queries.
  package static func + (instant: Timestamp, span: Duration) -> Timestamp {
    Timestamp(unixMilliseconds: instant.unixMilliseconds.addingSaturating(span.wholeMilliseconds))
  }

  /// The instant `span` before `instant`; parts of a millisecond are dropped.
  ///
  /// Stops at the limits of 64 bits: spans come from settings and queries.
  package static func - (instant: Timestamp, span: Duration) -> Timestamp {
    let milliseconds = span.wholeMilliseconds
    return Timestamp(
      unixMilliseconds: instant.unixMilliseconds.subtractingSaturating(milliseconds)
    )
  }
}

extension Int64 {
  fileprivate func addingSaturating(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other > 0 ? .max : .min) : sum
  }

  fileprivate func subtractingSaturating(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other > 0 ? .min : .max) : difference
  }
}

extension Duration {
  /// The span in whole milliseconds, truncated toward zero; the limits of 64 bits when longer.
  package var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
    guard !overflow else { return seconds > 0 ? .max : .min }
    return whole.addingSaturating(attoseconds / 1_000_000_000_000_000)
  }

  /// The span in seconds.
  package var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}

/// Tells the time; the system's clock in the daemon, a manual one in tests.
package protocol TimeSource: Sendable {
  /// The present instant.
  var now: Timestamp { get }
}
