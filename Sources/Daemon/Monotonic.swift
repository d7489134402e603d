// SPDX-License-Identifier: MIT
import Glibc
import PromQL

/// The clock that measures spans: it never goes back.
enum Monotonic {
  @Sendable static func now() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}

extension QueryDeadline {
  /// The deadline of a query that begins now.
  static func after(_ span: Duration) -> QueryDeadline {
    let end = Monotonic.now() + span
    return QueryDeadline(limit: "\(span.components.seconds)s") { Monotonic.now() >= end }
  }
}
