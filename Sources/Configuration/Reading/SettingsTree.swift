// SPDX-License-Identifier: MIT
package import YAML

/// One file being read: its sections, what was asked of them, and what was wrong.
///
/// Used by one task during one load and then dropped; it is deliberately not `Sendable`.
package final class SettingsTree {
  /// How files of a kind are written.
  package enum Dialect: Equatable, Sendable {
    /// hvsmon's own settings: no aliases, one document, every key known.
    case settings
    /// Prometheus' rule and test files: aliases stand for what they name, and a second document is
    /// left out with a warning.
    case prometheus(ignoresUnknownKeys: Bool)
  }

  /// The file as the user named it.
  package let file: String
  let environment: SettingsEnvironment
  private let ignoresUnknownKeys: Bool
  /// What is allowed in the text as a whole but hardly meant.
  package private(set) var warnings: [SettingsIssue] = []
  private var collected: [SettingsIssue] = []
  private var reported: Set<String> = []
  private var sections: [String: SectionAsking] = [:]

  /// Parses a file's text; text that is not YAML is an issue and reads as an empty file.
  ///
  /// - Parameters:
  ///   - text: The bytes of the file.
  ///   - file: Its name for messages.
  ///   - environment: The way to secrets kept elsewhere.
  ///   - dialect: How the file is written.
  package init(
    parsing text: [UInt8],
    file: String,
    environment: SettingsEnvironment = .empty,
    dialect: Dialect = .settings
  ) {
    self.file = file
    self.environment = environment
    ignoresUnknownKeys = dialect == .prometheus(ignoresUnknownKeys: true)
    do throws(YAMLError) {
      let document = try YAMLDocument(parsing: text, expandsAliases: dialect != .settings)
      parsedRoot = document.root
      if let mark = document.furtherDocument {
        let message = "a second document begins here: hvsmon reads only one"
        if dialect == .settings {
          report(at: mark, key: "", message)
        } else {
          warnings.append(SettingsIssue(file: file, mark: mark, key: "", message: message))
        }
      }
    } catch {
      parsedRoot = nil
      report(at: error.mark, key: "", error.reason)
    }
  }

  private let parsedRoot: YAMLNode?

  /// The whole file as a section; an empty file is a section without keys.
  package var root: SettingsSection {
    let empty = YAMLNode(.mapping([]), at: YAMLMark(line: 1, column: 1))
    return section(of: parsedRoot.flatMap { $0.isNull ? nil : $0 } ?? empty, path: "")
  }

  /// Notes a fault; a key that is read twice and is faulty both times has one fault.
  package func report(at mark: YAMLMark?, key: String, _ message: String) {
    let issue = SettingsIssue(file: file, mark: mark, key: key, message: message)
    if reported.insert(issue.description).inserted { collected.append(issue) }
  }

  /// Notes a fault of another file that this one names.
  func report(inFile path: String, at mark: YAMLMark, _ message: String) {
    let issue = SettingsIssue(file: path, mark: mark, key: "", message: message)
    if reported.insert(issue.description).inserted { collected.append(issue) }
  }

  /// Everything that was wrong, in the order of the file; asks must be over, as keys that nobody
  /// asked for are faults.
  package var issues: [SettingsIssue] {
    let unknown =
      ignoresUnknownKeys ? [] : sections.values.flatMap { $0.unknownKeyIssues(inFile: file) }
    return (collected + unknown).sorted {
      ($0.mark?.line ?? 0, $0.mark?.column ?? 0) < ($1.mark?.line ?? 0, $1.mark?.column ?? 0)
    }
  }

  /// The section at `path`: whoever opens it again shares what was asked of it.
  func section(of node: YAMLNode, path: String) -> SettingsSection {
    if let known = sections[path] { return SettingsSection(known, at: node.mark, tree: self) }
    var entries: [YAMLEntry] = []
    if case .mapping(let found) = node.content {
      entries = found
    } else {
      report(at: node.mark, key: path, "must be a section of keys, not \(node.kindText)")
    }
    let asking = SectionAsking(entries, path: path)
    sections[path] = asking
    return SettingsSection(asking, at: node.mark, tree: self)
  }
}
