// SPDX-License-Identifier: MIT
import Architecture
package import Configuration
package import Net

/// How the Proxmox cluster is asked: the section `proxmox` and the declared nodes.
package struct ProxmoxSettings: Sendable {
  /// One node's API.
  struct Endpoint: Sendable, Equatable {
    let node: String
    /// `https://address:port`, without a slash at the end.
    let origin: String
    let trust: TLSTrust
  }

  let endpoints: [Endpoint]
  let tokenID: String
  let tokenSecret: Secret
  /// How often the cluster is polled.
  package let poll: PollSettings

  init(endpoints: [Endpoint], tokenID: String, tokenSecret: Secret, poll: PollSettings) {
    self.endpoints = endpoints
    self.tokenID = tokenID
    self.tokenSecret = tokenSecret
    self.poll = poll
  }

  /// One node that answers for a cluster of which nothing is declared yet.
  ///
  /// - Parameters:
  ///   - origin: `https://host:port`, without a slash at the end.
  ///   - trust: Which certificate is believed.
  ///   - tokenID: `user@realm!token`; nil is returned for any other form.
  ///   - tokenSecret: The token's secret.
  package init?(origin: String, trust: TLSTrust, tokenID: String, tokenSecret: Secret) {
    guard Self.isTokenID(tokenID) else { return nil }
    self.init(
      endpoints: [Endpoint(node: "", origin: origin, trust: trust)],
      tokenID: tokenID,
      tokenSecret: tokenSecret,
      poll: PollSettings()
    )
  }

  /// Reads the section; nil when there is none or it is faulty, which is then reported.
  ///
  /// Several collectors may read it: a fault is reported once.
  package init?(reading declared: DeclaredSections) {
    guard let section = declared.root.section("proxmox") else { return nil }
    let tokenID = section.requiredText("token_id", "user@realm!token, as Proxmox shows it")
    let secret = section.secret("token_secret")
    let isSpelt = ["token_secret", "token_secret_file", "token_secret_env"].contains(
      where: section.has
    )
    if secret == nil, !isSpelt {
      section.report(
        "token_secret",
        "is required here, as token_secret_file, token_secret_env or token_secret"
      )
    }
    if !tokenID.isEmpty, !Self.isTokenID(tokenID) {
      section.report("token_id", "must have the form user@realm!token")
    }
    let port = section.integer("port", default: 8_006, in: 1...65_535)
    let trust = section.tlsTrust()
    let pins = Self.pins(section, nodes: declared.nodes)
    poll = declared.poll.overridden(by: section)
    if declared.nodes.isEmpty {
      section.report("", "wants architecture.nodes: the names and addresses of the nodes to ask")
    }
    endpoints = declared.nodes.map { node in
      let origin = "https://{address}:\(port)".fillingAddress(node.address)
      return Endpoint(node: node.name, origin: origin, trust: pins[node.name] ?? trust)
    }
    guard let secret, Self.isTokenID(tokenID), !endpoints.isEmpty else { return nil }
    self.tokenID = tokenID
    tokenSecret = secret
  }

  /// The certificates named node by node below `fingerprints`: each node has its own.
  private static func pins(
    _ section: SettingsSection,
    nodes: [DeclaredNode]
  ) -> [String: TLSTrust] {
    var pins: [String: TLSTrust] = [:]
    for (name, text, mark) in section.textMap("fingerprints") {
      let digits = text.filter { $0 != ":" }
      if !nodes.contains(where: { $0.name == name }) {
        section.report("fingerprints", at: mark, "there is no node \"\(name)\"")
      } else if digits.utf8.count != 64 || !digits.allSatisfy(\.isHexDigit) {
        section.report(
          "fingerprints",
          at: mark,
          "\(name) must have the SHA-256 of its certificate: 64 hexadecimal digits"
        )
      } else {
        pins[name] = .fingerprint(sha256: text)
      }
    }
    return pins
  }

  /// The form `user@realm!token`, without what cannot stand in a header.
  private static func isTokenID(_ text: String) -> Bool {
    guard let bang = text.lastIndex(of: "!"), let at = text[..<bang].lastIndex(of: "@") else {
      return false
    }
    return at > text.startIndex && text.index(after: at) < bang
      && text.index(after: bang) < text.endIndex
      && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "=") }
  }
}
