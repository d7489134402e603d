// SPDX-License-Identifier: MIT
import CCrypto
import CCurl
import Glibc

/// One exchange inside libcurl; the loop's thread alone uses it.
final class Transfer {
  /// What stopped a transfer in one of our own callbacks.
  enum Stop {
    case bodyTooLarge
    case headerTooLarge
  }

  let ticket: Ticket
  var continuation: CheckedContinuation<Outcome, Never>?
  let easy: UnsafeMutableRawPointer
  unowned let loop: TransferLoop
  /// libcurl writes a sentence here when the transfer fails.
  let errorText: UnsafeMutablePointer<CChar>
  /// The TLS handshake writes what the peer shows here.
  let peer: UnsafeMutablePointer<hv_peer_certificate>
  private(set) var stop: Stop?
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var body: [UInt8] = []
  private var headers = HTTPHeaders()
  private var headerBytes = 0
  private var isHeaderComplete = false
  private var keptCertificate: ServerCertificate?
  private var ends: KeptConnections.Ends?

  var request: HTTPRequest { ticket.checked.request }
  var bodyBytes: Int { body.count }

  init(
    ticket: Ticket,
    continuation: CheckedContinuation<Outcome, Never>,
    easy: UnsafeMutableRawPointer,
    loop: TransferLoop
  ) {
    self.ticket = ticket
    self.continuation = continuation
    self.easy = easy
    self.loop = loop
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    peer = .allocate(capacity: 1)
    peer.initialize(to: hv_peer_certificate())
    if let pin = ticket.checked.pin {
      peer.pointee.is_pinned = true
      withUnsafeMutableBytes(of: &peer.pointee.pin) { $0.copyBytes(from: pin) }
    }
  }

  deinit {
    curl_slist_free_all(headerList)
    errorText.deallocate()
    peer.deallocate()
  }

  // MARK: Options

  /// Tells libcurl everything about the request; the first refusal ends it.
  func setOptions() -> CURLcode {
    let context = Unmanaged.passUnretained(self).toOpaque()
    let steps: [() -> CURLcode] = [
      { self.setBasics(context) }, { self.setCallbacks(context) }, { self.setMethod() },
      { self.setHeaders() },
      { setPeerCheck(self.easy, self.request.trust, pin: self.ticket.checked.pin, self.peer) },
    ]
    for step in steps {
      let code = step()
      guard code == CURLE_OK else { return code }
    }
    return CURLE_OK
  }

  private func set(_ options: [(CURLoption, Int)]) -> CURLcode {
    for (option, value) in options {
      let code = hv_curl_set_long(easy, option, value)
      guard code == CURLE_OK else { return code }
    }
    return CURLE_OK
  }

