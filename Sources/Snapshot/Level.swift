// SPDX-License-Identifier: MIT
package import MetricModel

/// How something is to be looked at, from calm to urgent.
package enum Level: String, CaseIterable, Comparable, Sendable {
  case ok
  case info
  /// It failed because something else did.
  case held
  /// Somebody works on it.
  case maintenance
  /// Nobody knows; never read as well.
  case unknown
  case warning
  case critical

  /// The more urgent comes later.
  package static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }

  /// Somebody should look at it.
  package var isProblem: Bool { self >= .held }

  private var rank: Int {
    switch self {
    case .ok: 0
    case .info: 1
    case .held: 2
    case .maintenance: 3
    case .unknown: 4
    case .warning: 5
    case .critical: 6
    }
  }
}

/// Whether something does its work.
package enum WorkingState: String, CaseIterable, Sendable {
  case working
  case failed
  case unknown
}

/// How one part of the cluster stands.
package struct Condition: Equatable, Sendable {
  /// How it is to be looked at.
  package var level = Level.unknown
  /// Whether it does its work.
  package var state = WorkingState.unknown
  /// Since when it is in that state.
  package var since: Timestamp?
  /// Why, or what is odd about it.
  package var note: String?
  /// How old what is known of it is, in seconds.
  package var ageSeconds: Double?

  /// A condition of which nothing is known.
  package init() {}

  /// Describes a condition.
  package init(
    _ level: Level,
    _ state: WorkingState,
    since: Timestamp? = nil,
    note: String? = nil,
    ageSeconds: Double? = nil
  ) {
    self.level = level
    self.state = state
    self.since = since
    self.note = note
    self.ageSeconds = ageSeconds
  }

  mutating func visit(_ fields: inout some FieldVisiting) {
    fields.word("level", &level, else: .unknown)
    fields.word("state", &state, else: .unknown)
    fields.time("since", &since)
    fields.text("note", &note)
    fields.number("age_seconds", &ageSeconds)
  }
}
