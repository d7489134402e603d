// SPDX-License-Identifier: MIT
import FoundationEssentials
import TestSupport
import Testing

/// `hvsmon dashboards`.
@Suite struct DashboardsCommandTests {
  private func hvsmon(_ words: String...) async throws -> (ChildProcess.Exit, ChildProcess) {
    let process = try ChildProcess(ChildProcess.builtExecutable("hvsmon"), words)
    return (try await process.waitForExit(timeout: .seconds(30)), process)
  }

  @Test func `export writes what is committed and leaves other files alone`() async throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("own.json", "{}")
    _ = try folder.write("hvsmon-edge.json", "old")
    let (exit, _) = try await hvsmon("dashboards", "export", "--grafana", folder.path)
    #expect(exit == .code(0))
    for name in try DashboardFolder.files() {
      let written = try String(contentsOfFile: folder.file(name), encoding: .utf8)
      let isSame = written == (try DashboardFolder.text(name))
      #expect(isSame, "\(name)")
    }
    #expect(try String(contentsOfFile: folder.file("own.json"), encoding: .utf8) == "{}")
  }

  @Test func `a folder that cannot be made is said, and so is a missing one`() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("file", "")
    let (exit, process) = try await hvsmon("dashboards", "export", "--grafana", "\(file)/sub")
    #expect(exit == .code(1))
    #expect(process.errorOutput.contains("\(file)/sub/hvsmon-overview.json could not be written"))
    #expect(!process.errorOutput.contains("Error("))
    #expect(try await hvsmon("dashboards", "export").0 == .code(2))
    #expect(try await hvsmon("dashboards").0 == .code(2))
  }
}
