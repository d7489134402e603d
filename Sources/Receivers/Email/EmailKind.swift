// SPDX-License-Identifier: MIT
import Configuration
import Net
import Notifying

/// `email`: sends mail by a server that takes it for delivery; slow, so never the only way to page.
struct EmailKind: ReceiverKind {
  private static let maximumRecipients = 50

  let key = "email"
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let recipients = addresses(section, "to", "who gets the mail, separated by commas")
    let senders = addresses(section, "from", "the address that the mail comes from")
    if senders.count > 1 { section.report("from", "must be one address") }
    let server = server(section, senderHost: senders.first.map { Self.host(of: $0) })
    let timeout = section.span("timeout", default: .seconds(30), in: .seconds(1)...(.seconds(60)))
    let password = section.secret("auth_password")
    let user = section.text("auth_username")
    guard (user == nil) == (password == nil) else {
      section.report("auth_username", "auth_username and auth_password belong together")
      return nil
    }
    guard var server, let sender = senders.first, !recipients.isEmpty else { return nil }
    if let user, let password {
      guard server.security != .none else {
        section.report("require_tls", "must be true: a password is never sent without TLS")
        return nil
      }
      server.login = MailServer.Login(user: user, password: password.reveal())
    }
    return EmailReceiver(
      server: server,
      sender: sender,
      recipients: recipients,
      timeout: timeout,
      password: password,
      clock: services.clock
    )
  }

  private func server(_ section: SettingsSection, senderHost: String?) -> MailServer? {
    let place = section.requiredText("smarthost", "the server and its port, such as mail:587")
    let needsTLS = section.flag("require_tls", default: true)
    let trust = section.text("ca_file").map { TLSTrust.caFile(path: $0) } ?? .system
    let greeting = section.text("hello") ?? senderHost ?? "localhost"
    if !MailAddress.isHost(greeting) { section.report("hello", "must be a host name") }
    let colon = place.lastIndex(of: ":")
    guard let colon, let port = UInt16(place[place.index(after: colon)...]), port > 0 else {
      if !place.isEmpty { section.report("smarthost", "must be a host and a port, as in mail:587") }
      return nil
    }
    var host = String(place[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard MailAddress.isHost(host.filter { $0 != ":" }) else {
      section.report("smarthost", "must be a host and a port, as in mail:587")
      return nil
    }
    return MailServer(
      host: host,
      port: port,
      // RFC 8314, section 7.3: 465 is the port on which TLS begins at once.
      security: port == 465 ? .tls : needsTLS ? .startTLS : .none,
      trust: trust,
      greeting: greeting
    )
  }

  private func addresses(_ section: SettingsSection, _ key: String, _ meaning: String) -> [String] {
    let text = section.requiredText(key, meaning)
    let found = text.split(separator: ",").map { $0.filter { $0 != " " } }
    for address in found where !MailAddress.isValid(address) {
      section.report(
        key,
        "\"\(address)\" must be an address such as ops@example.org, without a name"
      )
    }
    if found.count > Self.maximumRecipients {
      section.report(key, "holds more than \(Self.maximumRecipients) addresses: use a list")
    }
    return found.filter { MailAddress.isValid($0) }
  }

  private static func host(of address: String) -> String {
    String(address.split(separator: "@").last ?? "")
  }
}
