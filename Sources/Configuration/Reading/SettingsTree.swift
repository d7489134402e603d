// SPDX-License-Identifier: MIT
package import YAML

/// One file being read: its sections, what was asked of them, and what was wrong.
///
/// Used by one task during one load and then dropped; it is deliberately not `Sendable`.
package final class SettingsTree {
  /// The file as the user named it.
  package let file: String
  let environment: SettingsEnvironment
  private var collected: [SettingsIssue] = []
  private var reported: Set<String> = []
  private var sections: [String: SettingsSection] = [:]

  /// Parses a file's text; text that is not YAML is an issue and reads as an empty file.
  ///
  /// - Parameters:
  ///   - text: The bytes of the file.
  ///   - file: Its name for messages.
  ///   - environment: The way to secrets kept elsewhere.
  package init(parsing text: [UInt8], file: String, environment: SettingsEnvironment = .empty) {
    self.file = file
    self.environment = environment
    do throws(YAMLError) {
      let document = try YAMLDocument(parsing: text)
      parsedRoot = document.root
      if let mark = document.furtherDocument {
        report(at: mark, key: "", "a second document begins here: hvsmon reads only one")
      }
    } catch {
      parsedRoot = nil
      report(at: error.mark, key: "", error.reason)
    }
  }

  private let parsedRoot: YAMLNode?

  /// The whole file as a section; an empty file is a section without keys.
  package lazy var root: SettingsSection = {
    let empty = YAMLNode(.mapping([]), at: YAMLMark(line: 1, column: 1))
    return section(of: parsedRoot.flatMap { $0.isNull ? nil : $0 } ?? empty, path: "")
  }()

  /// Notes a fault; a key that is read twice and is faulty both times has one fault.
  package func report(at mark: YAMLMark?, key: String, _ message: String) {
    let issue = SettingsIssue(file: file, mark: mark, key: key, message: message)
    if reported.insert(issue.description).inserted { collected.append(issue) }
  }

  /// Everything that was wrong, in the order of the file; asks must be over, as keys that nobody
  /// asked for are faults.
  package var issues: [SettingsIssue] {
    let unknown = sections.values.flatMap(\.unknownKeyIssues)
    return (collected + unknown).sorted {
      ($0.mark?.line ?? 0, $0.mark?.column ?? 0) < ($1.mark?.line ?? 0, $1.mark?.column ?? 0)
    }
  }

  /// The one section at `path`: whoever opens it again shares what was asked of it.
  func section(of node: YAMLNode, path: String) -> SettingsSection {
    if let known = sections[path] { return known }
    let section = SettingsSection(node: node, path: path, tree: self)
    sections[path] = section
    return section
  }
}
