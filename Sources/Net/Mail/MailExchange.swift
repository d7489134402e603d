// SPDX-License-Identifier: MIT
import CCrypto
import CCurl
import Glibc
import Synchronization

/// One mail inside libcurl; its own thread alone uses it, and blocks on it.
final class MailExchange {
  /// Lines of the server that are kept, and the bytes of each.
  private static let replyLimit = 64
  private static let replyBytes = 512

  private let mail: OutgoingMail
  private let server: MailServer
  private let limit: Duration
  private let signal: MailSignal
  private let errorText: UnsafeMutablePointer<CChar>
  private let peer: UnsafeMutablePointer<hv_peer_certificate>
  private var recipients: UnsafeMutablePointer<curl_slist>?
  private var sent = 0
  private var replies: [String] = []

  init(_ mail: OutgoingMail, _ server: MailServer, limit: Duration, signal: MailSignal) {
    (self.mail, self.server, self.limit, self.signal) = (mail, server, limit, signal)
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    peer = .allocate(capacity: 1)
    peer.initialize(to: hv_peer_certificate())
  }

  deinit {
    curl_slist_free_all(recipients)
    errorText.deallocate()
    peer.deallocate()
  }

  func run() -> MailOutcome {
    guard let easy = curl_easy_init() else {
      return .failure(.internalFailure(reason: "no memory for a transfer"))
    }
    defer { curl_easy_cleanup(easy) }
    let options = setOptions(easy)
    guard options == CURLE_OK else {
      return .failure(.internalFailure(reason: String(cString: curl_easy_strerror(options))))
    }
    let code = curl_easy_perform(easy)
    guard code == CURLE_OK else { return .failure(failure(code, easy)) }
    return .success(replies.filter { Self.code(of: $0).map { $0 >= 400 } ?? false }.count)
  }

  // MARK: Options

