// SPDX-License-Identifier: MIT
package import Configuration

/// The rule groups of all files.
package struct RuleSet: Sendable {
  /// One file's text.
  package struct File: Sendable {
    /// As the user named it.
    package let name: String
    /// Its bytes.
    package let text: [UInt8]

    /// Pairs a name with a text.
    package init(name: String, text: [UInt8]) {
      self.name = name
      self.text = text
    }
  }

  /// In the order of the files and, within one, of the text.
  package let groups: [RuleGroup]
  /// What is valid but hardly meant, such as the same rule twice.
  package let warnings: [SettingsIssue]

  /// No rules.
  package static let empty = RuleSet(groups: [])

  /// Collects groups.
  package init(groups: [RuleGroup], warnings: [SettingsIssue] = []) {
    self.groups = groups
    self.warnings = warnings
  }

  /// Reads files, all or none.
  ///
  /// - Throws: ``RuleFileFaults`` with everything that is wrong in any of them.
  package init(reading files: [File]) throws(RuleFileFaults) {
    self = try LocatedRules(reading: files).set
  }
}

/// Why rule files were refused.
package struct RuleFileFaults: Error, Equatable, Sendable {
  /// Everything that is wrong, at least one, in the order of files and lines.
  package let issues: [SettingsIssue]
}

/// Counts rules that say the same, over all files.
struct RuleNames {
  private var counts: [RuleIdentity: Int] = [:]

  /// The identity of the next rule that says this.
  mutating func identity(
    _ kind: RuleIdentity.Kind,
    group: String,
    name: String,
    expression: String,
    labels: [(name: String, value: String)]
  ) -> RuleIdentity {
    func identity(_ occurrence: Int) -> RuleIdentity {
      RuleIdentity(
        kind,
        group: group,
        name: name,
        expression: expression,
        labels: labels,
        occurrence: occurrence
      )
    }
    let first = identity(0)
    let occurrence = counts[first, default: 0]
    counts[first] = occurrence + 1
    return occurrence == 0 ? first : identity(occurrence)
  }
}
