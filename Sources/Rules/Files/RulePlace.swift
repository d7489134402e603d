// SPDX-License-Identifier: MIT
package import Configuration
import MetricModel
package import PromQL
package import YAML

/// Where one rule stands in its file.
package struct RulePlace: Sendable {
  /// The file, as the user named it.
  package let file: String
  /// Group, number from 1 and name: `group "g", rule 2, "Name"`.
  package let title: String
  /// Where the rule begins.
  package let mark: YAMLMark
  private let expression: YAMLNode?
  private let scalars: ScalarPlaces

  init(
    file: String,
    title: String,
    mark: YAMLMark,
    expression: YAMLNode?,
    scalars: ScalarPlaces
  ) {
    self.file = file
    self.title = title
    self.mark = mark
    self.expression = expression
    self.scalars = scalars
  }

  /// The place in the file of a place in the rule's expression.
  package func mark(of position: SourcePosition) -> YAMLMark {
    expression.map { scalars.mark(of: $0, line: position.line, column: position.column) } ?? mark
  }

  /// Something to say about the rule.
  package func issue(at mark: YAMLMark? = nil, _ message: String) -> SettingsIssue {
    SettingsIssue(file: file, mark: mark ?? self.mark, key: "", message: message, rule: title)
  }
}

/// A set of rules, and where each of them stands.
package struct LocatedRules: Sendable {
  /// The rules.
  package let set: RuleSet
  /// For every rule of the set.
  package let places: [RuleIdentity: RulePlace]

  /// Reads files, all or none.
  ///
  /// - Parameters:
  ///   - files: The files.
  ///   - ignoringUnknownKeys: Keys that Prometheus does not know are left out, not faults.
  /// - Throws: ``RuleFileFaults`` with everything that is wrong in any of them.
  package init(
    reading files: [RuleSet.File],
    ignoringUnknownKeys: Bool = false
  ) throws(RuleFileFaults) {
    var groups: [RuleGroup] = []
    var warnings: [SettingsIssue] = []
    var issues: [SettingsIssue] = []
    var places: [RuleIdentity: RulePlace] = [:]
    var names = RuleNames()
    for file in files {
      let reader = RuleFileReader(file, ignoringUnknownKeys: ignoringUnknownKeys)
      groups += reader.groups(&names)
      warnings += reader.warnings
      issues += reader.issues
      places.merge(reader.places) { first, _ in first }
    }
    guard issues.isEmpty else { throw RuleFileFaults(issues: issues) }
    set = RuleSet(groups: groups, warnings: warnings)
    self.places = places
  }
}

/// Names groups and rules of one file the way promtool does, by the paths of their sections.
struct RuleTitles {
  private var titles: [String: String] = [:]

  mutating func add(group name: String, at path: String) {
    titles[path] = name.isEmpty ? "" : "group \(name.quotedForPromQL)"
  }

  mutating func add(rule name: String, _ number: Int, of group: String, at path: String) {
    titles[path] = "group \(group.quotedForPromQL), rule \(number), \(name.quotedForPromQL)"
  }

  func title(at path: String) -> String { titles[path] ?? "" }

  /// The fault with its rule in the place of its key.
  func naming(_ issue: SettingsIssue) -> SettingsIssue {
    let parts = issue.key.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    var title = ""
    var rest = issue.key
    for count in stride(from: min(2, parts.count), to: 0, by: -1) {
      let path = parts.prefix(count).joined(separator: ".")
      guard let found = titles[path] else { continue }
      title = found
      rest = String(issue.key.dropFirst(path.count + 1))
      break
    }
    // The message says itself what it is about.
    if issue.message.hasPrefix("groupname") { title = "" }
    return SettingsIssue(
      file: issue.file,
      mark: issue.mark,
      key: issue.key,
      message: Self.naming(rest, in: issue.message),
      rule: title
    )
  }

  private static func naming(_ key: String, in message: String) -> String {
    if key.isEmpty || ["expr", "record", "alert", "name"].contains(key)
      || message.hasPrefix("invalid ")
    {
      return message
    }
    for (section, noun) in [("labels.", "label"), ("annotations.", "annotation")]
    where key.hasPrefix(section) {
      return "\(noun) \(String(key.dropFirst(section.count)).quotedForPromQL): \(message)"
    }
    return "\(key): \(message)"
  }
}
