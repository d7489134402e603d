// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Net
import Notifying
import Rules
import TestSupport
import Testing

/// Mail does all that the conformance tests ask of services that speak HTTP.
@Suite struct EmailTests {
  private static let password = "verysecretpassword"
  private let folder: TemporaryFolder
  private let identity: TestIdentity
  private let one = notification([NotifiedAlert(nginxDown("web1"), isNew: true)])

  init() throws {
    folder = try TemporaryFolder()
    identity = try TestIdentity(in: folder, name: "sink")
  }

  private func sink(_ script: @escaping MailSink.Script = { _ in nil }) throws -> MailSink {
    try MailSink(identity: identity, script: script)
  }

  private func made(_ sink: MailSink, _ extra: String = "") -> (any Receiver)? {
    let place = "smarthost: '127.0.0.1:\(sink.port)', ca_file: '\(identity.certificatePath)'"
    let people = "to: 'ops@example.org, night@example.org', from: hvsmon@example.net"
    let (made, issues) = receiver("email", "{\(place), \(people)\(extra)}")
    #expect(issues == [])
    return made
  }

  /// The value of a header, unfolded.
  private func header(_ name: String, _ mail: MailSink.Mail) -> String? {
    let lines = Array(mail.lines.prefix { !$0.isEmpty })
    guard let start = lines.firstIndex(where: { $0.hasPrefix("\(name): ") }) else { return nil }
    let rest = lines[(start + 1)...].prefix { $0.hasPrefix(" ") }
    return ([String(lines[start].dropFirst(name.count + 2))] + rest).joined(separator: "\n")
  }

