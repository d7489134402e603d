// SPDX-License-Identifier: MIT
import Architecture
import Configuration
import Polling
import RemoteShell
import Synchronization

/// The hosts that the collectors of one load of the settings ask by ssh.
final class HostBook: Sendable {
  /// How hosts are reached; nil when the settings have no section `ssh`, or a faulty one.
  private let settings: SSHSettings?
  private let isDeclared: Bool
  private let connections: SSHConnections?
  private let hosts = Mutex<[SSHDestination: HostFacts]>([:])

  private init(_ declared: DeclaredSections, _ connections: SSHConnections?) {
    settings = SSHSettings(reading: declared)
    isDeclared = declared.root.has("ssh")
    self.connections = connections
  }

  /// The book that all collectors of a load share; the first who asks has the section `ssh` read.
  static func shared(_ declared: DeclaredSections, _ services: CollectorServices) -> HostBook {
    services.shared.part(HostBook.self) {
      HostBook(declared, services.ssh)
    }
  }

  /// What a host is asked; nil when the settings have no usable section `ssh`.
  ///
  /// - Parameters:
  ///   - address: The host's.
  ///   - user: The account there; the one of the section `ssh` when nil.
  /// - Returns: The same object for all who want facts of the same account of the host.
  /// - Throws: ``SSHSettingsFault`` when address or user cannot be given to ssh.
  func facts(
    at address: String,
    as user: String? = nil
  ) throws(SSHSettingsFault) -> HostFacts? {
    guard var settings else { return nil }
    if let user { settings = try settings.with(user: user) }
    let destination = try SSHDestination(address, settings)
    return hosts.withLock { hosts in
      if let known = hosts[destination] { return known }
      let made = HostFacts(destination, connections)
      hosts[destination] = made
      return made
    }
  }

  /// The account of the section `ssh`; nil when there is no usable one, which is then reported to
  /// the section that wants it, unless it was reported already.
  func user(wantedBy section: SettingsSection) -> String? {
    if !isDeclared { section.report("", Self.sectionMissing) }
    return settings?.user
  }

  /// What a member's host is asked; nil when it cannot be, which is then reported to the section
  /// that wants it.
  func facts(
    of member: DeclaredMember,
    as user: String? = nil,
    _ section: SettingsSection
  ) -> HostFacts? {
    do throws(SSHSettingsFault) {
      if let facts = try facts(at: member.address, as: user) { return facts }
      if !isDeclared { section.report("", Self.sectionMissing) }
    } catch {
      switch error {
      case .address:
        section.report("", "the address of \(member.name) \(error.allowed), to be asked by ssh")
      default: section.report("user", error.allowed)
      }
    }
    return nil
  }

  private static let sectionMissing = "is asked by ssh: the settings need a section `ssh`"
}
