// SPDX-License-Identifier: MIT
package import Configuration
package import RemoteShell

extension SSHSettings {
  /// Reads the section `ssh`; nil when there is none or it is faulty, which is then reported.
  ///
  /// Several collectors may read it: a fault is reported once.
  package init?(reading declared: DeclaredSections) {
    guard let section = declared.root.section("ssh") else { return nil }
    let user = section.requiredText("user", "the account on each host")
    let identityFile = section.requiredText("identity_file", "the private key to log in with")
    let knownHostsFile = section.requiredText("known_hosts_file", "the pinned keys of the hosts")
    let program = section.text("program") ?? "ssh"
    let port = section.integer("port", default: 22, in: 1...65_535)
    let faults = Self.faults(
      user: user,
      identityFile: identityFile,
      knownHostsFile: knownHostsFile,
      program: program,
      port: port
    )
    for fault in faults {
      let (key, text) = fault.place(user, identityFile, knownHostsFile)
      // What is missing or empty was reported as such.
      if !text.isEmpty { section.report(key, fault.allowed) }
    }
    guard faults.isEmpty else { return nil }
    do throws(SSHSettingsFault) {
      self = try SSHSettings(
        user: user,
        identityFile: identityFile,
        knownHostsFile: knownHostsFile,
        program: program,
        port: port
      )
    } catch {
      return nil
    }
  }
}

extension SSHSettingsFault {
  /// The key that the fault belongs to, and what stands there.
  fileprivate func place(
    _ user: String,
    _ identityFile: String,
    _ knownHostsFile: String
  ) -> (key: String, text: String) {
    switch self {
    case .user: ("user", user)
    case .identityFile: ("identity_file", identityFile)
    case .knownHostsFile: ("known_hosts_file", knownHostsFile)
    case .program: ("program", "program")
    case .port: ("port", "port")
    case .address: ("", "")
    }
  }
}
