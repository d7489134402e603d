// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import TestSupport
import Testing

/// `hvsmon timeline` and `hvsmon report` after a node died in a demo.
@Suite struct IncidentCommandTests {
  private func hvsmon(_ words: String...) async throws -> (ChildProcess.Exit, ChildProcess) {
    let process = try ChildProcess(ChildProcess.builtExecutable("hvsmon"), words)
    return (try await process.waitForExit(timeout: .seconds(30)), process)
  }

  @Test func `a node's death is told, and the report holds no secret`() async throws {
    let demo = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      ["demo", "--listen", "127.0.0.1:0", "--for", "5m", "--scenario", "node-dies"]
    )
    let isTold = await eventually(within: .seconds(40)) {
      demo.output.contains("NodeDown (node CoolerHostname2)")
    }
    #expect(isTold, "\(demo.output)")
    let address = try #require(demo.output.split(separator: "/metrics").first)
    let url = ["--url", try #require(address.split(separator: " ").last.map(String.init))]
    let (exit, timeline) = try await hvsmon("timeline", "--since", "5m", url[0], url[1])
    #expect(exit == .code(0), "\(timeline.errorOutput)")
    for parts in [
      ["alert", "CoolerHostname2", "NodeDown fires"], ["message", "chat/slack[0]", "was told of"],
      ["start", "hvsmon", "was started"],
    ] {
      let isThere = timeline.output.split(separator: "\n").contains { line in
        parts.allSatisfy { line.contains($0) }
      }
      #expect(isThere, "\(parts) in \(timeline.output)")
    }
    let json = try await hvsmon("timeline", "--json", url[0], url[1]).1.output
    let tree = try JSONReader.read(Array(json.utf8))
    #expect(tree["cluster"]?.string == "demo" && tree["tiers"]?.items.count == 3)

    let folder = try TemporaryFolder()
    let page = folder.file("incident.html")
    let markdown = folder.file("incident.md")
    let (written, report) = try await hvsmon(
      "report",
      "--since",
      "5m",
      "--html",
      page,
      "--markdown",
      markdown,
      url[0],
      url[1]
    )
    #expect(written == .code(0), "\(report.errorOutput)")
    let texts = try [page, markdown].map { try String(contentsOfFile: $0, encoding: .utf8) }
    for text in texts {
      #expect(text.contains("Redundancy") && text.contains("Who was told"))
      #expect(text.contains("CoolerHostname2") && text.contains("NodeDown"))
    }
    #expect(texts[0].contains("<svg") && texts[0].contains("site (to "))
    try expectNoSecret(of: demo, in: texts + [timeline.output, json])
    #expect(try await demo.terminate(.interrupt) == .code(0))
  }

  /// What the demo's settings hold as secrets.
  private func expectNoSecret(of demo: ChildProcess, in texts: [String]) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/hvsmon-demo-\(demo.processID)"
    let settings = try String(contentsOfFile: "\(folder)/hvsmon.yml", encoding: .utf8)
    let password = try String(contentsOfFile: "\(folder)/mongodb-password", encoding: .utf8)
    func quoted(behind key: String) -> String? {
      settings.split(separator: "\(key): \"").dropFirst().first?
        .prefix { $0 != "\"" }.split(separator: "/").last.map(String.init)
    }
    let token = try #require(quoted(behind: "token_secret"))
    let hook = try #require(quoted(behind: "webhook_url"))
    for secret in [token, hook, password] {
      #expect(secret.count >= 4)
      for text in texts {
        let isThere = text.contains(secret)
        #expect(!isThere, "a secret is shown")
      }
    }
  }

  @Test func `wrong words and a daemon that is not there are said`() async throws {
    let (noFile, first) = try await hvsmon("report", "--since", "1h")
    #expect(noFile == .code(2) && first.errorOutput.contains("--html FILE"))
    let (badTime, second) = try await hvsmon("timeline", "--since", "yesterday")
    #expect(badTime == .code(2) && second.errorOutput.contains("a span such as 2h"))
    let (noDaemon, third) = try await hvsmon("timeline", "--url", "http://127.0.0.1:1")
    #expect(noDaemon == .code(2) && third.errorOutput.contains("--url"))
  }
}
