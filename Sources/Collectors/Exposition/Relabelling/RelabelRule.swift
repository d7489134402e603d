// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Patterns

/// One rule of `metric_relabel_configs`; pure.
///
/// Source: Prometheus 3, configuration, `relabel_config`.
struct RelabelRule: Sendable {
  /// What a rule does.
  enum Action: String, CaseIterable, Sendable {
    case replace
    case keep
    case drop
    case hashmod
    case labelmap
    case labeldrop
    case labelkeep
    case lowercase
    case uppercase
    case keepequal
    case dropequal
  }

  /// What becomes of a series.
  enum Verdict: Equatable, Sendable {
    case kept
    case dropped
    /// A text grew past ``textBytesMax``.
    case tooLong
  }

  /// Bytes of a text that a rule reads or makes.
  static let textBytesMax = 64 << 10

  var action = Action.replace
  var sourceLabels: [String] = []
  var separator = ";"
  var pattern: AnchoredPattern
  var modulus: UInt64 = 0
  var targetLabel = ""
  var replacement = Self.standardReplacement

  static let standardPattern = "(.*)"
  static let standardReplacement = "$1"

  /// Changes the labels, or says why the series has none any more.
  func apply(to draft: inout LabelDraft) -> Verdict {
    switch action {
    case .labelmap: return map(&draft)
    case .labeldrop:
      draft.removeAll { pattern.matches($0) }
      return .kept
    case .labelkeep:
      draft.removeAll { !pattern.matches($0) }
      return .kept
    default: break
    }
    let value = sourceLabels.map { draft[$0] }.joined(separator: separator)
    guard value.utf8.count <= Self.textBytesMax else { return .tooLong }
    switch action {
    case .keep: return pattern.matches(value) ? .kept : .dropped
    case .drop: return pattern.matches(value) ? .dropped : .kept
    case .keepequal: return value.hasSameBytes(as: draft[targetLabel]) ? .kept : .dropped
    case .dropequal: return value.hasSameBytes(as: draft[targetLabel]) ? .dropped : .kept
    case .lowercase: return set(targetLabel, to: value.lowercased(), in: &draft)
    case .uppercase: return set(targetLabel, to: value.uppercased(), in: &draft)
    case .hashmod: return set(targetLabel, to: hash(value), in: &draft)
    default: return replace(value, &draft)
    }
  }

  private func replace(_ value: String, _ draft: inout LabelDraft) -> Verdict {
    guard let name = pattern.expanding(targetLabel, for: value), !name.isEmpty,
      let text = pattern.expanding(replacement, for: value)
    else { return .kept }
    return set(name, to: text, in: &draft)
  }

  private func map(_ draft: inout LabelDraft) -> Verdict {
    for label in draft.labels {
      guard let name = pattern.expanding(replacement, for: label.name), !name.isEmpty else {
        continue
      }
      let verdict = set(name, to: label.value, in: &draft)
      guard verdict == .kept else { return verdict }
    }
    return .kept
  }

  private func set(_ name: String, to value: String, in draft: inout LabelDraft) -> Verdict {
    guard name.utf8.count <= Self.textBytesMax, value.utf8.count <= Self.textBytesMax else {
      return .tooLong
    }
    draft[name] = value
    return .kept
  }

  /// The last eight bytes of the MD5, as a number, modulo the modulus.
  private func hash(_ value: String) -> String {
    // Settings with this action are refused where there is no MD5.
    guard modulus > 0, let digest = Digest.md5(Array(value.utf8)) else { return "" }
    let number = digest[8...].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    return String(number % modulus)
  }
}
