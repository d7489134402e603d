// SPDX-License-Identifier: MIT
import YAML

/// The keys of one section, and which of them were asked for by whoever opened it.
final class SectionAsking {
  /// As of ``SettingsSection/path``.
  let path: String
  let entries: [YAMLEntry]
  var asked: Set<String> = []

  init(_ entries: [YAMLEntry], path: String) {
    self.entries = entries
    self.path = path
  }

  func path(of key: String) -> String {
    path.isEmpty ? key : key.isEmpty ? path : "\(path).\(key)"
  }

  /// The faults of keys that nobody asked for.
  func unknownKeyIssues(inFile file: String) -> [SettingsIssue] {
    entries.filter { !asked.contains($0.key) }.map { entry in
      var message = "is not a key hvsmon knows here"
      if let nearest = nearestName(to: entry.key, among: asked) {
        message += "; did you mean \"\(nearest)\"?"
      } else if !asked.isEmpty {
        message += "; known are \(asked.sorted().joined(separator: ", "))"
      }
      return SettingsIssue(
        file: file,
        mark: entry.mark,
        key: path(of: entry.key),
        message: message
      )
    }
  }
}
