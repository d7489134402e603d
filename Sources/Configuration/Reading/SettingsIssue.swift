// SPDX-License-Identifier: MIT
package import YAML

/// One fault in a settings or rule file.
package struct SettingsIssue: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file as it was named by the user.
  package let file: String
  /// Where in the file; nil when the fault is the file itself.
  package let mark: YAMLMark?
  /// The path of the key, such as `poll.interval`; empty for the whole file.
  package let key: String
  /// What is wrong and what is allowed.
  package let message: String
  /// The rule at fault as promtool names it, such as `group "g", rule 2, "Name"`; nil for faults
  /// that are named by their key, empty for those of a whole rule file.
  package let rule: String?

  /// Describes a fault.
  package init(file: String, mark: YAMLMark?, key: String, message: String, rule: String? = nil) {
    self.rule = rule
    self.file = file
    self.mark = mark
    self.key = key
    self.message = message
  }

  /// `file:line:column: key: message`, or `file: line:column: rule: message`.
  package var description: String {
    if let rule {
      let place = mark.map { "\(file): \($0.line):\($0.column)" } ?? file
      return rule.isEmpty ? "\(place): \(message)" : "\(place): \(rule): \(message)"
    }
    let place = mark.map { "\(file):\($0.line):\($0.column)" } ?? file
    return key.isEmpty ? "\(place): \(message)" : "\(place): \(key): \(message)"
  }
}
