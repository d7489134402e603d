// SPDX-License-Identifier: MIT
import Configuration
import MongoWire
import Net

/// The section `mongodb` of the file: who to be at every member.
struct MongoDBSettings: Sendable {
  /// Nil: only what a member tells everybody is known.
  let credential: MongoCredential?
  /// Nil: plain TCP.
  let tls: StreamEndpoint.TLS?

  /// Reads the section, where what is wrong is reported; without one nobody logs in.
  init(reading section: SettingsSection?) {
    guard let section else {
      (credential, tls) = (nil, nil)
      return
    }
    tls = Self.tls(section.section("tls"))
    let username = section.text("username") ?? ""
    let password = section.secret("password")
    let source = section.text("auth_source") ?? "admin"
    if source == "$external" {
      if password != nil { section.report("password", "does not go with auth_source $external") }
      if tls?.clientCertificatePath == nil {
        section.report("auth_source", "$external needs tls.client_certificate_file")
      }
      credential = .certificate
    } else if username.isEmpty {
      if password != nil { section.report("username", "is required with a password") }
      credential = nil
    } else {
      if password == nil { section.report("password", "is required with a username") }
      credential = MongoCredential(
        username: username,
        password: password?.reveal() ?? "",
        source: source
      )
    }
  }

  private static func tls(_ section: SettingsSection?) -> StreamEndpoint.TLS? {
    guard let section else { return nil }
    let isEnabled = section.flag("enabled", default: true)
    let tls = StreamEndpoint.TLS(
      trust: section.tlsTrust(),
      clientCertificatePath: section.text("client_certificate_file")
    )
    return isEnabled ? tls : nil
  }

  /// The way to a member of a tier.
  func endpoint(address: String, port: UInt16) -> MongoEndpoint {
    var host = address
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    return MongoEndpoint(
      stream: StreamEndpoint(host: host, port: port, tls: tls),
      credential: credential,
      replyLimitBytes: 16 << 20
    )
  }
}

/// The section `mongodb` of a tier.
struct MongoDBTierSettings: Sendable {
  /// The replica set that the members form.
  let replicaSet: String
  /// The port of every member.
  let port: UInt16

  /// Reads the section; what is wrong is reported there.
  init(reading section: SettingsSection) {
    replicaSet = section.requiredText("replica_set", "the name of the replica set")
    port = UInt16(
      section.integer(
        "port",
        default: Int(ConnectionString.defaultPort),
        in: 1...Int(UInt16.max)
      )
    )
  }
}
