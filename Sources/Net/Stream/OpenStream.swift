// SPDX-License-Identifier: MIT
import CCrypto
import CCurl
import Glibc

/// One stream inside libcurl; the loop's thread alone uses it.
final class OpenStream {
  /// A step that is not done yet.
  struct Pending {
    let step: StreamStep
    let continuation: CheckedContinuation<StreamOutcome, Never>
  }

  /// What a try to receive found.
  private enum Received {
    case bytes([UInt8])
    case nothing
    case end
  }

  let id: StreamID
  let easy: UnsafeMutableRawPointer
  private let endpoint: CheckedEndpoint
  private let errorText: UnsafeMutablePointer<CChar>
  private let peer: UnsafeMutablePointer<hv_peer_certificate>
  /// What the loop calls its socket by.
  let number: UInt64
  /// Set once the stream is open; -1 again when libcurl closed it.
  private(set) var socket: curl_socket_t = -1
  /// What the loop's thread waits for at the socket.
  private var watched: ReadySet.Events = []
  private(set) var hasEnded = false
  var opening: Pending?
  private var sending: Pending?
  private var sentBytes = 0
  private var receiving: Pending?
  private var onIdleClose: (@Sendable () -> Void)?
  /// A byte that came while the stream was watched.
  private var early: [UInt8] = []

  var name: String { endpoint.endpoint.authority }

  init(
    _ pending: Pending,
    _ endpoint: CheckedEndpoint,
    number: UInt64,
    easy: UnsafeMutableRawPointer
  ) {
    id = pending.step.stream
    self.number = number
    opening = pending
    self.endpoint = endpoint
    self.easy = easy
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    peer = .allocate(capacity: 1)
    peer.initialize(to: hv_peer_certificate())
    if let pin = endpoint.pin {
      peer.pointee.is_pinned = true
      withUnsafeMutableBytes(of: &peer.pointee.pin) { $0.copyBytes(from: pin) }
    }
  }

  deinit {
    curl_easy_cleanup(easy)
    errorText.deallocate()
    peer.deallocate()
  }

