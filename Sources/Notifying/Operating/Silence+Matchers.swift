// SPDX-License-Identifier: MIT
package import MetricModel
import Patterns

extension Silence {
  /// Its matchers as they were written, in order.
  package var labelMatchers: [LabelMatcher] { matchers.map(\.matcher) }

  /// Describes a silence by matchers that are still to be compiled.
  ///
  /// - Throws: ``SilenceRefusal/malformed(_:)`` when a regular expression is none.
  package init(
    id: String,
    labelMatchers: [LabelMatcher],
    startsAt: Timestamp,
    endsAt: Timestamp,
    createdBy: String,
    comment: String,
    updatedAt: Timestamp
  ) throws(SilenceRefusal) {
    var compiled: [CompiledMatcher] = []
    for matcher in labelMatchers {
      do throws(PatternError) {
        compiled.append(try CompiledMatcher(matcher))
      } catch {
        throw .malformed("invalid label matcher \(matcher): \(error.reason)")
      }
    }
    self.init(
      id: id,
      matchers: compiled,
      startsAt: startsAt,
      endsAt: endsAt,
      createdBy: createdBy,
      comment: comment,
      updatedAt: updatedAt
    )
  }

  /// The same silence with another time.
  func lasting(from start: Timestamp, to end: Timestamp, updatedAt: Timestamp) -> Silence {
    Silence(
      id: id,
      matchers: matchers,
      startsAt: start,
      endsAt: end,
      createdBy: createdBy,
      comment: comment,
      updatedAt: updatedAt
    )
  }
}

/// Why a wish about silences is not granted.
package enum SilenceRefusal: Error, Equatable, Sendable {
  /// No silence has this id.
  case unknown(id: String)
  /// It has ended already.
  case expired(id: String)
  /// It is not what a silence must be.
  case malformed(String)
  /// There are as many as there may be.
  case tooMany(limit: Int)
}

extension SilenceRefusal: CustomStringConvertible {
  /// Half a sentence, in Alertmanager's words where it has some.
  package var description: String {
    switch self {
    case .unknown: "silence not found"
    case .expired(let id): "silence \(id) already expired"
    case .malformed(let reason): reason
    case .tooMany(let limit): "more than \(limit) silences are kept: expire some, or use wider ones"
    }
  }
}
