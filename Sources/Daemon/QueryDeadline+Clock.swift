// SPDX-License-Identifier: MIT
import Polling
import PromQL

extension QueryDeadline {
  /// The deadline of a query that begins now; measured in uptime, so that setting the clock neither
  /// cuts nor stretches it.
  static func after(_ span: Duration, on clock: any PollClock) -> QueryDeadline {
    let end = clock.uptime + span
    return QueryDeadline(limit: "\(span.components.seconds)s") { clock.uptime >= end }
  }

  /// The same for a query on the caller's own task: the end of the task ends it as well.
  static func after(_ span: Duration, orCancellationOn clock: any PollClock) -> QueryDeadline {
    let deadline = after(span, on: clock)
    return QueryDeadline(limit: deadline.limit) { Task.isCancelled || deadline.isPast() }
  }
}
