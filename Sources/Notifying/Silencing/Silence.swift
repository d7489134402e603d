// SPDX-License-Identifier: MIT
package import MetricModel
package import Patterns

/// A wish to hear nothing of some alerts for a while.
package struct Silence: Sendable {
  /// Where a silence stands.
  package enum State: String, Sendable, CaseIterable {
    case pending
    case active
    case expired
  }

  /// A UUID; another one after a change that is more than a new end or comment.
  package let id: String
  /// All must match; a silence without any matches nothing.
  package let matchers: [CompiledMatcher]
  /// When it begins.
  package let startsAt: Timestamp
  /// When it is over: this instant is no longer part of it.
  package let endsAt: Timestamp
  /// Who made it.
  package let createdBy: String
  /// Why.
  package let comment: String
  /// When it was changed last.
  package let updatedAt: Timestamp

  /// Describes a silence.
  package init(
    id: String,
    matchers: [CompiledMatcher],
    startsAt: Timestamp,
    endsAt: Timestamp,
    createdBy: String = "",
    comment: String = "",
    updatedAt: Timestamp
  ) {
    self.id = id
    self.matchers = matchers
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.createdBy = createdBy
    self.comment = comment
    self.updatedAt = updatedAt
  }

  /// Where it stands at an instant.
  package func state(at now: Timestamp) -> State {
    if now >= endsAt { return .expired }
    return now < startsAt ? .pending : .active
  }

  /// It is in force at an instant.
  package func isActive(at now: Timestamp) -> Bool { state(at: now) == .active }

  /// It is about alerts with these labels, whenever.
  package func matches(_ labels: LabelSet) -> Bool {
    !matchers.isEmpty && matchers.allSatisfy { $0.matches(labels) }
  }
}

extension Silence: Equatable {
  package static func == (left: Silence, right: Silence) -> Bool {
    left.id == right.id && left.startsAt == right.startsAt && left.endsAt == right.endsAt
      && left.createdBy == right.createdBy && left.comment == right.comment
      && left.updatedAt == right.updatedAt
      && left.matchers.map(\.matcher) == right.matchers.map(\.matcher)
  }
}
