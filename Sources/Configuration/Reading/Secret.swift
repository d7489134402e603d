// SPDX-License-Identifier: MIT

/// A text that must never be printed: a token, a password, a URL whose path is a key.
///
/// Its description, debug description and mirror show nothing of it.
package struct Secret: Hashable, Sendable {
  private let text: String

  /// Hides a text.
  package init(_ text: String) {
    self.text = text
  }

  /// The text itself: hand it to the peer, never to a log, an error or a label.
  package func reveal() -> String { text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Always `<secret>`.
  package var description: String { "<secret>" }
  /// Always `<secret>`.
  package var debugDescription: String { "<secret>" }
  /// A mirror without children.
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// What loading settings may ask of the outside.
package struct SettingsEnvironment: Sendable {
  /// Why a file named in the settings could not be read, as half a sentence.
  package struct Unreadable: Error, Sendable {
    /// What went wrong.
    package let reason: String

    /// Keeps the reason.
    package init(reason: String) {
      self.reason = reason
    }
  }

  let readFile: @Sendable (_ path: String) throws(Unreadable) -> String
  let variable: @Sendable (_ name: String) -> String?
  let readTimeZone: @Sendable (_ name: String) throws(Unreadable) -> [UInt8]
  let files: @Sendable (_ pattern: String) -> [String]

  /// Names the ways to files, environment variables, the zone files of the machine, and to the paths
  /// of all files that a pattern matches.
  package init(
    readFile: @escaping @Sendable (_ path: String) throws(Unreadable) -> String,
    variable: @escaping @Sendable (_ name: String) -> String?,
    readTimeZone: @escaping @Sendable (_ name: String) throws(Unreadable) -> [UInt8] = {
      _ throws(Unreadable) in throw Unreadable(reason: "no such zone")
    },
    files: @escaping @Sendable (_ pattern: String) -> [String] = { [$0] }
  ) {
    self.readFile = readFile
    self.variable = variable
    self.readTimeZone = readTimeZone
    self.files = files
  }

  /// An environment without files and variables.
  package static let empty = SettingsEnvironment(
    readFile: { _ throws(Unreadable) in throw Unreadable(reason: "no such file") },
    variable: { _ in nil }
  )
}
