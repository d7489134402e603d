// SPDX-License-Identifier: MIT

/// How hosts are reached by ssh: values that were checked.
package struct SSHSettings: Hashable, Sendable {
  /// The account on the far side.
  package let user: String
  /// The private key's file.
  package let identityFile: String
  /// The file of pinned host keys; no other is read.
  package let knownHostsFile: String
  /// The client: a path, or a name looked for in `PATH`.
  package let program: String
  /// The port on the far side.
  package let port: Int

  /// Checks and takes the values.
  ///
  /// - Parameters:
  ///   - user: Letters, digits and `. _ - @`, not beginning with `-`.
  ///   - identityFile: An absolute path of letters, digits and `. _ / + = @ : , -`: ssh expands
  ///     other signs.
  ///   - knownHostsFile: Likewise.
  ///   - program: Any program with OpenSSH's command line.
  ///   - port: 1 to 65535.
  /// - Throws: ``SSHSettingsFault`` for the first that is not allowed.
  package init(
    user: String,
    identityFile: String,
    knownHostsFile: String,
    program: String = "ssh",
    port: Int = 22
  ) throws(SSHSettingsFault) {
    let faults = Self.faults(
      user: user,
      identityFile: identityFile,
      knownHostsFile: knownHostsFile,
      program: program,
      port: port
    )
    if let fault = faults.first { throw fault }
    self.user = user
    self.identityFile = identityFile
    self.knownHostsFile = knownHostsFile
    self.program = program
    self.port = port
  }

  /// Everything that ``init(user:identityFile:knownHostsFile:program:port:)`` would refuse.
  package static func faults(
    user: String,
    identityFile: String,
    knownHostsFile: String,
    program: String,
    port: Int
  ) -> [SSHSettingsFault] {
    let checks: [(SSHSettingsFault, Bool)] = [
      (.user, isName(user, signs: "._-@")),
      (.identityFile, isPath(identityFile)),
      (.knownHostsFile, isPath(knownHostsFile)),
      (.program, !program.isEmpty && !program.utf8.contains(0)),
      (.port, (1...65_535).contains(port)),
    ]
    return checks.filter { !$0.1 }.map(\.0)
  }

  /// The same way to hosts, with another account there.
  ///
  /// Throws ``SSHSettingsFault/user`` when that is not a name of one.
  package func with(user: String) throws(SSHSettingsFault) -> SSHSettings {
    try SSHSettings(
      user: user,
      identityFile: identityFile,
      knownHostsFile: knownHostsFile,
      program: program,
      port: port
    )
  }

  fileprivate static func isName(_ text: String, signs: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 255 && !text.hasPrefix("-")
      && text.utf8.allSatisfy { isLetterOrDigit($0) || signs.utf8.contains($0) }
  }

  private static func isPath(_ text: String) -> Bool {
    text.hasPrefix("/") && isName(text, signs: "._/+=@:,-")
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}

/// A value of the settings that ssh cannot be given.
package enum SSHSettingsFault: Error, Equatable, Sendable {
  case user
  case identityFile
  case knownHostsFile
  case program
  case port
  case address

  /// What is allowed, as a sentence without subject and full stop.
  package var allowed: String {
    switch self {
    case .user: "must be letters, digits, . _ - or @, and not begin with -"
    case .identityFile, .knownHostsFile:
      "must be an absolute path of letters, digits and . _ / + = @ : , -"
    case .program: "must name a program"
    case .port: "must be 1 to 65535"
    case .address: "must be an IP address or a host name"
    }
  }
}

/// One account on one host.
package struct SSHDestination: Hashable, Sendable {
  /// How it is reached.
  package let settings: SSHSettings
  /// Its IP address, or a name, whose resolution may take longer than any deadline.
  package let address: String

  /// Names a destination.
  ///
  /// - Throws: ``SSHSettingsFault/address`` when it is neither an address nor a name.
  package init(_ address: String, _ settings: SSHSettings) throws(SSHSettingsFault) {
    guard SSHSettings.isName(address, signs: "._-:") else { throw .address }
    self.address = address
    self.settings = settings
  }

  /// The client's arguments: nothing but what is named here can change what it does.
  func arguments(command: String) -> [String] {
    let options = [
      "BatchMode=yes", "ConnectTimeout=3",
      "StrictHostKeyChecking=yes", "UserKnownHostsFile=\(settings.knownHostsFile)",
      "GlobalKnownHostsFile=/dev/null",
      // `-i` falls back to the keys in ~/.ssh when there is no such file; this does not.
      "IdentityFile=\(settings.identityFile)", "IdentitiesOnly=yes",
      "PreferredAuthentications=publickey",
      // A peer that vanished is found out after 4 to 6 seconds.
      "ServerAliveInterval=2", "ServerAliveCountMax=2",
      // One level lower, a missing key file and algorithms that do not match go without a word.
      "LogLevel=INFO",
      "ControlMaster=no", "ControlPath=none",
      "ClearAllForwardings=yes", "ForwardAgent=no", "RequestTTY=no", "PermitLocalCommand=no",
    ]
    return ["-F", "/dev/null", "-T"] + options.flatMap { ["-o", $0] }
      + ["-l", settings.user, "-p", String(settings.port)]
      + ["--", address, command]
  }
}
