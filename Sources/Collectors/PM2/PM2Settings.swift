// SPDX-License-Identifier: MIT
import Configuration

/// What the section `pm2` of a tier declares.
struct PM2Settings: Equatable, Sendable {
  /// A process that is meant to run on each member.
  struct DeclaredProcess: Equatable, Sendable {
    let name: String
    let instances: Int
    /// Nil when it does not matter.
    let mode: PM2Process.Mode?
  }

  /// The account whose PM2 daemon is asked; that of the section `ssh` when nil.
  let user: String?
  let processes: [DeclaredProcess]

  init(user: String?, processes: [DeclaredProcess]) {
    self.user = user
    self.processes = processes
  }

  /// Reads the keys; what is wrong is reported to the section.
  init(reading section: SettingsSection) {
    user = section.text("user")
    var names: Set<String> = []
    processes = section.sections("processes").compactMap { process in
      let name = process.requiredText("name", "the name that `pm2 ls` shows")
      let instances = process.integer("instances", default: 1, in: 1...1_000)
      let mode = process.choice("mode", default: nil, among: Self.modes)
      if name.utf8.count > 200 { process.report("name", "must have at most 200 bytes") }
      if !name.isEmpty, !names.insert(name).inserted {
        process.report("name", "is declared already; say `instances` instead")
        return nil
      }
      return DeclaredProcess(name: name, instances: instances, mode: mode)
    }
  }

  private static let modes: [String: PM2Process.Mode?] = ["fork": .fork, "cluster": .cluster]
}
