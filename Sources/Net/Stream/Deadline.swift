// SPDX-License-Identifier: MIT

/// An instant by which several steps have to be done together.
package struct Deadline: Sendable {
  /// The longest that can be asked for.
  private static let longest = Duration.seconds(86_400)

  /// How long it was when it began.
  package let limit: Duration
  private let end: ContinuousClock.Instant

  /// Begins now; more than a day is cut to that.
  package init(after limit: Duration) {
    self.limit = min(limit, Self.longest)
    end = ContinuousClock.now.advanced(by: self.limit)
  }

  /// How long is left now; zero when it is over.
  package var left: Duration { max(.zero, ContinuousClock.now.duration(to: end)) }
}
