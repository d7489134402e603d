// SPDX-License-Identifier: MIT
import FoundationEssentials
import TestSupport
import Testing

/// The program as a person calls it: what it prints and its exit status.
@Suite struct ProgramTests {
  private struct Outcome {
    let status: ChildProcess.Exit
    let output: String
    let errorOutput: String
  }

  private func hvsmon(_ words: String...) async throws -> Outcome {
    let process = try ChildProcess(ChildProcess.builtExecutable("hvsmon"), words)
    let status = try await process.waitForExit(timeout: .seconds(30))
    return Outcome(status: status, output: process.output, errorOutput: process.errorOutput)
  }

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  @Test func `help lists every command, and each command has an example`() async throws {
    let help = try await hvsmon("--help")
    #expect(help.status == .code(0))
    for name in [
      "serve", "init", "demo", "check", "top", "status", "query", "safe-to-stop", "rules", "import",
      "backup", "version",
    ] {
      #expect(help.output.contains("  \(name)"))
      let own = try await hvsmon(name, "--help")
      #expect(own.status == .code(0))
      #expect(own.output.contains("hvsmon \(name)"))
    }
    #expect(try await hvsmon("check", "--help").output.contains("Example:"))
  }

  @Test func `an unknown command or option names the nearest one`() async throws {
    let command = try await hvsmon("chek")
    #expect(command.status == .code(2))
    #expect(command.errorOutput.contains("did you mean \"check\"?"))
    let option = try await hvsmon("check", "--confg", "x.yml")
    #expect(option.status == .code(2))
    #expect(option.errorOutput.contains("did you mean --config?"))
    #expect(try await hvsmon("serve", "--log-level", "loud").status == .code(2))
  }

  @Test func `check passes the shipped files`() async throws {
    let folder = try TemporaryFolder()
    let secret = try folder.write("secret", "http://127.0.0.1/hook\n")
    let shipped = try String(
      contentsOfFile: "\(Self.root)/deploy/hvsmon.yml",
      encoding: .utf8
    )
    let settings =
      shipped
      .replacing("/etc/hvsmon/alerts.yml", with: "\(Self.root)/alerts.yml")
      .replacing("/run/credentials/hvsmon.service/slack.url", with: secret)
      .replacing("/run/credentials/hvsmon.service/pager.url", with: secret)
    let file = try folder.write("hvsmon.yml", settings)
    let check = try await hvsmon("check", "--config", file)
    #expect(check.output.hasSuffix("no faults\n"), "\(check.errorOutput)")
    // The shipped rules ask for nothing that is not there.
    #expect(!check.output.contains("group \""), "\(check.output)")
    #expect(check.status == .code(0))
    #expect(try await hvsmon("check", "\(Self.root)/alerts.yml").status == .code(0))
  }

  @Test func `check prints every fault with its place and exits 1`() async throws {
    let folder = try TemporaryFolder()
    let rules = try folder.write(
      "bad-rules.yml",
      "groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: sum(\n"
    )
    let file = try folder.write(
      "hvsmon.yml",
      "pol: {interval: 5s}\npoll: {interval: 5x}\nrules: [bad-rules.yml]\n"
    )
    let check = try await hvsmon("check", "--config", file)
    #expect(check.status == .code(1))
    #expect(check.output.contains("\(file):1:1: pol: "))
    #expect(check.output.contains("\(file):2:18: poll.interval: "))
    #expect(check.output.contains("\(rules): 5:"))
    // One file is told from the other by what is in it.
    #expect(try await hvsmon("check", file).output == check.output)
    let misspelt = try folder.write("rules.yml", "grups: []\n")
    #expect(try await hvsmon("check", misspelt).output.contains("did you mean \"groups\"?"))
  }

  @Test func `a file that cannot be read exits 2 and says why`() async throws {
    let check = try await hvsmon("check", "--config", "/nonexistent/hvsmon.yml")
    #expect(check.status == .code(2))
    #expect(check.output.contains("No such file or directory"))
    let serve = try await hvsmon("serve", "--config", "/nonexistent/hvsmon.yml")
    #expect(serve.status == .code(2))
  }

