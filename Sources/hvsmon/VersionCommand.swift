// SPDX-License-Identifier: MIT
import Daemon

/// `hvsmon version`.
enum VersionCommand: Command {
  static let name = "version"
  static let summary = "print the version"
  static let help = """
    hvsmon version

    Prints the version of this program.
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    _ = try arguments.rest(atMost: 0)
    Terminal.print("hvsmon \(Monitor.version)")
    return 0
  }
}
