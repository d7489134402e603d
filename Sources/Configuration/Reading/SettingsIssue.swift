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

  /// Describes a fault.
  package init(file: String, mark: YAMLMark?, key: String, message: String) {
    self.file = file
    self.mark = mark
    self.key = key
    self.message = message
  }

  /// `file:line:column: key: message`.
  package var description: String {
    let place = mark.map { "\(file):\($0.line):\($0.column)" } ?? file
    return key.isEmpty ? "\(place): \(message)" : "\(place): \(key): \(message)"
  }
}