  private func setBasics(_ context: UnsafeMutableRawPointer) -> CURLcode {
    let version =
      request.prefersHTTP2 && request.onIdleClose == nil
      ? Int(CURL_HTTP_VERSION_2TLS) : Int(CURL_HTTP_VERSION_1_1)
    let code = set([
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_TIMEOUT_MS, ticket.checked.timeoutMilliseconds),
      (CURLOPT_CONNECTTIMEOUT_MS, ticket.checked.connectTimeoutMilliseconds),
      // Otherwise the end of a transfer waits for a name server that does not answer, and with it
      // every other transfer of this thread.
      (CURLOPT_QUICK_EXIT, 1), (CURLOPT_HTTP_VERSION, version),
      (CURLOPT_FOLLOWLOCATION, request.maxRedirects > 0 ? 1 : 0),
      (CURLOPT_MAXREDIRS, request.maxRedirects),
      (CURLOPT_FRESH_CONNECT, request.reusesConnection ? 0 : 1),
      (CURLOPT_FORBID_REUSE, request.reusesConnection ? 0 : 1),
      (CURLOPT_DNS_CACHE_TIMEOUT, request.reusesConnection ? 60 : 0),
      // A peer that vanished without a word ends an idle connection within two minutes.
      (CURLOPT_TCP_KEEPALIVE, 1), (CURLOPT_TCP_KEEPIDLE, 30), (CURLOPT_TCP_KEEPINTVL, 10),
    ])
    guard code == CURLE_OK else { return code }
    let strings: [(CURLoption, String)] = [
      (CURLOPT_URL, request.url), (CURLOPT_PROTOCOLS_STR, "http,https"),
      (CURLOPT_REDIR_PROTOCOLS_STR, "http,https"), (CURLOPT_PROXY, ""),
      (CURLOPT_ACCEPT_ENCODING, "gzip"), (CURLOPT_USERAGENT, loop.userAgent),
    ]
    for (option, value) in strings {
      let code = hv_curl_set_string(easy, option, value)
      guard code == CURLE_OK else { return code }
    }
    hv_curl_set_offset(easy, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(max(1, request.maxBodyBytes)))
    hv_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    return hv_curl_set_pointer(easy, CURLOPT_PRIVATE, context)
  }

  private func setCallbacks(_ context: UnsafeMutableRawPointer) -> CURLcode {
    hv_curl_set_data_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      Transfer.from(context)?.receiveBody(bytes, size * count) ?? 0
    }
    hv_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
    hv_curl_set_data_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      Transfer.from(context)?.receiveHeader(bytes, size * count) ?? 0
    }
    hv_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
    hv_curl_set_prereq_callback(easy) { context, remote, local, remotePort, localPort in
      guard let transfer = Transfer.from(context), let remote, let local else {
        return Int32(CURL_PREREQFUNC_OK)
      }
      transfer.willUse(
        KeptConnections.Ends(
          localAddress: String(cString: local),
          localPort: localPort,
          remoteAddress: String(cString: remote),
          remotePort: remotePort
        )
      )
      return Int32(CURL_PREREQFUNC_OK)
    }
    hv_curl_set_pointer(easy, CURLOPT_PREREQDATA, context)
    hv_curl_set_open_callback(easy)
    // Belongs to the connection, which may outlive this transfer but not the loop.
    hv_curl_set_pointer(
      easy,
      CURLOPT_CLOSESOCKETDATA,
      Unmanaged.passUnretained(loop.kept).toOpaque()
    )
    return hv_curl_set_close_callback(easy) { context, socket in
      if let context {
        Unmanaged<KeptConnections>.fromOpaque(context).takeUnretainedValue().remove(socket: socket)
      }
      return close(socket)
    }
  }

  private func setMethod() -> CURLcode {
    let body = request.body
    switch request.method {
    case "GET" where body.isEmpty: return hv_curl_set_long(easy, CURLOPT_HTTPGET, 1)
    case "HEAD" where body.isEmpty: return hv_curl_set_long(easy, CURLOPT_NOBODY, 1)
    default: break
    }
    if !body.isEmpty || request.method == "POST" || request.method == "PUT" {
      hv_curl_set_long(easy, CURLOPT_POST, 1)
      hv_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
      let code = body.withUnsafeBytes {
        hv_curl_set_string(
          easy,
          CURLOPT_COPYPOSTFIELDS,
          $0.baseAddress?.assumingMemoryBound(to: CChar.self) ?? UnsafePointer(errorText)
        )
      }
      guard code == CURLE_OK else { return code }
    }
    guard request.method != "POST" else { return CURLE_OK }
    return hv_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
  }

  private func setHeaders() -> CURLcode {
    // Without a value libcurl leaves its own field out; an empty value is written with ";".
    var lines = ["Expect:"]
    if request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
    for field in request.headers.fields {
      lines.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
    }
    for line in lines {
      guard let longer = curl_slist_append(headerList, line) else { return CURLE_OUT_OF_MEMORY }
      headerList = longer
    }
    return hv_curl_set_list(easy, CURLOPT_HTTPHEADER, headerList)
  }

  // MARK: Callbacks

  private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }

  private static let reservedBytesMax = 1 << 20

  private func receiveBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    guard body.count + count <= request.maxBodyBytes else {
      stop = .bodyTooLarge
      return 0
    }
    if body.isEmpty, let length = headers["Content-Length"].flatMap({ Int($0) }) {
      // What is promised need not come: room is made for a usual page at most.
      body.reserveCapacity(min(max(length, count), Self.reservedBytesMax))
    }
    body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
    return count
  }

  private func receiveHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    let line = UnsafeRawBufferPointer(start: bytes, count: count)
    let isStatusLine = line.starts(with: "HTTP/".utf8) && (isHeaderComplete || headerBytes == 0)
    if isStatusLine {
      // Interim replies (1xx) count together with the final one, or they could go on for ever.
      if hv_curl_get_long(easy, CURLINFO_RESPONSE_CODE) >= 200, isHeaderComplete { headerBytes = 0 }
      headers = HTTPHeaders()
      isHeaderComplete = false
    }
    headerBytes += count
    guard headerBytes <= request.maxHeaderBytes else {
      stop = .headerTooLarge
      return 0
    }
    let text = String(decoding: line, as: UTF8.self)
    if isStatusLine || isHeaderComplete { return count }
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      isHeaderComplete = text.utf8.allSatisfy { $0 == 0x0d || $0 == 0x0a }
      return count
    }
    let isBlank: (UInt8) -> Bool = { $0 <= 0x20 }
    var value = text[text.index(after: colon)...].utf8.drop(while: isBlank)
    while let last = value.last, isBlank(last) { value.removeLast() }
    headers.add(String(text[..<colon]), String(value) ?? "")
    return count
  }

  private func willUse(_ ends: KeptConnections.Ends) {
    self.ends = ends
    keptCertificate = loop.kept.use(ends)
  }
}