  /// Tells libcurl everything about the connection; the first refusal ends it.
  func setOptions(_ loop: StreamLoop) -> CURLcode {
    let limit = Int(endpoint.timeout.wholeMilliseconds)
    let context = Unmanaged.passUnretained(self).toOpaque()
    var codes: [CURLcode] = []
    for (option, value) in [
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_CONNECT_ONLY, 1), (CURLOPT_TIMEOUT_MS, limit),
      (CURLOPT_CONNECTTIMEOUT_MS, limit), (CURLOPT_QUICK_EXIT, 1), (CURLOPT_FRESH_CONNECT, 1),
      (CURLOPT_SSL_ENABLE_ALPN, 0), (CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
      // A peer that vanished without a word ends an idle connection within two minutes.
      (CURLOPT_TCP_KEEPALIVE, 1), (CURLOPT_TCP_KEEPIDLE, 30), (CURLOPT_TCP_KEEPINTVL, 10),
      (CURLOPT_DNS_CACHE_TIMEOUT, 0),
    ] {
      codes.append(hv_curl_set_long(easy, option, value))
    }
    for (option, value) in [
      (CURLOPT_URL, endpoint.url), (CURLOPT_PROTOCOLS_STR, "http,https"), (CURLOPT_PROXY, ""),
    ] {
      codes.append(hv_curl_set_string(easy, option, value))
    }
    if let tls = endpoint.endpoint.tls {
      codes.append(setPeerCheck(easy, tls.trust, pin: endpoint.pin, peer))
      if let path = tls.clientCertificatePath {
        codes.append(hv_curl_set_string(easy, CURLOPT_SSLCERT, path))
        codes.append(hv_curl_set_string(easy, CURLOPT_SSLKEY, path))
      }
    }
    codes.append(hv_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
    codes.append(hv_curl_set_pointer(easy, CURLOPT_PRIVATE, context))
    codes.append(hv_curl_set_open_callback(easy))
    // Belongs to the connection, which may outlive this stream but not the loop.
    codes.append(
      hv_curl_set_pointer(
        easy,
        CURLOPT_CLOSESOCKETDATA,
        Unmanaged.passUnretained(loop).toOpaque()
      )
    )
    codes.append(
      hv_curl_set_close_callback(easy) { context, socket in
        if let context {
          Unmanaged<StreamLoop>.fromOpaque(context).takeUnretainedValue().willClose(socket)
        }
        return close(socket)
      }
    )
    return codes.first { $0 != CURLE_OK } ?? CURLE_OK
  }

  // MARK: Steps

  /// Says that libcurl closes the socket; its number may soon belong to another stream.
  func willClose() {
    socket = -1
    watched = []
  }

  /// Takes note of how connecting ended.
  func finishOpening(_ code: CURLcode) {
    guard let pending = opening else { return }
    opening = nil
    socket = hv_curl_get_socket(easy)
    guard code == CURLE_OK, socket >= 0 else {
      hasEnded = true
      pending.continuation.resume(returning: .failure(failure(code)))
      return
    }
    id.certificate = peer.pointee.certificate
    pending.continuation.resume(returning: .success([]))
  }

  /// Begins a step; it goes as far as it can at once.
  func begin(_ pending: Pending) {
    onIdleClose = nil
    switch pending.step.kind {
    case .open: pending.continuation.resume(returning: .failure(.closed))
    case .send:
      guard sending == nil else { return refuse(pending, "two sends at once") }
      sending = pending
      sentBytes = 0
      continueSending()
    case .receive:
      guard receiving == nil else { return refuse(pending, "two receives at once") }
      receiving = pending
      continueReceiving()
    }
  }

  private func refuse(_ pending: Pending, _ reason: String) {
    pending.continuation.resume(returning: .failure(.internalFailure(reason: reason)))
  }

  func watch(_ onClose: @escaping @Sendable () -> Void) {
    guard sending == nil, receiving == nil else { return }
    onIdleClose = onClose
    look()
  }

  /// What is awaited of the socket.
  private var awaited: ReadySet.Events {
    guard opening == nil, socket >= 0, !hasEnded else { return [] }
    var events: ReadySet.Events = []
    if receiving != nil || onIdleClose != nil { events.insert(.reading) }
    if sending != nil { events.insert(.writing) }
    return events
  }

  /// Has `ready` watch for what is awaited, and for nothing else: what nobody takes would be found
  /// again and again.
  ///
  /// - Returns: Whether the system could.
  func watch(with ready: ReadySet) -> Bool {
    let events = awaited
    guard socket >= 0, ready.watch(socket, for: events, insteadOf: watched, token: number) else {
      return socket < 0
    }
    watched = events
    return true
  }

  /// Goes on after the socket was found ready.
  func advance() {
    continueSending()
    continueReceiving()
    look()
  }

  /// The step that ends first.
  var nearestDeadline: ContinuousClock.Instant? {
    [opening, sending, receiving].compactMap { $0?.step.deadline }.min()
  }

  /// Ends the steps whose time is over; the stream stays open, but not if it was opening.
  func expire(_ now: ContinuousClock.Instant) {
    if let pending = opening, pending.step.deadline <= now {
      opening = nil
      hasEnded = true
      pending.continuation.resume(returning: .failure(timeout(pending.step, openingPhase)))
    }
    if let pending = sending, pending.step.deadline <= now {
      sending = nil
      // A part may have gone out, so what comes next would not be understood.
      hasEnded = hasEnded || sentBytes > 0
      pending.continuation.resume(returning: .failure(timeout(pending.step, .send)))
    }
    if let pending = receiving, pending.step.deadline <= now {
      receiving = nil
      pending.continuation.resume(returning: .failure(timeout(pending.step, .receive)))
    }
  }

  /// Ends one step whose task does not wait any more.
  func cancel(_ step: StreamStep) {
    for pending in [opening, sending, receiving] where pending?.step === step {
      if opening?.step === step { hasEnded = true }
      if sending?.step === step { hasEnded = hasEnded || sentBytes > 0 }
      if opening?.step === step { opening = nil }
      if sending?.step === step { sending = nil }
      if receiving?.step === step { receiving = nil }
      pending?.continuation.resume(returning: .failure(.cancelled))
    }
  }

  /// Ends every step with `error`.
  func end(_ error: StreamError) {
    hasEnded = true
    onIdleClose = nil
    let all = [opening, sending, receiving]
    (opening, sending, receiving) = (nil, nil, nil)
    for pending in all { pending?.continuation.resume(returning: .failure(error)) }
  }

  // MARK: Bytes

  private func continueSending() {
    while let pending = sending, case .send(let bytes) = pending.step.kind {
      guard !hasEnded, sentBytes < bytes.count else {
        sending = nil
        pending.continuation.resume(
          returning: hasEnded ? .failure(.closedByPeer(peer: name)) : .success([])
        )
        return
      }
      var count = 0
      let code = bytes.withUnsafeBytes { all in
        curl_easy_send(
          easy,
          all.baseAddress?.advanced(by: sentBytes),
          all.count - sentBytes,
          &count
        )
      }
      sentBytes += count
      if code == CURLE_AGAIN { return }
      if code != CURLE_OK { end(.closedByPeer(peer: name)) }
    }
  }

  private func continueReceiving() {
    guard let pending = receiving, case .receive(let count) = pending.step.kind else { return }
    switch receive(count) {
    case .bytes(let bytes):
      receiving = nil
      pending.continuation.resume(returning: .success(bytes))
    case .nothing: break
    case .end: end(.closedByPeer(peer: name))
    }
  }

  /// TLS wakes a watch with messages of its own, so only a byte or the end counts.
  private func look() {
    guard let onClose = onIdleClose else { return }
    switch receive(1) {
    case .nothing: return
    case .bytes(let bytes): early = bytes
    case .end: hasEnded = true
    }
    onIdleClose = nil
    onClose()
  }

  private func receive(_ limit: Int) -> Received {
    if !early.isEmpty {
      defer { early = [] }
      return .bytes(early)
    }
    guard !hasEnded, socket >= 0 else { return .end }
    var code = CURLE_OK
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      count = 0
      code = curl_easy_recv(easy, buffer.baseAddress, limit, &count)
      if code != CURLE_OK { count = 0 }
    }
    if code == CURLE_AGAIN { return .nothing }
    return code == CURLE_OK && !bytes.isEmpty ? .bytes(bytes) : .end
  }

