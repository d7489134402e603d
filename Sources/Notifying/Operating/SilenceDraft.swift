// SPDX-License-Identifier: MIT
package import MetricModel
import Patterns

/// A silence as somebody wants it.
package struct SilenceDraft: Equatable, Sendable {
  /// The most matchers of a silence.
  package static let matchersMax = 64
  /// The longest text of a silence, in bytes.
  package static let textBytesMax = 4 << 10

  /// The silence that is to be changed; empty for a new one.
  package var id: String
  /// All must match.
  package var matchers: [LabelMatcher]
  /// When it begins; before now means now.
  package var startsAt: Timestamp
  /// When it ends.
  package var endsAt: Timestamp
  /// Who wants it.
  package var createdBy: String
  /// Why.
  package var comment: String

  /// Describes a wish.
  package init(
    id: String = "",
    matchers: [LabelMatcher],
    startsAt: Timestamp,
    endsAt: Timestamp,
    createdBy: String,
    comment: String
  ) {
    self.id = id
    self.matchers = matchers
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.createdBy = createdBy
    self.comment = comment
  }

  /// The silence that this makes; its end lies ahead.
  ///
  /// - Throws: ``SilenceRefusal/malformed(_:)``.
  func silence(id: String, now: Timestamp) throws(SilenceRefusal) -> Silence {
    guard startsAt < endsAt else { throw .malformed("start time must be before end time") }
    guard endsAt > now else { throw .malformed("end time can't be in the past") }
    guard !matchers.isEmpty else {
      throw .malformed("invalid silence: at least one matcher required")
    }
    guard matchers.count <= Self.matchersMax else {
      throw .malformed("invalid silence: more than \(Self.matchersMax) matchers")
    }
    guard !createdBy.isEmpty else { throw .malformed("invalid silence: creator missing") }
    guard !comment.isEmpty else { throw .malformed("invalid silence: comment missing") }
    let texts = [createdBy, comment] + matchers.flatMap { [$0.name, $0.value] }
    guard texts.allSatisfy({ $0.utf8.count <= Self.textBytesMax }) else {
      throw .malformed("invalid silence: a text of more than \(Self.textBytesMax) bytes")
    }
    guard matchers.allSatisfy({ !$0.name.isEmpty }) else {
      throw .malformed("invalid silence: invalid label matcher: a name is empty")
    }
    let silence = try Silence(
      id: id,
      labelMatchers: matchers,
      startsAt: startsAt,
      endsAt: endsAt,
      createdBy: createdBy,
      comment: comment,
      updatedAt: now
    )
    guard silence.matchers.contains(where: { !$0.matchesEmpty }) else {
      throw .malformed("invalid silence: at least one matcher must not match the empty string")
    }
    return silence
  }
}
