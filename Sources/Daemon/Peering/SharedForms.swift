// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Patterns

/// A silence as instances hand it to each other.
struct SilenceForm: Codable {
  private static let idBytesMax = 128
  private static let millisecondsMax: Int64 = 1 << 53

  private struct Matcher: Codable {
    let name: String
    let operation: String
    let value: String
  }

  private let id: String
  private let matchers: [Matcher]
  private let startsUnixMs: Int64
  private let endsUnixMs: Int64
  private let updatedUnixMs: Int64
  private let createdBy: String
  private let comment: String

  init(_ silence: Silence) {
    id = silence.id
    matchers = silence.labelMatchers.map {
      Matcher(name: $0.name, operation: $0.operation.rawValue, value: $0.value)
    }
    startsUnixMs = silence.startsAt.unixMilliseconds
    endsUnixMs = silence.endsAt.unixMilliseconds
    updatedUnixMs = silence.updatedAt.unixMilliseconds
    (createdBy, comment) = (silence.createdBy, silence.comment)
  }

  /// The silence; nil when nobody could have made it.
  var silence: Silence? {
    let texts = [createdBy, comment] + matchers.flatMap { [$0.name, $0.value] }
    let times = [startsUnixMs, endsUnixMs, updatedUnixMs]
    guard (1...Self.idBytesMax).contains(id.utf8.count),
      (1...SilenceDraft.matchersMax).contains(matchers.count),
      texts.allSatisfy({ $0.utf8.count <= SilenceDraft.textBytesMax }),
      matchers.allSatisfy({ !$0.name.isEmpty }),
      times.allSatisfy({ (0...Self.millisecondsMax).contains($0) })
    else { return nil }
    var plain: [LabelMatcher] = []
    for matcher in matchers {
      guard let operation = LabelMatcher.Operation(rawValue: matcher.operation) else { return nil }
      plain.append(LabelMatcher(matcher.name, operation, matcher.value))
    }
    do throws(SilenceRefusal) {
      let silence = try Silence(
        id: id,
        labelMatchers: plain,
        startsAt: Timestamp(unixMilliseconds: startsUnixMs),
        endsAt: Timestamp(unixMilliseconds: endsUnixMs),
        createdBy: createdBy,
        comment: comment,
        updatedAt: Timestamp(unixMilliseconds: updatedUnixMs)
      )
      // One that matches everything was never made by anybody.
      return silence.matchers.contains { !$0.matchesEmpty } ? silence : nil
    } catch {
      return nil
    }
  }
}

/// An acknowledgement as instances hand it to each other.
struct AcknowledgementForm: Codable {
  private static let labelsMax = 256
  private static let textBytesMax = 4 << 10
  private static let millisecondsMax: Int64 = 1 << 53

  /// Names and values in turn; nil for a group.
  private let labels: [String]?
  private let groupKey: String?
  private let by: String
  private let atUnixMs: Int64
  private let comment: String
  private let isWithdrawn: Bool

  init(_ made: Acknowledgement) {
    switch made.subject {
    case .alert(let labels):
      self.labels = labels.flatMap { [$0.name, $0.value] }
      groupKey = nil
    case .group(let key): (labels, groupKey) = (nil, key)
    }
    (by, comment, isWithdrawn) = (made.by, made.comment, made.isWithdrawn)
    atUnixMs = made.at.unixMilliseconds
  }

  /// The acknowledgement; nil when nobody could have made it.
  var acknowledgement: Acknowledgement? {
    guard let subject, by.utf8.count <= Self.textBytesMax, comment.utf8.count <= Self.textBytesMax,
      (0...Self.millisecondsMax).contains(atUnixMs)
    else { return nil }
    let at = Timestamp(unixMilliseconds: atUnixMs)
    return Acknowledgement(subject, by: by, at: at, comment: comment, isWithdrawn: isWithdrawn)
  }

  private var subject: Acknowledgement.Subject? {
    switch (labels, groupKey) {
    case (let pairs?, nil):
      guard !pairs.isEmpty, pairs.count.isMultiple(of: 2), pairs.count <= 2 * Self.labelsMax,
        pairs.allSatisfy({ $0.utf8.count <= Self.textBytesMax })
      else { return nil }
      let labels = stride(from: 0, to: pairs.count, by: 2).map {
        Label(pairs[$0], pairs[$0 + 1])
      }
      guard Set(labels.map(\.name)).count == labels.count else { return nil }
      return .alert(LabelSet(labels))
    case (nil, let key?):
      return key.utf8.count <= ToldGroupForm.groupKeyBytesMax ? .group(key: key) : nil
    default: return nil
    }
  }
}