  /// The texts of the parts.
  private func parts(_ mail: MailSink.Mail) throws -> [String] {
    let bodies = mail.lines.split { $0.hasPrefix("----=_hvsmon") }.dropFirst()
    return try bodies.map { part in
      let base64 = part.drop { !$0.isEmpty }.joined()
      return String(decoding: try #require(Data(base64Encoded: base64)), as: UTF8.self)
    }
  }

  @Test func `a mail comes through TLS with login, to everybody, in two forms`() async throws {
    let sink = try sink()
    let login = ", auth_username: u, auth_password: \(Self.password), hello: monitor.test"
    #expect(await outcome(made(sink, login), one) == nil)
    let mail = try #require(sink.mails.first)
    #expect(mail.isEncrypted)
    #expect(mail.login == "u:\(Self.password)")
    #expect(mail.greeting == "monitor.test")
    #expect(mail.sender == "hvsmon@example.net")
    #expect(mail.recipients == ["ops@example.org", "night@example.org"])
    #expect(header("From", mail) == "<hvsmon@example.net>")
    #expect(header("To", mail) == "<ops@example.org>,\n <night@example.org>")
    #expect(header("Message-ID", mail) == "<0123456789abcdef-kz-1@example.net>")
    #expect(header("Date", mail) == "2 Jan 2026 03:04:05 +0000")
    #expect(header("Auto-Submitted", mail) == "auto-generated")
    #expect(header("In-Reply-To", mail) == nil)
    let parts = try parts(mail)
    #expect(parts.count == 2)
    #expect(parts.first?.hasPrefix("WARNING NginxDown (web1, tier lb): nginx on web1") == true)
    #expect(parts.last?.contains("<b>WARNING NginxDown (web1, tier lb)") == true)
    #expect(parts.last?.contains("#e8a317") == true)
    sink.stop()
  }

  @Test func `a recovery is in the thread of its first mail`() async throws {
    let sink = try sink()
    let receiver = try #require(made(sink))
    let reference = try #require(try await receiver.deliver(one, .first))
    let ended = notification([NotifiedAlert(nginxDown("web1", endedAt: 60))], reason: .resolved)
    #expect(try await receiver.deliver(ended, .replacing(reference)) == reference)
    let mail = try #require(sink.mails.last)
    #expect(header("In-Reply-To", mail) == "<\(reference.text)>")
    #expect(header("References", mail) == "<\(reference.text)>")
    #expect(try parts(mail).first?.hasPrefix("RESOLVED NginxDown") == true)
    sink.stop()
  }

  @Test func `the largest mail has short lines, and names are text in each form`() async throws {
    let sink = try sink()
    let receiver = made(sink)
    #expect(await outcome(receiver, largeNotification()) == nil)
    let large = try #require(sink.mails.first)
    #expect(large.lines.allSatisfy { $0.utf8.count <= 78 })
    #expect(try parts(large)[0].contains(" more"))
    let odd = alert(
      ["alertname": "A", "instance": NastyName.written, "severity": "page"],
      [Label("description", "one\r\n.\r\nQUIT"), Label("summary", "it is down")]
    )
    #expect(await outcome(receiver, notification([NotifiedAlert(odd)])) == nil)
    let parts = try parts(try #require(sink.mails.last))
    #expect(parts[0].contains(NastyName.seen))
    #expect(parts[1].contains("x&quot;&lt;b&gt;&amp;amp;&lt;/b&gt;"))
    #expect(!parts[1].contains("<@U1>"))
    sink.stop()
  }

  @Test func `a subject that is no ASCII is in words of at most 75 bytes`() async throws {
    let sink = try sink()
    let name = String(repeating: "é😀 ", count: 60)
    let odd = alert(["alertname": name, "instance": "a\r\nBcc: x@example.org", "severity": "page"])
    #expect(await outcome(made(sink), notification([NotifiedAlert(odd)])) == nil)
    let mail = try #require(sink.mails.first)
    #expect(header("Bcc", mail) == nil)
    let words = try #require(header("Subject", mail)).split(separator: "\n").map {
      $0.filter { $0 != " " }
    }
    #expect(words.count > 3)
    var subject = ""
    for word in words {
      #expect(word.utf8.count <= 75)
      #expect(word.hasPrefix("=?UTF-8?B?") && word.hasSuffix("?="))
      let base64 = String(word.dropFirst(10).dropLast(2))
      subject += String(decoding: try #require(Data(base64Encoded: base64)), as: UTF8.self)
    }
    #expect(subject.hasPrefix("PAGE é😀 é😀"))
    sink.stop()
  }

  @Test(arguments: [
    ("RCPT", "550 no such user", true), ("RCPT", "450 try later", false),
    ("MAIL", "553 not from you", true), (".", "554 spam", true), (".", "451 disk full", false),
    ("", "421 too busy", false), ("AUTH", "535 wrong password", true),
    ("AUTH", "454 try later", false),
  ])
  func `a code that begins with 5 is final, one that begins with 4 is not`(
    start: String,
    reply: String,
    isFinal: Bool
  ) async throws {
    let sink = try sink { line in
      start.isEmpty ? (line.isEmpty ? reply : nil) : line.hasPrefix(start) ? reply : nil
    }
    let login = ", auth_username: u, auth_password: \(Self.password)"
    let error = await outcome(made(sink, login), one)
    switch error {
    case .permanent(let reason)? where isFinal: #expect(reason.contains(reply.prefix(3)))
    case .retryable? where !isFinal: break
    default: Issue.record("\(start) \(reply): \(String(describing: error))")
    }
    #expect(sink.mails.isEmpty)
    sink.stop()
  }

  @Test func `one recipient that does not exist keeps the mail from nobody else`() async throws {
    let sink = try sink { $0.hasPrefix("RCPT TO:<ops@") ? "550 no such user" : nil }
    #expect(await outcome(made(sink), one) == nil)
    #expect(sink.mails.map(\.recipients) == [["night@example.org"]])
    sink.stop()
  }

  @Test func `without STARTTLS nothing is sent, least of all the password`() async throws {
    let heard = try MailSink(script: { line in line.hasPrefix("AUTH") ? "close" : nil })
    let login = ", auth_username: u, auth_password: \(Self.password)"
    guard case .retryable(let reason, nil)? = await outcome(made(heard, login), one) else {
      Issue.record("mail without TLS")
      return
    }
    #expect(reason.contains("TLS"))
    #expect(heard.mails.isEmpty)
    heard.stop()
  }

  @Test func `a server with a certificate of somebody else gets nothing`() async throws {
    let other = try TestIdentity(in: folder, name: "other")
    let sink = try MailSink(identity: other)
    guard case .retryable(let reason, nil)? = await outcome(made(sink), one) else {
      Issue.record("mail to a stranger")
      return
    }
    #expect(reason.contains("TLS with 127.0.0.1"))
    #expect(sink.mails.isEmpty)
    sink.stop()
  }

  @Test(arguments: ["hang", "close", "garbage"])
  func `a server that is slow, goes away or babbles is tried again`(answer: String) async throws {
    let sink = try sink { $0.hasPrefix("MAIL") ? answer : nil }
    guard case .retryable? = await outcome(made(sink, ", timeout: 1s"), one) else {
      Issue.record("\(answer) is not tried again")
      return
    }
    sink.stop()
  }

  @Test func `a server that is not there is tried again`() async throws {
    let sink = try sink()
    let receiver = made(sink)
    sink.stop()
    #expect(await eventually { await outcome(receiver, one) != nil })
    guard case .retryable(let reason, nil)? = await outcome(receiver, one) else {
      Issue.record("it gives up")
      return
    }
    #expect(reason.contains("127.0.0.1:\(sink.port)"))
  }

  @Test func `no error shows the password, even when the server repeats it`() async throws {
    let sink = try sink { line in
      line.hasPrefix("MAIL") ? "550 who is \(Self.password)" : nil
    }
    let login = ", auth_username: u, auth_password: \(Self.password)"
    let receiver = made(sink, login)
    let error = await outcome(receiver, one)
    #expect(error?.description.contains("550") == true)
    #expect(error?.description.contains(Self.password) == false)
    #expect(!"\(String(describing: receiver))".contains(Self.password))
    sink.stop()
  }

  @Test(arguments: [
    ("to: 'Ops <a@x.org>', from: h@x.org, smarthost: 'm:25'", "must be an address such as"),
    ("to: a@x.org, from: 'h@x.org\\r\\nBcc', smarthost: 'm:25'", "from: "),
    ("to: a@x.org, from: h@x.org, smarthost: m", "smarthost: must be a host and a port"),
    ("to: a@x.org, from: h@x.org", "smarthost: is required here"),
    (
      "to: a@x.org, from: h@x.org, smarthost: 'm:25', auth_username: u",
      "auth_username and auth_password belong together"
    ),
    (
      "to: a@x.org, from: h@x.org, smarthost: 'm:25', require_tls: false, auth_username: u, "
        + "auth_password: verysecretpassword",
      "a password is never sent without TLS"
    ),
  ])
  func `a fault in the settings is named`(yaml: String, expected: String) {
    let (_, issues) = receiver("email", "{\(yaml)}")
    #expect(issues.contains { $0.contains(expected) }, "\(issues)")
    #expect(!issues.contains { $0.contains(Self.password) })
  }
}