  @Test func `a query without a daemon exits 2 and says how to name another address`()
    async throws
  {
    let query = try await hvsmon("query", "up", "--url", "http://127.0.0.1:1")
    #expect(query.status == .code(2))
    #expect(query.errorOutput.contains("--url"))
  }

  @Test func `the demo tells of a failure and a recovery and leaves nothing behind`() async throws {
    let demo = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      ["demo", "--listen", "127.0.0.1:0"]
    )
    let isTold = await eventually(within: .seconds(50)) {
      demo.output.contains("RESOLVED NginxDown")
    }
    #expect(isTold, "\(demo.output)\(demo.errorOutput)")
    #expect(demo.output.contains("NginxDown (nginx2"))
    #expect(try await demo.terminate(.interrupt) == .code(0))
    let left = FileManager.default.temporaryDirectory.path + "/hvsmon-demo-\(demo.processID)"
    #expect(!FileManager.default.fileExists(atPath: left))
  }

  @Test func `the demo lists its scenarios and refuses what it does not know`() async throws {
    let list = try await hvsmon("demo", "--list")
    #expect(list.status == .code(0))
    for name in ["quiet", "node-dies", "backup-fails", "container-drifts", "nginx-and-app"] {
      #expect(list.output.contains(name + "  "))
    }
    let unknown = try await hvsmon("demo", "--scenario", "node-die")
    #expect(unknown.status == .code(2))
    #expect(unknown.errorOutput.contains("did you mean node-dies?"))
    for (option, value) in [("--nodes", "33"), ("--guests", "8"), ("--speed", "0")] {
      let refused = try await hvsmon("demo", option, value)
      #expect(refused.status == .code(2))
      #expect(refused.errorOutput.contains("\(option) is a number from "))
    }
  }

  @Test func `a node that dies in a fast demo takes a load balancer and an app along`() async throws
  {
    let demo = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      ["demo", "--listen", "127.0.0.1:0", "--scenario", "node-dies", "--speed", "4"]
    )
    let isTold = await eventually(within: .seconds(40)) {
      demo.output.contains("RESOLVED") && demo.output.contains("CoolerHostname2 has booted")
    }
    #expect(isTold, "\(demo.output)\(demo.errorOutput)")
    #expect(demo.output.contains("CoolerHostname2 loses power"))
    #expect(demo.output.contains("nginx2") && demo.output.contains("webapp2"))
    let url = try #require(demo.output.firstMatch(of: /http:\/\/127\.0\.0\.1:[0-9]+/)).output
    let query = try await hvsmon("query", "sum(pve_up{id=~\"node/.*\"})", "--url", String(url))
    #expect(query.status == .code(0), "\(query.errorOutput)")
    #expect(!query.output.isEmpty)
    #expect(try await demo.terminate(.interrupt) == .code(0))
  }

  @Test func `a backup that fails in the demo is told once and ends with the next good one`()
    async throws
  {
    let demo = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      ["demo", "--listen", "127.0.0.1:0", "--scenario", "backup-fails", "--speed", "4"]
    )
    let isTold = await eventually(within: .seconds(40)) {
      demo.output.contains("RESOLVED BackupFailed")
    }
    #expect(isTold, "\(demo.output)\(demo.errorOutput)")
    #expect(demo.output.ranges(of: "chat  ").count == 2, "\(demo.output)")
    #expect(try await demo.terminate(.interrupt) == .code(0))
  }

  @Test func `SIGHUP loads the settings anew, and a bad file keeps the old ones`() async throws {
    let folder = try TemporaryFolder()
    let good = """
      storage: {path: \(folder.file("s.sqlite"))}
      http: {listen: "127.0.0.1:0"}
      """
    let file = try folder.write("hvsmon.yml", good)
    let serve = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      ["serve", "--config", file]
    )
    #expect(await eventually { serve.errorOutput.contains("msg=started") })
    _ = try folder.write("hvsmon.yml", good + "\nnonsense: 1\n")
    serve.send(.hangUp)
    #expect(await eventually { serve.errorOutput.contains("settings refused") })
    _ = try folder.write("hvsmon.yml", good)
    serve.send(.hangUp)
    #expect(await eventually { serve.errorOutput.contains("settings loaded anew") })
    #expect(try await serve.terminate() == .code(0))
  }
}
