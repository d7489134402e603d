// SPDX-License-Identifier: MIT
import Glibc
import TestSupport

/// A terminal of a given size in which one command runs, as tmux shows it; for tests.
final class TmuxScreen: Sendable {
  private static let unpacked = "\(Peers.root)/.peers/usr/bin/tmux"

  /// The program: the system's, or else the unpacked one.
  static let program = access("/usr/bin/tmux", X_OK) == 0 ? "/usr/bin/tmux" : unpacked

  static var isThere: Bool { Peers.has(program) }

  private let folder: TemporaryFolder
  private let socket: String

  /// Starts a command of `sh`; the screen stays when it has ended.
  init(_ command: String, columns: Int = 120, rows: Int = 35) async throws {
    folder = try TemporaryFolder()
    socket = folder.file("tmux")
    try await tmux(
      "-u",
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      "-x",
      "\(columns)",
      "-y",
      "\(rows)",
      "sh -c '\(command); echo \"ended with $?\"; exec cat'"
    )
    try await tmux("set-option", "-g", "window-size", "manual")
  }

  @discardableResult
  private func tmux(_ words: String...) async throws -> String {
    let process = try ChildProcess(
      Self.program,
      ["-S", socket] + words,
      environment: [
        "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": folder.path, "TERM": "xterm",
      ]
    )
    try await process.waitForExit(timeout: .seconds(20))
    return process.output
  }

  /// Presses keys by tmux' names for them.
  func press(_ keys: String...) async throws {
    for key in keys { try await tmux("send-keys", key) }
  }

  /// What stands on the screen.
  func text() async throws -> String { try await tmux("capture-pane", "-p") }

  /// What stands on the screen, with the escape sequences of its colours and attributes.
  func styledText() async throws -> String { try await tmux("capture-pane", "-e", "-p") }

  /// Waits until the screen shows a text; false, with what it shows, when it never does.
  func shows(_ text: String, within limit: Duration = .seconds(20)) async throws -> Bool {
    let isShown = try await eventually(within: limit) { try await self.text().contains(text) }
    if !isShown { print("the screen lacks \"\(text)\":\n\(try await self.text())") }
    return isShown
  }

  func resize(columns: Int, rows: Int) async throws {
    try await tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)")
  }

  /// Of the terminal: a text such as `1 0`, the cursor's flag and the alternate screen's.
  func modes() async throws -> String {
    try await tmux("display-message", "-p", "#{cursor_flag} #{alternate_on}")
  }

  /// The process of the command, by its name.
  func processID(of name: String) async throws -> Int? {
    let shell = try await tmux("display-message", "-p", "#{pane_pid}")
    let list = try ChildProcess("/usr/bin/pgrep", ["-P", shell.filter(\.isNumber), name])
    try await list.waitForExit()
    return Int(list.output.filter(\.isNumber))
  }

  func close() async throws { try await tmux("kill-server") }
}
