// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import Net
import Synchronization

/// A mail server on loopback that keeps what it takes and answers as a test says.
package final class MailSink: Sendable {
  /// One mail that was taken.
  package struct Mail: Sendable {
    /// The envelope's sender.
    package let sender: String
    /// The recipients that were taken.
    package let recipients: [String]
    /// Header and body without line ends, dots unstuffed.
    package let lines: [String]
    /// It came through TLS.
    package let isEncrypted: Bool
    /// `user:password` of the login; nil without one.
    package let login: String?
    /// What the client called itself.
    package let greeting: String
  }

  /// What to answer to a line instead of what is usual.
  ///
  /// The line is empty at the start of a connection and a full stop at the end of a message. `hang`
  /// never answers, `close` hangs up.
  package typealias Script = @Sendable (_ line: String) -> String?

  private struct State {
    var mails: [Mail] = []
    var descriptors: Set<Int32> = []
    var connections = 0
    var isStopped = false
  }

  /// The port it listens on, on 127.0.0.1.
  package let port: UInt16
  private let listener: Int32
  private let state = Mutex(State())
  private let identity: TestIdentity?
  private let script: Script

  /// Listens on a free port.
  ///
  /// - Parameters:
  ///   - identity: Offers STARTTLS with it; nil offers none.
  ///   - script: Answers otherwise than usual.
  /// - Throws: A failure of the system.
  package init(identity: TestIdentity? = nil, script: @escaping Script = { _ in nil }) throws {
    (listener, port) = try LoopbackListener.open()
    self.identity = identity
    self.script = script
    let listener = listener
    let hasStarted = Net.Thread.start { [weak self] in
      while true {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else {
          if errno == EINTR || errno == ECONNABORTED { continue }
          break
        }
        guard let self, self.serve(descriptor) else {
          close(descriptor)
          break
        }
      }
      close(listener)
    }
    precondition(hasStarted, "a test can start a thread")
  }

  deinit { stop() }

  /// The mails taken so far.
  package var mails: [Mail] { state.withLock { $0.mails } }
  /// The connections so far.
  package var connections: Int { state.withLock { $0.connections } }

  /// Closes everything; afterwards the port refuses.
  package func stop() {
    state.withLock { state in
      guard !state.isStopped else { return }
      state.isStopped = true
      shutdown(listener, Int32(SHUT_RDWR))
      for each in state.descriptors { shutdown(each, Int32(SHUT_RDWR)) }
    }
  }

  private func serve(_ descriptor: Int32) -> Bool {
    let isOpen = state.withLock { state in
      guard !state.isStopped else { return false }
      state.connections += 1
      state.descriptors.insert(descriptor)
      return true
    }
    guard isOpen else { return false }
    return Net.Thread.start { [weak self, identity, script] in
      let wire = MailWire(descriptor)
      var talk = MailTalk(wire: wire, identity: identity, script: script) { mail in
        self?.state.withLock { $0.mails.append(mail) }
      }
      talk.run()
      self?.state.withLock { _ = $0.descriptors.remove(descriptor) }
      wire.end()
    }
  }
}

/// One connection to a ``MailSink``: the commands in order.
private struct MailTalk {
  let wire: MailWire
  let identity: TestIdentity?
  let script: MailSink.Script
  let taken: (MailSink.Mail) -> Void
  private var greeting = ""
  private var login: String?
  private var sender = ""
  private var recipients: [String] = []

  init(
    wire: MailWire,
    identity: TestIdentity?,
    script: @escaping MailSink.Script,
    taken: @escaping (MailSink.Mail) -> Void
  ) {
    (self.wire, self.identity, self.script, self.taken) = (wire, identity, script, taken)
  }

  mutating func run() {
    guard say(for: "", "220 sink ESMTP") else { return }
    while let line = wire.readLine() {
      guard answer(line) else { return }
    }
  }

  /// Answers a line, by the script or as usual; false ends the connection.
  private func say(for line: String, _ usual: String) -> Bool {
    switch script(line) {
    case "hang"?:
      while wire.readLine() != nil {}
      return false
    case "close"?: return false
    case let reply?: return wire.write(reply + "\r\n")
    case nil: return wire.write(usual + "\r\n")
    }
  }

  private mutating func answer(_ line: String) -> Bool {
    let word = line.prefix { $0 != " " && $0 != ":" }.uppercased()
    switch word {
    case "EHLO", "HELO":
      greeting = String(line.dropFirst(5))
      let offer = identity != nil && !wire.isEncrypted ? "250-STARTTLS\r\n" : ""
      return say(for: line, "250-sink\r\n\(offer)250 AUTH PLAIN")
    case "STARTTLS":
      guard let identity, say(for: line, "220 go ahead") else { return false }
      return wire.startTLS(identity)
    case "AUTH":
      guard script(line) == nil else { return say(for: line, "") }
      var proof = line.split(separator: " ").dropFirst(2).first.map { String($0) }
      if proof == nil {
        guard wire.write("334 \r\n") else { return false }
        proof = wire.readLine()
      }
      let bytes = Data(base64Encoded: proof ?? "") ?? Data()
      let parts = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      login = parts.suffix(2).joined(separator: ":")
      return say(for: line, "235 welcome")
    case "MAIL":
      sender = Self.address(line)
      recipients = []
      return say(for: line, "250 fine")
    case "RCPT":
      if script(line) == nil { recipients.append(Self.address(line)) }
      return say(for: line, "250 fine")
    case "DATA": return say(for: line, "354 go on") && takeMessage()
    case "QUIT":
      _ = say(for: line, "221 bye")
      return false
    default: return say(for: line, "250 fine")
    }
  }

  private func takeMessage() -> Bool {
    var lines: [String] = []
    while let line = wire.readLine() {
      guard line != "." else {
        if script(".") == nil {
          taken(
            MailSink.Mail(
              sender: sender,
              recipients: recipients,
              lines: lines,
              isEncrypted: wire.isEncrypted,
              login: login,
              greeting: greeting
            )
          )
        }
        return say(for: ".", "250 taken")
      }
      lines.append(line.hasPrefix(".") ? String(line.dropFirst()) : line)
    }
    return false
  }

  private static func address(_ line: String) -> String {
    String(line.split(separator: "<").last?.prefix { $0 != ">" } ?? "")
  }
}
