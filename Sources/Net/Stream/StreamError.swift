// SPDX-License-Identifier: MIT

/// Why one step on a ``ByteStream`` failed; `peer` has the form `name:port`.
package enum StreamError: Error, Equatable, Sendable {
  /// Not done within the limit `after`.
  case timedOut(peer: String, after: Duration, phase: StreamPhase)
  /// The name has no address.
  case nameNotResolved(peer: String)
  /// The peer's machine answered that nobody listens.
  case connectionRefused(peer: String)
  /// No connection for another reason, such as no route.
  case connectionFailed(peer: String, reason: String)
  /// The TLS handshake failed; `certificate` is what the peer showed, if it came that far.
  case tls(peer: String, reason: String, certificate: ServerCertificate?)
  /// The peer closed or reset the connection.
  case closedByPeer(peer: String)
  /// This side closed the stream, or the connector that made it.
  case closed
  /// The task was cancelled; the stream is as it was.
  case cancelled
  /// The endpoint cannot be connected to.
  case invalidEndpoint(reason: String)
  /// More streams are open than the connector carries.
  case tooManyStreams(limit: Int)
  /// Something that should not happen.
  case internalFailure(reason: String)
}

/// What a step on a stream is waiting for.
package enum StreamPhase: String, Sendable {
  /// The address of the name.
  case nameLookup = "name lookup"
  /// The TCP handshake.
  case connect
  /// The TLS handshake.
  case tls = "TLS handshake"
  /// The peer to take bytes.
  case send
  /// The peer to send bytes.
  case receive
}

extension StreamError {
  /// One word for a metric label, in snake case; never changes for a given case.
  package var kind: String {
    switch self {
    case .timedOut: "timeout"
    case .nameNotResolved: "name_not_resolved"
    case .connectionRefused: "refused"
    case .connectionFailed: "connection_failed"
    case .tls: "tls"
    case .closedByPeer: "closed_early"
    case .closed: "closed"
    case .cancelled: "cancelled"
    case .invalidEndpoint: "invalid_endpoint"
    case .tooManyStreams: "too_many_streams"
    case .internalFailure: "internal_failure"
    }
  }
}

extension StreamError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .timedOut(let peer, let after, let phase):
      "\(peer) was not ready within \(after.shortText), waiting for \(phase.rawValue)"
    case .nameNotResolved(let peer): "the name in \(peer) has no address"
    case .connectionRefused(let peer): "\(peer) refused the connection: nothing listens there"
    case .connectionFailed(let peer, let reason): "cannot connect to \(peer): \(reason)"
    case .tls(let peer, let reason, let certificate):
      "TLS with \(peer) failed: \(reason)"
        + (certificate.map { "; it showed the certificate \($0.sha256Fingerprint)" } ?? "")
    case .closedByPeer(let peer): "\(peer) closed the connection"
    case .closed: "the stream was closed"
    case .cancelled: "the step was cancelled"
    case .invalidEndpoint(let reason): "no stream can lead there: \(reason)"
    case .tooManyStreams(let limit): "more than \(limit) streams are open at once"
    case .internalFailure(let reason): "the stream failed: \(reason)"
    }
  }
}
