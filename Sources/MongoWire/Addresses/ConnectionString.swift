// SPDX-License-Identifier: MIT

/// A `mongodb://` URI, read as drivers read it; neither its text nor its mirror shows the password.
///
/// Source: `source/connection-string/connection-string-spec.md` of mongodb/specifications.
package struct ConnectionString: Sendable {
  /// Where a member may be.
  package enum Host: Equatable, Sendable {
    /// A name or an IPv4 address.
    case name(String, port: UInt16?)
    /// An IPv6 address, without its brackets.
    case address(String, port: UInt16?)
    /// The path of a Unix domain socket.
    case socket(path: String)
  }

  /// The port where none is given.
  package static let defaultPort: UInt16 = 27_017
  /// A longer text is refused.
  private static let lengthLimit = 16 << 10

  /// At least one.
  package let hosts: [Host]
  /// Decoded; nil without user information.
  package let username: String?
  /// Decoded; nil without a colon behind the user.
  package let password: String?
  /// Decoded; nil without a database.
  package let database: String?
  /// What is known and has a value that can be, by name in lower case.
  package let options: ConnectionOptions
  /// What was left out or is doubtful, one sentence each.
  package var warnings: [String] { options.warnings }

  /// Reads a URI.
  package init(_ text: String) throws(ConnectionStringError) {
    guard text.utf8.count <= Self.lengthLimit else { throw .tooLong(limitBytes: Self.lengthLimit) }
    if text.hasPrefix("mongodb+srv://") { throw .needsNameService }
    let scheme = "mongodb://"
    guard text.hasPrefix(scheme) else { throw .wrongScheme }
    let rest = text.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    let behind = rest.dropFirst(authority.count)
    let path = behind.hasPrefix("/") ? behind.dropFirst().prefix { $0 != "?" } : ""
    let question = behind.firstIndex(of: "?")
    options = try ConnectionOptions(question.map { behind[behind.index(after: $0)...] } ?? "")
    var hostList = authority
    if let at = authority.lastIndex(of: "@") {
      (username, password) = try Self.userInformation(authority[..<at])
      hostList = authority[authority.index(after: at)...]
    } else {
      (username, password) = (nil, nil)
    }
    var hosts: [Host] = []
    for part in hostList.split(separator: ",", omittingEmptySubsequences: false) {
      hosts.append(try Self.host(part))
    }
    self.hosts = hosts
    database = try Self.database(path)
  }

  // MARK: Parts

  private static func userInformation(
    _ text: Substring
  ) throws(ConnectionStringError) -> (String?, String?) {
    let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count <= 2, !text.contains("@") else { throw .malformedUser }
    guard let username = PercentText.decoded(parts[0]), !username.isEmpty else {
      throw .malformedUser
    }
    guard parts.count == 2 else { return (username, nil) }
    guard let password = PercentText.decoded(parts[1]) else { throw .malformedUser }
    return (username, password)
  }

  private static func host(_ text: Substring) throws(ConnectionStringError) -> Host {
    guard let decoded = PercentText.decoded(text), !decoded.isEmpty,
      !decoded.utf8.contains(0)
    else { throw .malformedHost }
    if decoded.contains("/") {
      guard decoded.hasSuffix(".sock"), !text.contains("/") else { throw .malformedHost }
      return .socket(path: decoded)
    }
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { throw .malformedHost }
      let address = text[text.index(after: text.startIndex)..<end]
      guard !address.isEmpty,
        address.utf8.allSatisfy({ "0123456789abcdefABCDEF:.%".utf8.contains($0) })
      else { throw .malformedHost }
      let rest = text[text.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { throw .malformedHost }
      return .address(String(address), port: rest.isEmpty ? nil : try port(rest.dropFirst()))
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let name = PercentText.decoded(parts[0]), !name.isEmpty,
      name.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f }),
      !name.contains(where: { "[]@?#\\".contains($0) })
    else { throw .malformedHost }
    return .name(name, port: parts.count == 2 ? try port(parts[1]) : nil)
  }

  private static func port(_ text: Substring) throws(ConnectionStringError) -> UInt16 {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text), port > 0
    else { throw .malformedPort }
    return port
  }

  private static func database(_ text: Substring) throws(ConnectionStringError) -> String? {
    if text.isEmpty { return nil }
    // What stands here unescaped was meant to stand in a password.
    guard !text.contains(where: { "@:/".contains($0) }), let name = PercentText.decoded(text),
      !name.contains(where: { "/\\ \"$".contains($0) }), !name.utf8.contains(0)
    else { throw .malformedDatabase }
    return name
  }
}

extension ConnectionString: CustomStringConvertible, CustomReflectable {
  package var description: String { "mongodb://… (\(hosts.count) hosts)" }
  package var customMirror: Mirror { Mirror(self, children: ["hosts": hosts]) }
}

/// Why a text is no connection string; nothing of the text is repeated, as it may hold a password.
package enum ConnectionStringError: Error, Equatable, Sendable {
  /// It does not begin with `mongodb://`.
  case wrongScheme
  /// `mongodb+srv://` asks name servers for the members; hvsmon wants them named.
  case needsNameService
  /// It is longer than the limit.
  case tooLong(limitBytes: Int)
  /// A colon, at-sign, slash or percent sign in the user or password is not escaped, or there is
  /// no user.
  case malformedUser
  /// A host is missing or is no name, address or socket.
  case malformedHost
  /// A port is not 1 to 65535.
  case malformedPort
  /// The database has a character that no name has.
  case malformedDatabase
  /// An option has no `=`, no name, or a broken escape.
  case malformedOption
  /// Two options contradict each other; they are named.
  case contradictingOptions(String)
  /// What is said about the login cannot be.
  case impossibleLogin(reason: String)
  /// The mechanism is not one that this client has.
  case unsupportedMechanism
}

extension ConnectionStringError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .wrongScheme: "a connection string begins with mongodb://"
    case .needsNameService:
      "mongodb+srv:// is not supported: name the members with mongodb:// and tls=true"
    case .tooLong(let limit): "a connection string has at most \(limit) bytes"
    case .malformedUser:
      "user and password need :, /, @ and % written as %3A, %2F, %40 and %25, and a user has to be"
    case .malformedHost: "a host is missing or is no name, address or socket"
    case .malformedPort: "a port is 1 to 65535"
    case .malformedDatabase: "the database has a character that no name has"
    case .malformedOption: "an option has no =, no name, or a broken escape"
    case .contradictingOptions(let names): "the options \(names) contradict each other"
    case .impossibleLogin(let reason): reason
    case .unsupportedMechanism:
      "the mechanisms are SCRAM-SHA-256, SCRAM-SHA-1 and MONGODB-X509"
    }
  }
}

/// The percent encoding, strictly: a broken escape is an error, not a percent sign.
enum PercentText {
  static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let high = digit(rest.removeFirst()),
        let low = digit(rest.removeFirst())
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
