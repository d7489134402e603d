// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Net
import Polling
import Simulator
import TestSupport
import Testing

/// `hvsmon init` against a simulated cluster.
@Suite struct InitTests {
  private let folder: TemporaryFolder
  private let cluster: SimulatedCluster
  private let authority: String
  private let secret: String

  init() throws {
    folder = try TemporaryFolder()
    cluster = try SimulatedCluster(seed: 3, clock: SystemClock())
    authority = try folder.write("pve-root-ca.pem", cluster.certificates.authority.pem)
    secret = try folder.write("proxmox.token", cluster.token.secret + "\n")
  }

  private struct Outcome {
    let status: ChildProcess.Exit
    let output: String
    let errorOutput: String
  }

  private func hvsmon(
    _ words: [String],
    environment: [String: String]? = nil
  ) async throws -> Outcome {
    let process = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      words,
      environment: environment
    )
    let status = try await process.waitForExit(timeout: .seconds(60))
    #expect(!process.output.contains(cluster.token.secret))
    #expect(!process.errorOutput.contains(cluster.token.secret))
    return Outcome(
      status: status,
      output: process.output,
      errorOutput: process.errorOutput
    )
  }

  private var node: String { "https://\(cluster.nodes[0].address):\(cluster.nodes[0].port)" }

  /// The simulated servers have no ports of their own choice.
  private var ports: String {
    [cluster.loadBalancers[0].port, cluster.apps[0].port, cluster.site.port]
      .map(String.init).joined(separator: ",")
  }

  private func draft(_ words: String...) async throws -> Outcome {
    try await hvsmon(
      ["init", "--proxmox", node, "--token-secret-file", secret, "--http-ports", ports] + words
    )
  }

  @Test func `what init writes is checked without a fault and watched with everything up`()
    async throws
  {
    let file = folder.file("hvsmon.yml")
    let made = try await draft("--ca-file", authority, "--output", file)
    #expect(made.status == .code(0), "\(made.output)\(made.errorOutput)")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    for line in [
      "  name: hvs", "  timezone: Europe/Berlin", "ca_file: \(authority)",
      "token_secret_file: \(secret)", "- {name: CoolerHostname2, address: 127.0.30.12}",
      "    - name: load-balancer  # guessed: tag lb",
      "        - {guest: 100, name: nginx1, address: 127.0.30.100, node: CoolerHostname}",
      "      needs: majority", "      depends_on: [database]",
      "    # guessed: besides its own address, nginx1 held this one",
      "    - {guests: [100-108], schedule: \"mon..fri 00:00\", keep_last: 5, mode: snapshot, "
        + "storage: backup}",
    ] { #expect(text.contains(line), "\(line)\n\(text)") }
    #expect(!text.contains(cluster.token.secret))
    let check = try await hvsmon(["check", "--config", file])
    #expect(check.output == "no faults\n", "\(check.output)\(text)")

    let own = "\nstorage: {path: \(folder.file("s.sqlite"))}\nhttp: {listen: \"127.0.0.1:0\"}\n"
    let watched = try folder.write(
      "watched.yml",
      text + own + "poll: {interval: 1s, timeout: 1s}\n"
    )
    let serve = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      ["serve", "--config", watched]
    )
    #expect(await eventually { serve.errorOutput.contains("msg=started") })
    let port = try #require(serve.errorOutput.firstMatch(of: /port=([0-9]+)/)).output.1
    var answer = ""
    let isUp = try await eventually(within: .seconds(20)) {
      let query = try await hvsmon([
        "query", "up{job!=\"hvsmon\"}", "--url", "http://127.0.0.1:\(port)",
      ])
      answer = query.output
      let lines = answer.split(separator: "\n")
      return lines.count == 12 && lines.allSatisfy { $0.hasSuffix(" 1") }
    }
    #expect(isUp, "\(answer)\(serve.errorOutput)\(text)")
    let bad = try await hvsmon([
      "query", "count(probe_success == 0) or count(hvsmon_backup_deviation == 1)", "--url",
      "http://127.0.0.1:\(port)",
    ])
    #expect(bad.output.isEmpty, "\(bad.output)")
    #expect(try await serve.terminate() == .code(0))
    await cluster.stop()
  }

  @Test func `a file that is there stays unless it is meant to go`() async throws {
    let file = try folder.write("hvsmon.yml", "mine\n")
    let refused = try await draft("--ca-file", authority, "--output", file)
    #expect(refused.status == .code(2))
    #expect(refused.errorOutput.contains("--force"))
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "mine\n")
    let forced = try await draft("--ca-file", authority, "--output", file, "--force")
    #expect(forced.status == .code(0), "\(forced.output)\(forced.errorOutput)")
    #expect(try String(contentsOfFile: file, encoding: .utf8).contains("name: hvs"))
    await cluster.stop()
  }

  @Test
  func `a server that nobody vouches for is refused with its fingerprint, which is then enough`()
    async throws
  {
    let name = cluster.nodes[0].name
    let shown = try #require(cluster.certificates.nodes[name]).certificate.sha256Fingerprint
    let refused = try await draft("--output", "-")
    #expect(refused.status == .code(2))
    #expect(refused.output.isEmpty)
    #expect(refused.errorOutput.contains(shown))
    #expect(refused.errorOutput.contains("pvenode cert info"))
    let other = String(repeating: "00:", count: 31) + "00"
    let mismatch = try await draft("--output", "-", "--fingerprint", other)
    #expect(mismatch.status == .code(2))
    #expect(mismatch.errorOutput.contains("this is not the node"))
    let pinned = try await draft("--output", "-", "--fingerprint", shown)
    #expect(pinned.status == .code(0), "\(pinned.errorOutput)")
    #expect(pinned.output.contains("\(name): \"\(shown)\"  # given"))
    #expect(pinned.output.contains("CoolerHostname3: \""))
    #expect(!pinned.output.contains("did not answer"))
    await cluster.stop()
  }

  @Test func `a refused token and a silent address end it with what to do`() async throws {
    await cluster.apply(.begin(.tokenRefused))
    let refused = try await draft("--ca-file", authority, "--output", "-")
    #expect(refused.status == .code(2))
    #expect(refused.errorOutput.contains("refused the API token"))
    await cluster.stop()
    let silent = try await draft("--ca-file", authority, "--output", "-")
    #expect(silent.status == .code(2))
    #expect(silent.errorOutput.contains("refused the connection"))
  }

  @Test func `what the token may not see is named in the draft, which has no faults all the same`()
    async throws
  {
    await cluster.apply(.begin(.rightsOnGuestsOnly))
    let file = folder.file("narrow.yml")
    let made = try await draft("--ca-file", authority, "--output", file)
    #expect(made.status == .code(0), "\(made.output)\(made.errorOutput)")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(text.contains("# What could not be read:"))
    #expect(text.contains("the token lacks Sys.Audit on /"))
    #expect(text.contains("name: load-balancer"))
    await cluster.stop()
  }

  @Test func `the secret comes from a file or the environment, never from the arguments`()
    async throws
  {
    let made = try await hvsmon(
      ["init", "--proxmox", node, "--ca-file", authority, "--http-ports", "none", "--output", "-"],
      environment: ["HVSMON_PROXMOX_TOKEN_SECRET": cluster.token.secret]
    )
    #expect(made.status == .code(0), "\(made.errorOutput)")
    #expect(made.output.contains("token_secret_env: HVSMON_PROXMOX_TOKEN_SECRET"))
    let program = ChildProcess.builtExecutable("hvsmon")
    let piped = try ChildProcess(
      "/bin/sh",
      [
        "-c",
        "'\(program)' init --proxmox \(node) --ca-file '\(authority)' --http-ports none "
          + "--token-secret-file - --output - <'\(secret)'",
      ]
    )
    #expect(try await piped.waitForExit(timeout: .seconds(60)) == .code(0))
    #expect(piped.output.contains("token_secret_file: /etc/hvsmon/secrets/proxmox.token"))
    for words in [
      ["--token-secret", "x"], ["--token-secret-file", "/nonexistent"], ["--token-id", "nobody"],
      ["--proxmox", "http://127.0.0.1"], ["--http-ports", "0"], ["--fingerprint", "AA"],
      ["--fingerprint", String(repeating: "ab", count: 32)],
    ] {
      let basics = ["init", "--ca-file", authority, "--token-secret-file", secret]
      let proxmox = words[0] == "--proxmox" ? [] : ["--proxmox", node]
      let file = words[0] == "--token-secret-file" ? Array(basics.prefix(3)) : basics
      #expect(try await hvsmon(file + proxmox + words).status == .code(2), "\(words)")
    }
    #expect(try await hvsmon(["init"]).errorOutput.contains("--proxmox is missing"))
    await cluster.stop()
  }
}
