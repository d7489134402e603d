// SPDX-License-Identifier: MIT
import Glibc

/// One command of the command line.
protocol Command: SendableMetatype {
  /// The word that calls it.
  static var name: String { get }
  /// One line for the list of commands.
  static var summary: String { get }
  /// What `--help` prints, with an example.
  static var help: String { get }

  /// The help of a part of the command that the words behind its name call; nil for the whole's.
  static func help(for words: [String]) -> String?

  /// Carries it out.
  ///
  /// - Returns: The exit status.
  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32
}

extension Command {
  static func help(for words: [String]) -> String? { nil }
}

/// The ways out to the terminal.
enum Terminal {
  /// Prints a line.
  static func print(_ line: String) {
    write(line + "\n", to: 1)
  }

  /// Prints a line about something that went wrong.
  static func complain(_ line: String) {
    write("hvsmon: \(line)\n", to: 2)
  }

  /// Replaces the last line on a terminal, which stays open for the next text.
  static func showPassing(_ text: String) {
    write("\r\u{1b}[K" + text, to: 2)
  }

  /// One `write` per line: Swift's `print` holds lines back when its output is a pipe.
  private static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }
}
