// SPDX-License-Identifier: MIT
import CMicroHTTPD

/// What libmicrohttpd calls on its threads; nothing here waits.
extension ServerCore {
  private typealias Body = UnsafeBufferPointer<UInt8>

  func setCallbacks(_ settings: inout hv_mhd_settings) {
    settings.begin = { _, target, _ in
      // Released in `completed`, which libmicrohttpd calls for every request that began.
      Unmanaged.passRetained(Exchange(target: target.map { String(cString: $0) } ?? "")).toOpaque()
    }
    settings.access = { context, connection, _, method, _, data, size, exchange in
      guard let context, let connection, let method, let size, let exchange = exchange?.pointee
      else { return MHD_Result.NO }
      let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
      let bytes = Body(
        start: UnsafeRawPointer(data)?.assumingMemoryBound(to: UInt8.self),
        count: data == nil ? 0 : size.pointee
      )
      size.pointee = 0
      return core.proceed(
        Unmanaged<Exchange>.fromOpaque(exchange).takeUnretainedValue(),
        on: ConnectionHandle(pointer: connection),
        method: method,
        body: bytes
      )
    }
    settings.completed = { context, _, exchange, _ in
      guard let context, let pointer = exchange?.pointee else { return }
      exchange?.pointee = nil
      let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
      core.ended(Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue())
    }
  }

  /// One call of libmicrohttpd: first the header, then pieces of body, then the end of the body,
  /// and once more after the connection was resumed.
  private func proceed(
    _ exchange: Exchange,
    on connection: ConnectionHandle,
    method: UnsafePointer<CChar>,
    body: Body
  ) -> MHD_Result {
    switch exchange.take() {
    case .requestLine(let target):
      began(exchange)
      return begin(exchange, on: connection, method: String(cString: method), target: target)
    case .receiving(var incoming):
      guard body.isEmpty else {
        let isBearable = add(body, to: &incoming)
        exchange.put(.receiving(incoming))
        return isBearable ? .YES : .NO
      }
      switch incoming.verdict {
      case .refuse(let response): return send(refusal: response, on: connection)
      case .pass(let pass):
        return serve(exchange, incoming, pass, on: connection)
      }
    case .suspended: return .YES
    case .answered(let response):
      guard let pieces = response.pieces else { return send(response, on: connection) }
      let body = StreamedBody(connection: connection, core: self)
      let result = send(response, on: connection, body: body.makeResponse())
      // Owned by the exchange, which ends it with itself or with the server.
      if result == .YES {
        exchange.own(body, pump: Task { await body.pump(pieces) })
      } else {
        response.drop()
      }
      return result
    case .sent: return .NO
    }
  }

  private func begin(
    _ exchange: Exchange,
    on connection: ConnectionHandle,
    method: String,
    target: String
  ) -> MHD_Result {
    let head = Admission.Head(
      method: method,
      target: target,
      headers: Self.headers(connection),
      remoteAddress: Self.remoteAddress(connection)
    )
    var verdict: Admission.Verdict =
      isStopping ? .refuse(Self.shutdownRefusal) : admission.verdict(head)
    let length = head.headers["Content-Length"].flatMap { UInt64($0) } ?? 0
    let limit = admission.bodyBytesMax(verdict)
    if case .pass = verdict, length > UInt64(limit) {
      verdict = .refuse(admission.bodyRefusal(limitBytes: limit))
    }
    // A refusal goes out before the body when the sender waits for it or the body is beyond all
    // measure. Otherwise the body is read and dropped: closing with unread bytes would reset the
    // connection, and the sender might never see why.
    if case .refuse(let response) = verdict,
      head.headers["Expect"] != nil || length > UInt64(discardLimit)
    {
      return send(refusal: response, on: connection)
    }
    exchange.put(.receiving(Exchange.Incoming(head: head, verdict: verdict)))
    return .YES
  }

  /// How many bytes of a refused body are read and dropped.
  private var discardLimit: Int { max(8 << 20, settings.maxBodyBytes * 2) }

  /// Takes a piece of body; false when so much has come that the connection must be closed.
  private func add(_ piece: Body, to incoming: inout Exchange.Incoming) -> Bool {
    if case .pass = incoming.verdict {
      let limit = admission.bodyBytesMax(incoming.verdict)
      guard incoming.body.count + piece.count > limit else {
        incoming.body.append(contentsOf: piece)
        return true
      }
      incoming.verdict = .refuse(admission.bodyRefusal(limitBytes: limit))
      incoming.body = []
    }
    incoming.discardedBytes += piece.count
    return incoming.discardedBytes <= discardLimit
  }

