// SPDX-License-Identifier: MIT
package import Architecture
package import MetricModel
package import Patterns
package import Topology

/// Work that was announced in the settings: alerts about what it touches wait until it is over.
package struct MaintenanceWindow: Sendable {
  /// When the work is done.
  package enum Time: Sendable {
    /// Once, up to but not including `end`.
    case once(start: Timestamp, end: Timestamp)
    /// For so long from every run of a schedule on.
    case recurring(CalendarEvent, zone: TimeZoneRules, duration: Duration)
  }

  /// What people call it.
  package let name: String
  /// When.
  package let time: Time
  /// An alert that satisfies all of these is touched; none touches nothing.
  package let matchers: [CompiledMatcher]
  /// Alerts about these, and about what stands on the nodes and guests among them, are touched.
  package let components: [Component]

  /// Describes work.
  package init(
    name: String,
    time: Time,
    matchers: [CompiledMatcher] = [],
    components: [Component] = []
  ) {
    self.name = name
    self.time = time
    self.matchers = matchers
    self.components = components
  }

  /// The work is done at an instant.
  package func isActive(at now: Timestamp) -> Bool {
    switch time {
    case .once(let start, let end): return start <= now && now < end
    case .recurring(let event, let zone, let duration):
      guard let run = event.previous(before: now + .milliseconds(1), in: zone) else { return false }
      return now < run + duration
    }
  }

  /// When it begins or ends next; nil for never.
  package func nextChange(after now: Timestamp) -> Timestamp? {
    switch time {
    case .once(let start, let end): return [start, end].filter { $0 > now }.min()
    case .recurring(let event, let zone, let duration):
      let end = event.previous(before: now + .milliseconds(1), in: zone).map { $0 + duration }
      return [end, event.next(after: now, in: zone)].compactMap { $0 }.filter { $0 > now }.min()
    }
  }
}