  // MARK: Failures

  private func timeout(_ step: StreamStep, _ phase: StreamPhase) -> StreamError {
    .timedOut(peer: name, after: step.limit, phase: phase)
  }

  private var openingPhase: StreamPhase {
    if peer.pointee.has_begun { return .tls }
    return hv_curl_get_offset(easy, CURLINFO_NAMELOOKUP_TIME_T) > 0 ? .connect : .nameLookup
  }

  private func failure(_ code: CURLcode) -> StreamError {
    let text = String(cString: errorText)
    let reason = text.isEmpty ? "no reason given" : text
    switch code {
    case CURLE_OPERATION_TIMEDOUT:
      return .timedOut(peer: name, after: endpoint.timeout, phase: openingPhase)
    case CURLE_COULDNT_RESOLVE_HOST: return .nameNotResolved(peer: name)
    case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED:
      let number = Int32(hv_curl_get_long(easy, CURLINFO_OS_ERRNO))
      if number == ECONNREFUSED { return .connectionRefused(peer: name) }
      return .connectionFailed(
        peer: name,
        reason: number == 0 ? reason : String(cString: strerror(number))
      )
    default: break
    }
    let trust = endpoint.endpoint.tls?.trust ?? .system
    if let reason = tlsReason(code, trust, peer, curlText: reason) {
      return .tls(peer: name, reason: reason, certificate: peer.pointee.certificate)
    }
    return .internalFailure(
      reason: "\(String(cString: curl_easy_strerror(code))) (libcurl \(code.rawValue))"
    )
  }
}
