// SPDX-License-Identifier: MIT
import Configuration
import RemoteShell
import Testing

@testable import Collectors

@Suite struct SSHSettingsReadingTests {
  private func read(_ text: String) -> (settings: SSHSettings?, faults: [String]) {
    let tree = SettingsTree(parsing: Array(text.utf8), file: "f")
    let (_, declared) = tree.readSettings()
    let settings = SSHSettings(reading: declared)
    _ = SSHSettings(reading: declared)
    return (settings, tree.issues.map(\.description))
  }

  @Test func `the section of the shipped example is read`() throws {
    let (settings, faults) = read(
      """
      ssh:
        user: hvsmon
        identity_file: /etc/hvsmon/id_ed25519
        known_hosts_file: /etc/hvsmon/known_hosts
      """
    )
    #expect(faults == [])
    let expected = try SSHSettings(
      user: "hvsmon",
      identityFile: "/etc/hvsmon/id_ed25519",
      knownHostsFile: "/etc/hvsmon/known_hosts"
    )
    #expect(settings == expected)
    #expect(settings?.program == "ssh" && settings?.port == 22)
  }

  @Test func `no section is no ssh and no fault`() {
    let (settings, faults) = read("cluster: {name: hvs}")
    #expect(settings == nil)
    #expect(faults == [])
  }

  @Test func `every fault is told once, with its key`() {
    let (settings, faults) = read(
      """
      ssh:
        user: -oProxyCommand=id
        known_hosts_file: "~/known hosts"
        program: ""
        port: 0
      """
    )
    #expect(settings == nil)
    #expect(faults.count == 5)
    for key in ["user", "identity_file", "known_hosts_file", "program", "port"] {
      #expect(faults.count { $0.contains("ssh.\(key):") } == 1, "\(faults)")
    }
  }
}
