// SPDX-License-Identifier: MIT

/// Where hvsmon listens, and who may ask.
package struct HTTPSettings: Equatable, Sendable {
  /// What the holder of a token may do.
  package enum Role: String, Sendable, CaseIterable {
    case read
    case write
    case operate
  }

  /// One token that is accepted.
  package struct Token: Equatable, Sendable {
    /// Its name in logs.
    package let name: String
    /// What its holder may do.
    package let role: Role
    /// The token.
    package let secret: Secret
  }

  /// The files of a server certificate.
  package struct TLS: Equatable, Sendable {
    /// PEM file with the certificate and its chain.
    package let certificateFile: String
    /// PEM file with the private key.
    package let keyFile: String
  }

  /// The address to listen on, without a port.
  package var host = "127.0.0.1"
  /// The port; 0 lets the system choose.
  package var port: UInt16 = 9820
  /// The tokens that are accepted; none means that anybody who reaches the address may ask.
  package var tokens: [Token] = []
  /// The server's certificate; nil serves without TLS.
  package var tls: TLS?
  /// Samples are taken in by remote write from holders of a token that may write.
  package var acceptsRemoteWrite = false

  /// The defaults.
  package init() {}

  init(reading section: SettingsSection?) {
    self.init()
    guard let section else { return }
    readListen(section)
    // A token that cannot be read is its own fault, not a missing one.
    var wantsTokens = false
    if let auth = section.section("auth") {
      wantsTokens = !auth.items("tokens").isEmpty
      tokens = Self.tokens(auth)
    }
    readTLS(section)
    readRemoteWrite(section)
    if !isLoopback, !wantsTokens {
      section.report(
        "listen",
        "\(host) can be reached from outside: give auth.tokens, or listen on 127.0.0.1"
      )
    }
  }

  /// The address cannot be reached from another machine.
  package var isLoopback: Bool {
    if host == "localhost" || host == "::1" { return true }
    // A name may begin like an address of loopback and lead elsewhere.
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  private mutating func readListen(_ section: SettingsSection) {
    guard let text = section.text("listen") else { return }
    let digits = text.split(separator: ":", omittingEmptySubsequences: false).last ?? ""
    guard digits.utf8.count < text.utf8.count, digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let port = UInt16(digits)
    else {
      section.report("listen", "must be ADDRESS:PORT such as 127.0.0.1:9820, not \"\(text)\"")
      return
    }
    var host = text.dropLast(digits.count + 1)
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else {
      section.report("listen", "names no address; 0.0.0.0 stands for all")
      return
    }
    self.host = String(host)
    self.port = port
  }

  private static func tokens(_ auth: SettingsSection) -> [Token] {
    var names: Set<String> = []
    return auth.sections("tokens").compactMap { section in
      let name = section.requiredText("name", "it names the token in logs")
      if !name.isEmpty, !names.insert(name).inserted {
        section.report("name", "\"\(name)\" is used twice")
      }
      let roles = Dictionary(uniqueKeysWithValues: Role.allCases.map { ($0.rawValue, $0) })
      let role = section.choice("role", default: Role.read, among: roles)
      guard let secret = section.secret("token") else {
        if ["token", "token_file", "token_env"].allSatisfy({ section.node($0) == nil }) {
          section.report("token", "is required here: token, token_file or token_env")
        }
        return nil
      }
      if secret.reveal().utf8.count < 16 {
        section.report("token", "must be at least 16 characters long")
      }
      return Token(name: name, role: role, secret: secret)
    }
  }

  private mutating func readRemoteWrite(_ section: SettingsSection) {
    guard let remoteWrite = section.section("remote_write") else { return }
    acceptsRemoteWrite = remoteWrite.flag("enabled", default: false)
    let mayWrite = tokens.contains { $0.role != .read }
    // A token that cannot be read is its own fault, not a missing one.
    let isReadable = tokens.count == (section.section("auth")?.items("tokens").count ?? 0)
    if acceptsRemoteWrite, !mayWrite, isReadable {
      remoteWrite.report(
        "enabled",
        "needs a token of the role write or operate in http.auth.tokens"
      )
    }
  }

  private mutating func readTLS(_ section: SettingsSection) {
    guard let section = section.section("tls") else { return }
    switch (section.text("certificate_file"), section.text("key_file")) {
    case (let certificate?, let key?): tls = TLS(certificateFile: certificate, keyFile: key)
    case (nil, nil): break
    case (_, nil): section.report("key_file", "is required beside certificate_file")
    case (nil, _): section.report("certificate_file", "is required beside key_file")
    }
  }
}
