// SPDX-License-Identifier: MIT

/// Why one request of ``HTTPClient`` has no reply.
///
/// Of the URL an error says host and port at most (`host` has the form `name:port`): path, query
/// and user information may be secrets.
package enum HTTPClientError: Error, Equatable, Sendable {
  /// No complete reply within the limit `after`; `phase` is what it waited for.
  case timedOut(host: String, after: Duration, phase: HTTPPhase)
  /// The name has no address.
  case nameNotResolved(host: String)
  /// The peer's machine answered that nobody listens.
  case connectionRefused(host: String)
  /// No connection for another reason, such as no route.
  case connectionFailed(host: String, reason: String)
  /// The peer closed after so many bytes of body, before the reply was complete.
  case closedEarly(host: String, bodyBytes: Int)
  /// The TLS handshake failed; `certificate` is what the peer showed, if it came that far.
  case tls(host: String, reason: String, certificate: ServerCertificate?)
  /// The body is larger than the request allows.
  case bodyTooLarge(host: String, limitBytes: Int)
  /// The header is larger than the request allows.
  case headerTooLarge(host: String, limitBytes: Int)
  /// The reply redirects once more than the request allows.
  case tooManyRedirects(host: String, limit: Int)
  /// What came is not HTTP.
  case malformedReply(host: String, reason: String)
  /// The request cannot be sent: a faulty URL, method, header, time or fingerprint.
  case invalidRequest(reason: String)
  /// More exchanges run at once than the client carries.
  case tooManyExchanges(limit: Int)
  /// The task was cancelled.
  case cancelled
  /// The client was closed before the exchange was over.
  case clientClosed
  /// libcurl failed in a way that should not happen.
  case internalFailure(reason: String)
}

/// What an exchange is waiting for.
package enum HTTPPhase: String, Sendable {
  /// The address of the name.
  case nameLookup = "name lookup"
  /// The TCP handshake.
  case connect
  /// The TLS handshake.
  case tls = "TLS handshake"
  /// The first byte of the reply.
  case firstByte = "first byte"
  /// The rest of the reply.
  case transfer
}

extension HTTPClientError {
  /// One word for a metric label, in snake case; never changes for a given case.
  package var kind: String {
    switch self {
    case .timedOut: "timeout"
    case .nameNotResolved: "name_not_resolved"
    case .connectionRefused: "refused"
    case .connectionFailed: "connection_failed"
    case .closedEarly: "closed_early"
    case .tls: "tls"
    case .bodyTooLarge: "body_too_large"
    case .headerTooLarge: "header_too_large"
    case .tooManyRedirects: "too_many_redirects"
    case .malformedReply: "malformed_reply"
    case .invalidRequest: "invalid_request"
    case .tooManyExchanges: "too_many_exchanges"
    case .cancelled: "cancelled"
    case .clientClosed: "client_closed"
    case .internalFailure: "internal_failure"
    }
  }
}

extension HTTPClientError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .timedOut(let host, let after, let phase):
      "no complete reply from \(host) within \(after.shortText), waiting for \(phase.rawValue)"
    case .nameNotResolved(let host): "the name in \(host) has no address"
    case .connectionRefused(let host): "\(host) refused the connection: nothing listens there"
    case .connectionFailed(let host, let reason): "cannot connect to \(host): \(reason)"
    case .closedEarly(let host, let bytes):
      "\(host) closed the connection before its reply was complete, after \(bytes) bytes of body"
    case .tls(let host, let reason, let certificate):
      "TLS with \(host) failed: \(reason)"
        + (certificate.map { "; it showed the certificate \($0.sha256Fingerprint)" } ?? "")
    case .bodyTooLarge(let host, let limit):
      "the reply of \(host) is larger than the limit of \(limit) bytes"
    case .headerTooLarge(let host, let limit):
      "the reply header of \(host) is larger than the limit of \(limit) bytes"
    case .tooManyRedirects(let host, let limit):
      "\(host) redirects more often than the limit of \(limit)"
    case .malformedReply(let host, let reason): "\(host) does not answer in HTTP: \(reason)"
    case .invalidRequest(let reason): "the request cannot be sent: \(reason)"
    case .tooManyExchanges(let limit): "more than \(limit) requests run at once"
    case .cancelled: "the request was cancelled"
    case .clientClosed: "the HTTP client was closed"
    case .internalFailure(let reason): "the HTTP client failed: \(reason)"
    }
  }
}

extension Duration {
  /// Whole milliseconds, rounded up.
  var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }

  /// Seconds with up to three decimals, such as "0.25 s".
  var shortText: String { "\(Double(wholeMilliseconds) / 1_000) s" }
}
