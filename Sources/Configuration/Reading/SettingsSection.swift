// SPDX-License-Identifier: MIT
package import YAML

/// A mapping of a settings file, asked key by key; it remembers what it was asked for.
package final class SettingsSection {
  /// The section's path, such as `architecture.tiers[0]`; empty for the whole file.
  package let path: String
  /// Where the section begins.
  package let mark: YAMLMark
  private let tree: SettingsTree
  /// The tree keeps it too, and must not keep the section, which keeps the tree.
  private let asking: SectionAsking
  private var entries: [YAMLEntry] { asking.entries }

  init(_ asking: SectionAsking, at mark: YAMLMark, tree: SettingsTree) {
    self.asking = asking
    self.mark = mark
    self.tree = tree
    path = asking.path
  }

  /// The keys that stand here, in the order of the file.
  package var keys: [String] { entries.map(\.key) }

  /// The key stands here, whatever its value.
  package func has(_ key: String) -> Bool {
    asking.asked.insert(key)
    return entries.contains { $0.key == key }
  }

  /// Notes a fault of `key`, or of the section itself when the key does not stand here.
  package func report(_ key: String, _ message: String) {
    let entry = entries.first { $0.key == key }
    tree.report(at: entry?.value.mark ?? mark, key: path(of: key), message)
  }

  /// Notes a fault at a place in the section.
  package func report(_ key: String, at mark: YAMLMark, _ message: String) {
    tree.report(at: mark, key: path(of: key), message)
  }

  /// Notes that `key` is required when it does not stand here or is null; true when it has a value.
  package func require(_ key: String, _ meaning: String) -> Bool {
    if node(key) != nil { return true }
    report(key, "is required here: \(meaning)")
    return false
  }

  /// The text of a key that must stand here and must not be empty; else it is a fault and reads as
  /// the empty text.
  package func requiredText(_ key: String, _ meaning: String) -> String {
    guard require(key, meaning) else { return "" }
    let text = text(key)
    if text?.isEmpty == true { report(key, "must not be empty: \(meaning)") }
    return text ?? ""
  }

  /// The value of `key`, nil when it does not stand here or is null.
  package func node(_ key: String) -> YAMLNode? {
    asking.asked.insert(key)
    guard let node = entries.first(where: { $0.key == key })?.value, !node.isNull else {
      return nil
    }
    return node
  }

  /// The section below `key`, nil when it does not stand here or is null.
  package func section(_ key: String) -> SettingsSection? {
    node(key).map { tree.section(of: $0, path: path(of: key)) }
  }

  /// The sections listed below `key`, in the order of the file.
  package func sections(_ key: String) -> [SettingsSection] {
    items(key).enumerated().map { index, item in
      tree.section(of: item, path: "\(path(of: key))[\(index)]")
    }
  }

  /// The items listed below `key`; anything but a list is a fault and reads as no items.
  package func items(_ key: String) -> [YAMLNode] {
    guard let node = node(key) else { return [] }
    guard case .sequence(let items) = node.content else {
      report(key, "must be a list, not \(node.kindText)")
      return []
    }
    return items
  }

  /// The text of `key`, nil when it does not stand here or is not a single value.
  package func text(_ key: String) -> String? {
    guard let node = node(key) else { return nil }
    guard case .scalar(let text, _) = node.content else {
      report(key, "must be a single value, not \(node.kindText)")
      return nil
    }
    return text
  }

  /// The texts listed below `key`, each with its place.
  package func texts(_ key: String) -> [(text: String, mark: YAMLMark)] {
    items(key).compactMap { item in
      guard case .scalar(let text, _) = item.content, !item.isNull else {
        report(key, at: item.mark, "each item must be a single value, not \(item.kindText)")
        return nil
      }
      return (text, item.mark)
    }
  }

  /// The name-to-text mapping below `key`, sorted by name; numbers and words must be quoted only
  /// where YAML would read a mapping or list.
  package func textMap(_ key: String) -> [(name: String, text: String, mark: YAMLMark)] {
    guard let node = node(key) else { return [] }
    guard case .mapping(let entries) = node.content else {
      report(key, "must be a section of names and values, not \(node.kindText)")
      return []
    }
    return entries.compactMap { entry in
      guard case .scalar(let text, _) = entry.value.content else {
        report(key, at: entry.value.mark, "\(entry.key) must be a single value")
        return nil
      }
      return (entry.key, text, entry.mark)
    }.sorted { $0.name < $1.name }
  }

  private func path(of key: String) -> String {
    asking.path(of: key)
  }

  /// The paths of the files that a name or pattern means, sorted.
  package func files(_ pattern: String) -> [String] { tree.environment.files(pattern) }

  /// The text of a file that the settings name.
  package func readFile(_ path: String) throws(SettingsEnvironment.Unreadable) -> String {
    try tree.environment.readFile(path)
  }

  /// Notes a fault of a file that the settings name.
  package func report(inFile path: String, line: Int, column: Int, _ message: String) {
    tree.report(inFile: path, at: YAMLMark(line: line, column: column), message)
  }

  /// The bytes of a zone file of the machine.
  func readTimeZone(_ name: String) throws(SettingsEnvironment.Unreadable) -> [UInt8] {
    try tree.environment.readTimeZone(name)
  }

  /// The secret `key`, from exactly one of `key`, `key_file` and `key_env`.
  ///
  /// A line feed at the end of a file is not part of the secret. A secret that cannot be read, is
  /// empty or spelt twice is a fault that names the place, never the text.
  package func secret(_ key: String) -> Secret? {
    let spellings = [key, "\(key)_file", "\(key)_env"].filter { has($0) && node($0) != nil }
    guard let spelling = spellings.first else { return nil }
    guard spellings.count == 1 else {
      report(spellings[1], "excludes \(spellings[0]): give the secret once")
      return nil
    }
    guard let text = text(spelling) else { return nil }
    let secret: String?
    switch spelling {
    case key: secret = text
    case "\(key)_env":
      secret = tree.environment.variable(text)
      if secret == nil { report(spelling, "the environment variable \(text) is not set") }
    default:
      do throws(SettingsEnvironment.Unreadable) {
        let read = try tree.environment.readFile(text)
        secret = String(read.reversed().drop { $0.isNewline }.reversed())
      } catch {
        report(spelling, "cannot read \(text): \(error.reason)")
        return nil
      }
    }
    guard let secret else { return nil }
    if secret.isEmpty { report(spelling, "the secret is empty") }
    return secret.isEmpty ? nil : Secret(secret)
  }
}
