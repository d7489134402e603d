// SPDX-License-Identifier: MIT
import Configuration
import Dashboards
import FoundationEssentials

/// `hvsmon dashboards`.
enum DashboardsCommand: Command {
  static let name = "dashboards"
  static let summary = "write the dashboards for Grafana"
  static let help = """
    hvsmon dashboards export --grafana DIR

    Writes the dashboards that match this version into the folder DIR, with files that provision them
    and a README that says how to install them. Files of the same names are replaced, others stay.

    Exit status: 0 written, 1 a file could not be written, 2 wrong arguments.

    Example: hvsmon dashboards export --grafana /var/lib/grafana/dashboards/hvsmon
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    guard arguments.takeWord() == "export" else {
      throw UsageError(description: "what to do is missing: export")
    }
    guard let folder = try arguments.value("--grafana"), !folder.isEmpty else {
      throw UsageError(description: "--grafana DIR is missing, the folder to write to")
    }
    _ = try arguments.rest(atMost: 0)
    for file in DashboardFile.all {
      let path = "\(folder)/\(file.path)"
      do {
        try FileManager.default.createDirectory(
          at: URL(fileURLWithPath: path).deletingLastPathComponent(),
          withIntermediateDirectories: true
        )
        try Data(file.text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      } catch {
        Terminal.complain("\(path) could not be written: \(FileFault.reason(error))")
        return 1
      }
      Terminal.print(path)
    }
    return 0
  }
}
