// SPDX-License-Identifier: MIT
import Configuration

/// Reads `inhibit_rules`.
enum InhibitRuleReader {
  /// The most rules; each is asked about every alert.
  static let countMax = 200

  /// The rules in the order of the file; faults are noted in the section.
  static func read(_ section: SettingsSection) -> [InhibitRule] {
    let items = section.sections("inhibit_rules")
    if items.count > countMax {
      section.report("inhibit_rules", "at most \(countMax) rules may stand here")
    }
    var names: Set<String> = []
    return items.prefix(countMax).enumerated().map { index, item in
      let name = item.text("name") ?? "inhibit_rules[\(index)]"
      if name.isEmpty { item.report("name", "must not be empty") }
      if !names.insert(name).inserted {
        item.report("name", "\"\(name)\" is taken by another rule")
      }
      for side in ["source", "target"]
      where !["_matchers", "_match", "_match_re"].contains(where: { item.has("\(side)\($0)") }) {
        item.report("\(side)_matchers", "is required here: which alerts are the \(side)")
      }
      return InhibitRule(
        name: name,
        sources: item.matchers("source_matchers", old: "source_match"),
        targets: item.matchers("target_matchers", old: "target_match"),
        equal: item.texts("equal").map(\.text)
      )
    }
  }
}
