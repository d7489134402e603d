// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// `deploy/proxmox-identity.sh` against a `pveum` that keeps users, roles and tokens in files.
@Suite struct ProxmoxIdentityTests {
  private static let secret = "00000000-1111-2222-3333-444444444444"
  /// With a pveum of its own: one written by a test may be busy when it is to be run.
  private static let programs =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/bin"
  private static let script =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path + "/deploy/proxmox-identity.sh"

  private let folder: TemporaryFolder
  private var secretFile: String { folder.file("monitor.token") }

  init() throws {
    folder = try TemporaryFolder()
    let state = folder.file("state")
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    _ = try folder.write("state/users", "root@pam\n")
    _ = try folder.write("state/roles", "Administrator\nPVEAuditor\n")
    _ = try folder.write("state/tokens", "")
  }

  private struct Run {
    let status: ChildProcess.Exit
    let output: String
    let errorOutput: String
    let calls: [String]
  }

  private func run(
    _ words: String...,
    rights: String = ",\"VM.Audit\":1",
    secret: String = secret
  ) async throws -> Run {
    _ = try folder.write("state/calls", "")
    let process = try ChildProcess(
      "/bin/sh",
      [Self.script] + words + ["--secret-file", secretFile],
      environment: [
        "PATH": Self.programs + ":/usr/bin:/bin", "STATE": folder.file("state"),
        "SECRET": secret, "MORE": rights,
      ]
    )
    let status = try await process.waitForExit()
    let calls = try String(contentsOfFile: folder.file("state/calls"), encoding: .utf8)
    if !secret.isEmpty {
      #expect(!process.output.contains(secret) && !process.errorOutput.contains(secret))
      #expect(!calls.contains(secret))
    }
    return Run(
      status: status,
      output: process.output,
      errorOutput: process.errorOutput,
      calls: calls.split(separator: "\n").map(String.init).filter { !$0.contains(" list ") }
    )
  }

  private func keptSecret() throws -> String {
    try String(contentsOfFile: secretFile, encoding: .utf8)
  }

  @Test
  func `user and token both get the role on the root, and the secret goes into its file only`()
    async throws
  {
    let run = try await run("create")
    #expect(run.status == .code(0), "\(run.errorOutput)")
    #expect(
      run.calls == [
        "user add hvsmon@pve --comment hvsmon reads the cluster; has no password",
        "acl modify / --users hvsmon@pve --roles PVEAuditor",
        "user token add hvsmon@pve monitor --privsep 1 --comment hvsmon reads the cluster "
          + "--output-format json",
        "acl modify / --tokens hvsmon@pve!monitor --roles PVEAuditor",
        "user token permissions hvsmon@pve monitor --path / --output-format json",
      ]
    )
    #expect(try keptSecret() == Self.secret + "\n")
    var facts = stat()
    #expect(stat(secretFile, &facts) == 0 && facts.st_mode & 0o777 == 0o600)
    #expect(run.output.contains("hvsmon init --proxmox https://"))
    #expect(run.output.contains("--token-id 'hvsmon@pve!monitor'"))
    #expect(run.output.contains("LoadCredential=proxmox.token:"))
  }

  @Test func `a second run changes nothing but what is missing`() async throws {
    _ = try await run("create")
    let again = try await run("create", secret: "another")
    #expect(again.status == .code(0))
    #expect(!again.calls.contains { $0.contains(" add ") || $0.contains("remove") })
    #expect(try keptSecret() == Self.secret + "\n")
    try FileManager.default.removeItem(atPath: secretFile)
    let lost = try await run("create")
    #expect(lost.output.contains("--renew"))
    #expect(!lost.output.contains("scp root@") || !lost.output.contains(secretFile))
    let renewed = try await run("create", "--renew", secret: "another")
    #expect(renewed.calls.contains("user token remove hvsmon@pve monitor"))
    #expect(try keptSecret() == "another\n")
  }

  @Test func `the narrow role has three privileges and goes with the user`() async throws {
    let made = try await run("create", "--role", "HvsmonAudit")
    #expect(
      made.calls.contains("role add HvsmonAudit --privs Sys.Audit VM.Audit Datastore.Audit")
    )
    #expect(made.calls.contains("acl modify / --tokens hvsmon@pve!monitor --roles HvsmonAudit"))
    let removed = try await run("remove")
    #expect(removed.status == .code(0), "\(removed.errorOutput)")
    #expect(
      removed.calls == [
        "user token remove hvsmon@pve monitor", "user delete hvsmon@pve",
        "role delete HvsmonAudit",
      ]
    )
    #expect(!FileManager.default.fileExists(atPath: secretFile))
    let nothing = try await run("remove")
    #expect(nothing.status == .code(0))
    #expect(nothing.calls.isEmpty)
  }

  @Test func `what goes wrong ends it with a reason`() async throws {
    let short = try await run("create", rights: "")
    #expect(short.status == .code(1))
    #expect(short.errorOutput.contains("lacks VM.Audit on /"))
    let unknown = try await run("create", "--role", "Auditor")
    #expect(unknown.status == .code(1))
    #expect(unknown.errorOutput.contains("no role Auditor"))
    #expect(try await run("destroy").status == .code(2))
  }

  @Test func `a token whose secret is not told is taken back`() async throws {
    let run = try await run("create", secret: "")
    #expect(run.status == .code(1))
    #expect(run.calls.last == "user token remove hvsmon@pve monitor")
    #expect(!FileManager.default.fileExists(atPath: secretFile))
  }
}