// MARK: - Outcome

extension Transfer {
  /// What libcurl's result code means for the caller; also starts the watch of the connection.
  func outcome(code: CURLcode) -> Outcome {
    guard code == CURLE_OK else { return .failure(failure(code: code)) }
    let certificate = peer.pointee.certificate ?? keptCertificate
    let socket = hv_curl_get_socket(easy)
    if socket >= 0, let ends {
      loop.kept.add(
        socket: socket,
        ends: ends,
        certificate: certificate,
        onIdleClose: request.onIdleClose
      )
    }
    let isReused = hv_curl_get_long(easy, CURLINFO_NUM_CONNECTS) == 0
    let response = HTTPResponse(
      status: hv_curl_get_long(easy, CURLINFO_RESPONSE_CODE),
      headers: headers,
      body: body,
      timings: timings(isReused: isReused),
      certificate: certificate,
      didReuseConnection: isReused,
      redirects: hv_curl_get_long(easy, CURLINFO_REDIRECT_COUNT),
      httpVersion: httpVersion,
      remoteAddress: ends?.remoteAddress
    )
    return .success(response)
  }

  private var httpVersion: String {
    switch hv_curl_get_long(easy, CURLINFO_HTTP_VERSION) {
    case Int(CURL_HTTP_VERSION_1_0): "1.0"
    case Int(CURL_HTTP_VERSION_2_0): "2"
    case Int(CURL_HTTP_VERSION_3): "3"
    default: "1.1"
    }
  }

  private func timings(isReused: Bool) -> HTTPTimings {
    func micros(_ info: CURLINFO) -> Int64 { Int64(hv_curl_get_offset(easy, info)) }
    func span(_ start: Int64, _ end: Int64) -> Duration { .microseconds(max(0, end - start)) }
    let lookup = micros(CURLINFO_NAMELOOKUP_TIME_T)
    let connect = micros(CURLINFO_CONNECT_TIME_T)
    let tls = micros(CURLINFO_APPCONNECT_TIME_T)
    let ready = micros(CURLINFO_PRETRANSFER_TIME_T)
    let first = micros(CURLINFO_STARTTRANSFER_TIME_T)
    let total = micros(CURLINFO_TOTAL_TIME_T)
    return HTTPTimings(
      nameLookup: isReused ? nil : span(0, lookup),
      connect: isReused ? nil : span(lookup, connect),
      tls: isReused || tls == 0 ? nil : span(connect, tls),
      firstByte: span(ready, first),
      transfer: span(first, total),
      total: .microseconds(total)
    )
  }
}
