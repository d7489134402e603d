// SPDX-License-Identifier: MIT
import Net

/// `/api/v1/write`: remote write 1.0, as Prometheus and its relatives send it.
///
/// Source: Prometheus' remote write specification 1.0.
struct RemoteWriteEndpoint: Sendable {
  /// Bytes of a request's body.
  static let compressedBytesMax = 8 << 20
  /// Bytes that a body may hold.
  static let bytesMax = 32 << 20
  /// Requests that are taken in or wait for the disk at once.
  static let runningMax = 4
  /// Requests that wait for their turn; more are refused.
  static let waitingMax = 64

  private let write: (@Sendable ([UInt8]) async -> APIPorts.WriteAnswer)?
  private let turns = Turnstile(width: runningMax, waitingMax: waitingMax)

  init(ports: APIPorts) {
    write = ports.remoteWrite
  }

  var route: HTTPRoute {
    HTTPRoute(
      ["POST"],
      .exact("/api/v1/write"),
      role: .write,
      maxBodyBytes: Self.compressedBytesMax
    ) { request in
      await answer(request)
    }
  }

  func answer(_ request: ServerRequest) async -> ServerResponse {
    guard let write else {
      return .text("remote write is off: http.remote_write.enabled turns it on\n", status: 404)
    }
    // Whoever reaches loopback may read, but not make up history.
    guard request.tokenName != nil else {
      return .text(
        "a token of the role write is needed: Authorization: Bearer TOKEN\n",
        status: 401
      )
    }
    if let refusal = Self.refusal(of: request.headers) { return .text(refusal, status: 415) }
    guard await turns.enter() else {
      return .text("more than \(Self.waitingMax) requests wait already\n", status: 503)
    }
    defer { turns.leave() }
    let message: [UInt8]
    do throws(Snappy.Failure) {
      message = try Snappy.decompressed(request.body, limitBytes: Self.bytesMax)
    } catch {
      return Self.refusal(for: error)
    }
    switch await write(message) {
    case .taken: return ServerResponse(status: 204)
    case .takenInPart(let reason):
      return .text("\(reason); all other samples were taken\n", status: 400)
    case .malformed(let reason):
      return .text("the body is no write request: \(reason)\n", status: 400)
    case .unwritable(let reason): return .text("\(reason)\n", status: 503)
    }
  }

  private static func refusal(for failure: Snappy.Failure) -> ServerResponse {
    switch failure {
    case .malformed: .text("the body is no snappy block\n", status: 400)
    case .tooLarge(let limit):
      .text("the body holds more than the limit of \(limit) bytes\n", status: 413)
    }
  }

  /// Why a body of this kind is not read; nil when it is.
  private static func refusal(of headers: HTTPHeaders) -> String? {
    guard headers["Content-Encoding"]?.lowercased() == "snappy" else {
      return "Content-Encoding must be snappy\n"
    }
    let parts = (headers["Content-Type"] ?? "").lowercased().split(separator: ";").map {
      $0.filter { !$0.isWhitespace }
    }
    guard parts.first == "application/x-protobuf" else {
      return "Content-Type must be application/x-protobuf\n"
    }
    let message = parts.dropFirst().first { $0.hasPrefix("proto=") }
    guard message == nil || message == "proto=prometheus.writerequest" else {
      return "the message must be prometheus.WriteRequest: remote write 1.0 is spoken here\n"
    }
    return nil
  }
}
