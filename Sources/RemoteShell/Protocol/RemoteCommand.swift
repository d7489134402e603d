// SPDX-License-Identifier: MIT

/// One section that a host is asked for.
///
/// There are no others than these: a command is one of the words that `deploy/facts.sh` knows, with
/// arguments whose form was checked here and is checked again there.
package struct RemoteCommand: Hashable, Sendable {
  /// A program whose processes are listed.
  package enum ProgramName: String, Sendable {
    case keepalived
    case nginx
  }

  /// A place in a log file that may be rotated.
  package struct LogPosition: Hashable, Sendable {
    /// The file's inode number, by which it is known after it was renamed.
    package let inode: UInt64
    /// Bytes before the place.
    package let offset: UInt64

    /// Names a place.
    package init(inode: UInt64, offset: UInt64) {
      self.inode = inode
      self.offset = offset
    }
  }

  /// The word of the request.
  let word: String

  private init(_ name: StaticString, _ arguments: [String] = []) {
    word = ([name.description] + arguments).joined(separator: ":")
  }

  /// The interfaces and their addresses: the JSON of `ip -j addr show`.
  package static let addresses = RemoteCommand("addresses")

  /// keepalived's own report, its password taken out: JSON.
  package static let keepalivedData = RemoteCommand("keepalived-data")

  /// keepalived's report as text, which alone tells the states of its checks; without its password.
  package static let keepalivedText = RemoteCommand("keepalived-text")

  /// The directives of `nginx -T` that are compared, one a line.
  package static let nginxConfiguration = RemoteCommand("nginx-config")

  /// PM2's list as `pm2 jlist` gives it, without environments; never starts a daemon.
  package static let pm2List = RemoteCommand("pm2")

  /// The processes of a program: numbers, parents, states and start times.
  package static func processes(of program: ProgramName) -> RemoteCommand {
    RemoteCommand("processes", [program.rawValue])
  }

  /// What came to nginx's error log after a place.
  ///
  /// - Parameters:
  ///   - path: A file directly in `/var/log/nginx`.
  ///   - position: Where the last reading ended; nil asks for the file's end alone.
  /// - Returns: The command.
  /// - Throws: ``RemoteCommandFault`` when the path has another form.
  package static func nginxErrors(
    in path: String,
    after position: LogPosition?
  ) throws(RemoteCommandFault) -> RemoteCommand {
    let folder = "/var/log/nginx/"
    let name = path.dropFirst(folder.count)
    guard path.hasPrefix(folder), isPlain(name), !name.contains("/") else {
      throw .form(of: "path", allowed: "a file in /var/log/nginx, of letters, digits, . _ -")
    }
    // The far side counts with signed numbers of 64 bits.
    let numbers = [position?.inode ?? 0, position?.offset ?? 0].map { String($0) }
    guard numbers.allSatisfy({ $0.utf8.count < 19 }) else {
      throw .form(of: "position", allowed: "numbers of at most 18 digits")
    }
    return RemoteCommand("nginx-errors", [path] + numbers)
  }

  /// The state of a systemd unit.
  ///
  /// Throws for other units than `keepalived.service`, `nginx.service`, `mongod.service` and
  /// `pm2-USER.service`.
  package static func unit(_ name: String) throws(RemoteCommandFault) -> RemoteCommand {
    let isKnown = ["keepalived.service", "nginx.service", "mongod.service"].contains(name)
    let user = name.dropFirst("pm2-".count).dropLast(".service".count)
    let isPM2 =
      name.hasPrefix("pm2-") && name.hasSuffix(".service") && isPlain(user) && !user.contains("/")
    guard isKnown || isPM2 else {
      throw .form(
        of: "unit",
        allowed: "keepalived.service, nginx.service, mongod.service or pm2-USER.service"
      )
    }
    return RemoteCommand("unit", [name])
  }

  /// The dates and names of a certificate.
  ///
  /// Throws for other paths than those below `/etc` that end in `.pem` or `.crt`.
  package static func certificate(at path: String) throws(RemoteCommandFault) -> RemoteCommand {
    let isNamed = path.hasSuffix(".pem") || path.hasSuffix(".crt")
    guard path.hasPrefix("/etc/"), isNamed, isPlain(path[...]) else {
      throw .form(of: "path", allowed: "a .pem or .crt file in /etc, of letters, digits, . _ / -")
    }
    return RemoteCommand("certificate", [path])
  }

  /// Nothing that a shell, or the separator of arguments, would take for more than a letter.
  private static func isPlain(_ text: Substring) -> Bool {
    let isAllowed = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "._/-".utf8.contains(byte)
      }
    }
    let bytes = Array(text.utf8)
    return isAllowed && !bytes.isEmpty && bytes.count <= 200
      && bytes.firstIndex(of: Array("..".utf8), from: 0) == nil
  }
}

/// Why something cannot be asked for.
package enum RemoteCommandFault: Error, Equatable, Sendable {
  /// An argument has a form that is not allowed; `allowed` says which is.
  case form(of: String, allowed: String)
}