  // MARK: Handlers

  private func serve(
    _ exchange: Exchange,
    _ incoming: Exchange.Incoming,
    _ pass: Admission.Pass,
    on connection: ConnectionHandle
  ) -> MHD_Result {
    let request = request(incoming, pass)
    let settings = settings
    let complete: @Sendable (ServerResponse) -> ServerResponse = { response in
      Gzip.applied(
        to: response.opened(pass.opening),
        accepted: Gzip.isAccepted(by: request.headers["Accept-Encoding"]),
        minimumBytes: settings.gzipMinimumBytes
      )
    }
    if let response = pass.route.shortcut?(request) {
      return send(complete(response), on: connection)
    }
    guard beginSuspension() else { return send(refusal: Self.shutdownRefusal, on: connection) }
    exchange.suspend(connection, until: .now + settings.handlerDeadline)
    // Owned by the exchange, which cancels it when it has its answer.
    exchange.own(Task { _ = finish(exchange, complete(await pass.route.handler(request))) })
    watchDeadlines()
    if isForced { _ = finish(exchange, Self.shutdownRefusal) }
    return .YES
  }

  private func request(_ incoming: Exchange.Incoming, _ pass: Admission.Pass) -> ServerRequest {
    let head = incoming.head
    return ServerRequest(
      method: head.method == "HEAD" ? "GET" : head.method,
      path: pass.path,
      query: Admission.query(target: head.target),
      headers: head.headers,
      body: incoming.body,
      remoteAddress: head.remoteAddress,
      tokenName: pass.tokenName,
      role: pass.role,
      isSecure: settings.tls != nil
    )
  }

  // MARK: Wire

  private func send(refusal: ServerResponse, on connection: ConnectionHandle) -> MHD_Result {
    refused(status: refusal.status)
    return send(refusal, on: connection)
  }

  private func send(_ response: ServerResponse, on connection: ConnectionHandle) -> MHD_Result {
    guard response.body.count <= Self.copiedBytesMax else {
      guard let body = LongBody(response.body, countedBy: settings.unreadAnswers) else {
        return send(refusal: unreadRefusal, on: connection)
      }
      return send(response, on: connection, body: body.makeResponse())
    }
    let body = response.body.withUnsafeBytes { bytes in
      MHD_create_response_from_buffer(
        bytes.count,
        UnsafeMutableRawPointer(mutating: bytes.baseAddress),
        MHD_ResponseMemoryMode.RESPMEM_MUST_COPY
      )
    }
    return send(response, on: connection, body: body)
  }

  private var unreadRefusal: ServerResponse {
    var response = ServerResponse.text(settings.unreadAnswers.refusal + "\n", status: 503)
    response.headers["Retry-After"] = "1"
    return response
  }

  /// Longer bodies are given to libmicrohttpd in pieces.
  private static let copiedBytesMax = 256 << 10

  private func send(
    _ response: ServerResponse,
    on connection: ConnectionHandle,
    body: OpaquePointer?
  ) -> MHD_Result {
    guard let body else { return .NO }
    defer { MHD_destroy_response(body) }
    for field in response.headers.fields {
      // libmicrohttpd refuses what would break the header; the reply goes out without it.
      _ = MHD_add_response_header(body, field.name, field.value)
    }
    if isStopping { _ = MHD_add_response_header(body, "Connection", "close") }
    return MHD_queue_response(connection.pointer, UInt32(clamping: response.status), body)
  }

  private static func headers(_ connection: ConnectionHandle) -> HTTPHeaders {
    var headers = HTTPHeaders()
    withUnsafeMutablePointer(to: &headers) { headers in
      _ = MHD_get_connection_values(
        connection.pointer,
        MHD_ValueKind.HEADER_KIND,
        { headers, _, name, value in
          guard let headers, let name else { return .YES }
          headers.assumingMemoryBound(to: HTTPHeaders.self).pointee.add(
            String(cString: name),
            value.map { String(cString: $0) } ?? ""
          )
          return .YES
        },
        headers
      )
    }
    return headers
  }

  private static func remoteAddress(_ connection: ConnectionHandle) -> String {
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer -> String in
      guard let start = buffer.baseAddress else { return "" }
      hv_mhd_peer(connection.pointer, start, UInt32(buffer.count))
      return String(cString: start)
    }
    // An IPv4 peer of a socket that listens on `::`.
    return text.hasPrefix("::ffff:") ? String(text.dropFirst(7)) : text
  }
}
