// SPDX-License-Identifier: MIT
import Daemon

/// `hvsmon backup`.
enum BackupCommand: Command {
  static let name = "backup"
  static let summary = "copy the store to a file while the daemon goes on"
  static let help = """
    hvsmon backup FILE [--config FILE]

    Writes a consistent copy of the store to FILE, and of the alert states and waiting messages beside
    it (FILE-state, or NAME-state.sqlite for NAME.sqlite). The daemon may run meanwhile; samples of the
    last flush interval may be missing. The copy is checked. To go back, stop the daemon and put the
    copies in the place of its files.

    Exit status: 0 the copies are there, 1 they could not be made, 2 wrong arguments.

    Example: hvsmon backup /var/backups/hvsmon-$(date +%F).sqlite
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let config = try arguments.value("--config") ?? SettingsLoader.standardPath
    guard let target = try arguments.rest(atMost: 1).first, !target.isEmpty else {
      throw UsageError(description: "the name of the file to write is missing")
    }
    do throws(HistoryBackup.Failure) {
      let written = try await HistoryBackup.write(
        to: target,
        settings: config,
        loader: Program.loader
      )
      for file in written { Terminal.print(file) }
      return 0
    } catch {
      Terminal.complain(error.description)
      return 1
    }
  }
}
