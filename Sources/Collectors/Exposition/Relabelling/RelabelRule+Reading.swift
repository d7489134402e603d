// SPDX-License-Identifier: MIT
import Configuration
import Net
import Patterns

extension RelabelRule {
  /// The most rules of one list.
  static let rulesMax = 200
  /// The longest `replacement` and `target_label` in bytes.
  static let templateBytesMax = 1_024

  /// Reads a list of rules; what is wrong is reported to the section.
  static func rules(_ key: String, of section: SettingsSection) -> [RelabelRule] {
    let rules = section.sections(key)
    if rules.count > rulesMax { section.report(key, "must list at most \(rulesMax) rules") }
    return rules.compactMap { RelabelRule(reading: $0) }
  }

  /// Reads one rule; nil after a fault.
  init?(reading section: SettingsSection) {
    let actions = Dictionary(uniqueKeysWithValues: Action.allCases.map { ($0.rawValue, $0) })
    // Prometheus takes the word in any case.
    let action =
      section.text("action").flatMap { Action(rawValue: $0.lowercased()) }
      ?? section.choice("action", default: .replace, among: actions)
    let regex = section.text("regex") ?? Self.standardPattern
    let compiled: AnchoredPattern?
    do throws(PatternError) {
      compiled = try AnchoredPattern(regex, capturing: action == .replace || action == .labelmap)
    } catch {
      section.report("regex", "is no RE2 expression: \(error.reason)")
      compiled = nil
    }
    guard let compiled else {
      for key in Self.keys { _ = section.node(key) }
      return nil
    }
    pattern = compiled
    self.action = action
    sourceLabels = section.texts("source_labels").map(\.text)
    separator = section.text("separator") ?? ";"
    modulus = UInt64(section.integer("modulus", default: 0, in: 0...Int.max))
    targetLabel = section.text("target_label") ?? ""
    replacement = section.text("replacement") ?? Self.standardReplacement
    for (key, text) in [("target_label", targetLabel), ("replacement", replacement)]
    where text.utf8.count > Self.templateBytesMax {
      section.report(key, "must have at most \(Self.templateBytesMax) bytes")
    }
    if sourceLabels.count > Self.sourceLabelsMax {
      section.report("source_labels", "must list at most \(Self.sourceLabelsMax) labels")
    }
    check(regex, section)
  }

  private static let sourceLabelsMax = 64
  private static let keys = [
    "source_labels", "separator", "modulus", "target_label", "replacement",
  ]

  /// What goes together; the rules are those of Prometheus' `relabel.Config`.
  private func check(_ regex: String, _ section: SettingsSection) {
    let word = "the action \(action.rawValue)"
    switch action {
    case .replace, .hashmod, .lowercase, .uppercase, .keepequal, .dropequal:
      if targetLabel.isEmpty {
        section.report("target_label", "is required here: the label that \(word) is about")
      } else if !isTarget(targetLabel) {
        section.report("target_label", "must be a label name, not \"\(targetLabel)\"")
      }
    case .labelmap:
      if !LabelNameText.isTemplate(replacement) {
        section.report(
          "replacement",
          "must be a label name in which $1 may stand for a group, not \"\(replacement)\""
        )
      }
    case .keep, .drop, .labeldrop, .labelkeep: break
    }
    if action == .hashmod {
      if modulus == 0 { section.report("modulus", "is required here: a whole number from 1") }
      if Digest.md5([]) == nil {
        section.report("action", "hashmod needs MD5, which this machine's libcrypto refuses")
      }
    }
    let other: [(key: String, isSet: Bool)] = [
      ("source_labels", !sourceLabels.isEmpty), ("target_label", !targetLabel.isEmpty),
      ("separator", separator != ";"), ("modulus", modulus != 0),
      ("replacement", replacement != Self.standardReplacement),
      ("regex", regex != Self.standardPattern),
    ]
    let unused: Set<String> =
      switch action {
      case .labeldrop, .labelkeep:
        ["source_labels", "target_label", "separator", "modulus", "replacement"]
      case .keepequal, .dropequal: ["regex", "separator", "modulus", "replacement"]
      case .lowercase, .uppercase: ["replacement"]
      default: []
      }
    for (key, isSet) in other where isSet && unused.contains(key) {
      section.report(key, "has no meaning for \(word): leave it out")
    }
  }

  private func isTarget(_ text: String) -> Bool {
    action == .replace && text.contains("$")
      ? LabelNameText.isTemplate(text) : LabelNameText.isName(text)
  }
}

/// The forms of label names in settings.
enum LabelNameText {
  /// The classic form: letters, digits and underscores, no digit first.
  static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !isDigit(first) else { return false }
    return text.utf8.allSatisfy { isLetter($0) || isDigit($0) }
  }

  /// A name in which `$1`, `${1}` and the like may stand.
  static func isTemplate(_ text: String) -> Bool {
    var rest = text.utf8[...]
    guard let first = rest.first, !isDigit(first) else { return false }
    while let byte = rest.popFirst() {
      if isLetter(byte) || isDigit(byte) { continue }
      guard byte == UInt8(ascii: "$") else { return false }
      let isBraced = rest.first == UInt8(ascii: "{")
      if isBraced { rest = rest.dropFirst() }
      let group = rest.prefix { isLetter($0) || isDigit($0) }
      rest = rest.dropFirst(group.count)
      guard !group.isEmpty else { return false }
      if isBraced { guard rest.popFirst() == UInt8(ascii: "}") else { return false } }
    }
    return true
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_")
      || byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") <= 9
  }
}
