// SPDX-License-Identifier: MIT
import CCurl
import Glibc
import Synchronization

/// Sends mail by SMTP (RFC 5321), each by a connection and a thread of its own.
package struct MailClient: Sendable {
  /// Mails that are sent at the same time; further ones fail.
  private static let exchangeLimit = 32
  private static let exchanges = Atomic(0)
  private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// Makes a client; no thread yet.
  package init() {}

  /// Sends a mail and returns when the server took responsibility for it.
  ///
  /// Cancelling the task ends the exchange within a second.
  ///
  /// - Parameters:
  ///   - mail: What to whom.
  ///   - server: By which server.
  ///   - limit: How long all of it may take.
  /// - Returns: The recipients that the server did not take, if it took at least one, as their
  ///   number.
  /// - Throws: ``MailError``.
  package func send(
    _ mail: OutgoingMail,
    by server: MailServer,
    within limit: Duration
  ) async throws(MailError) -> Int {
    try Self.check(mail, server, limit)
    guard Self.isLibraryReady else { throw .internalFailure(reason: "libcurl does not start") }
    let running = Self.exchanges.add(1, ordering: .relaxed).newValue
    defer { Self.exchanges.subtract(1, ordering: .relaxed) }
    guard running <= Self.exchangeLimit else {
      throw .internalFailure(reason: "more than \(Self.exchangeLimit) mails are sent at once")
    }
    let signal = MailSignal()
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { (waiter: CheckedContinuation<MailOutcome, Never>) in
        let hasStarted = Thread.start {
          waiter.resume(
            returning: MailExchange(mail, server, limit: limit, signal: signal).run()
          )
        }
        if !hasStarted {
          waiter.resume(returning: .failure(.internalFailure(reason: "no thread can be started")))
        }
      }
    } onCancel: {
      signal.isCancelled.store(true, ordering: .releasing)
    }
    return try outcome.get()
  }

  private static func check(
    _ mail: OutgoingMail,
    _ server: MailServer,
    _ limit: Duration
  ) throws(MailError) {
    guard limit > .zero, limit <= .seconds(86_400) else {
      throw .invalidMail(reason: "the time limit is not within 1 ms to 1 day")
    }
    guard !mail.recipients.isEmpty else { throw .invalidMail(reason: "it has no recipient") }
    for address in mail.recipients + [mail.sender] where !MailAddress.isValid(address) {
      throw .invalidMail(reason: "an address is faulty")
    }
    guard MailAddress.isHost(server.host.filter { $0 != ":" }), MailAddress.isHost(server.greeting)
    else { throw .invalidMail(reason: "the server's name or the greeting is no host name") }
    // A bare line feed is read by some servers as the end of the message.
    var last: UInt8 = 0
    for byte in mail.message {
      if (byte == 0x0a) != (last == 0x0d) || byte == 0 {
        throw .invalidMail(reason: "a line does not end with CR LF, or it holds a zero byte")
      }
      last = byte
    }
    guard last == 0x0a else { throw .invalidMail(reason: "the last line has no end") }
    if case .fingerprint(let text) = server.trust, CheckedRequest.pin(text) == nil {
      throw .invalidMail(reason: "the fingerprint is not 64 hexadecimal digits (SHA-256)")
    }
  }
}

/// The form of mail addresses.
package enum MailAddress {
  /// `local@host` without quotes, blanks, brackets and control characters: what goes into a command
  /// and a header as it is.
  package static func isValid(_ address: String) -> Bool {
    let parts = address.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, address.utf8.count <= 254, !parts[0].isEmpty else { return false }
    let forbidden = "<>()[]\\,;:\" ".utf8
    return isHost(String(parts[1]))
      && parts[0].utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && !forbidden.contains($0) }
  }

  /// A host name or an address of digits.
  package static func isHost(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 253
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
          UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}

/// How one mail ended: the number of recipients that were not taken beside others that were.
typealias MailOutcome = Result<Int, MailError>

/// What the caller's task and the exchange's thread share.
final class MailSignal: Sendable {
  let isCancelled = Atomic(false)
}