  private func setOptions(_ easy: UnsafeMutableRawPointer) -> CURLcode {
    let scheme = server.security == .tls ? "smtps" : "smtp"
    let strings: [(CURLoption, String?)] = [
      (CURLOPT_URL, "\(scheme)://\(server.authority)/\(server.greeting)"),
      (CURLOPT_PROTOCOLS_STR, "smtp,smtps"), (CURLOPT_PROXY, ""),
      (CURLOPT_MAIL_FROM, "<\(mail.sender)>"),
      (CURLOPT_USERNAME, server.login?.user), (CURLOPT_PASSWORD, server.login?.password),
    ]
    for case (let option, let value?) in strings {
      let code = hv_curl_set_string(easy, option, value)
      guard code == CURLE_OK else { return code }
    }
    let milliseconds = Int(limit.wholeMilliseconds)
    let numbers: [(CURLoption, Int)] = [
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_UPLOAD, 1), (CURLOPT_TIMEOUT_MS, milliseconds),
      (CURLOPT_CONNECTTIMEOUT_MS, min(milliseconds, 10_000)), (CURLOPT_QUICK_EXIT, 1),
      (CURLOPT_USE_SSL, Int(server.security == .startTLS ? CURLUSESSL_ALL.rawValue : 0)),
      (CURLOPT_NOPROGRESS, 0),
    ]
    for (option, value) in numbers {
      let code = hv_curl_set_long(easy, option, value)
      guard code == CURLE_OK else { return code }
    }
    for address in mail.recipients {
      guard let longer = curl_slist_append(recipients, "<\(address)>") else {
        return CURLE_OUT_OF_MEMORY
      }
      recipients = longer
    }
    // One recipient that does not exist must not keep the mail from the others.
    hv_curl_allow_failed_recipients(easy)
    hv_curl_set_list(easy, CURLOPT_MAIL_RCPT, recipients)
    hv_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    setCallbacks(easy)
    return setTrust(easy)
  }

  private func setTrust(_ easy: UnsafeMutableRawPointer) -> CURLcode {
    var pin: [UInt8]?
    if case .fingerprint(let text) = server.trust, let bytes = CheckedRequest.pin(text) {
      pin = bytes
      peer.pointee.is_pinned = true
      withUnsafeMutableBytes(of: &peer.pointee.pin) { $0.copyBytes(from: bytes) }
    }
    return setPeerCheck(easy, server.trust, pin: pin, peer)
  }

  private func setCallbacks(_ easy: UnsafeMutableRawPointer) {
    // The exchange outlives the call of libcurl, which is the only one to use it meanwhile.
    let context = Unmanaged.passUnretained(self).toOpaque()
    hv_curl_set_open_callback(easy)
    hv_curl_set_data_callback(easy, CURLOPT_READFUNCTION) { bytes, size, count, context in
      MailExchange.from(context)?.read(into: bytes, size * count) ?? 0
    }
    hv_curl_set_pointer(easy, CURLOPT_READDATA, context)
    hv_curl_set_data_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      MailExchange.from(context)?.hear(bytes, size * count)
      return size * count
    }
    hv_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
    hv_curl_set_data_callback(easy, CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count }
    hv_curl_set_progress_callback(easy) { context, _, _, _, _ in
      MailExchange.from(context)?.signal.isCancelled.load(ordering: .acquiring) == true ? 1 : 0
    }
    hv_curl_set_pointer(easy, CURLOPT_XFERINFODATA, context)
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> MailExchange? {
    context.map { Unmanaged<MailExchange>.fromOpaque($0).takeUnretainedValue() }
  }

  private func read(into bytes: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int {
    let count = min(room, mail.message.count - sent)
    guard let bytes, count > 0 else { return 0 }
    mail.message.withUnsafeBytes { message in
      UnsafeMutableRawPointer(bytes).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: message[sent..<sent + count]).baseAddress
          ?? UnsafeRawPointer(bytes),
        byteCount: count
      )
    }
    sent += count
    return count
  }

  private func hear(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) {
    guard let bytes, replies.count < Self.replyLimit else { return }
    let line = UnsafeRawBufferPointer(start: bytes, count: min(count, Self.replyBytes))
    replies.append(String(decoding: line.prefix { $0 >= 0x20 }, as: UTF8.self))
  }

  // MARK: Outcome

  private func failure(_ code: CURLcode, _ easy: UnsafeMutableRawPointer) -> MailError {
    let host = server.authority
    let status = hv_curl_get_long(easy, CURLINFO_RESPONSE_CODE)
    switch code {
    case CURLE_ABORTED_BY_CALLBACK: return .cancelled
    case CURLE_OPERATION_TIMEDOUT: return .timedOut(host: host, after: limit)
    case CURLE_COULDNT_RESOLVE_HOST:
      return .connectionFailed(host: host, reason: "the name has no address")
    case CURLE_COULDNT_CONNECT:
      let number = Int32(hv_curl_get_long(easy, CURLINFO_OS_ERRNO))
      let reason = number == 0 ? "nobody answers" : String(cString: strerror(number))
      return .connectionFailed(host: host, reason: reason)
    case CURLE_LOGIN_DENIED: return .loginRefused(host: host, code: status)
    case CURLE_USE_SSL_FAILED:
      return .tls(host: host, reason: "the server does not offer STARTTLS")
    case CURLE_OUT_OF_MEMORY: return .internalFailure(reason: "no memory for a transfer")
    default: break
    }
    let text = String(cString: errorText)
    if let reason = tlsReason(code, server.trust, peer, curlText: text) {
      return .tls(host: host, reason: reason)
    }
    if status >= 400 {
      return .refused(host: host, code: status, reply: reply(of: status))
    }
    let reason = String(cString: curl_easy_strerror(code))
    return .connectionFailed(host: host, reason: "it broke off (\(reason))")
  }

  /// The last text that the server sent with that code.
  private func reply(of code: Int) -> String {
    replies.last { Self.code(of: $0) == code }.map { String($0.dropFirst(4)) } ?? ""
  }

  /// The code at the start of a line of the server.
  private static func code(of line: String) -> Int? {
    let digits = line.utf8.prefix(3)
    guard digits.count == 3, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
    return Int(String(decoding: digits, as: UTF8.self))
  }
}
