// SPDX-License-Identifier: MIT

/// A complete reply to one ``HTTPRequest``.
package struct HTTPResponse: Sendable {
  /// The status code, 100 to 999; any status is a reply, not an error.
  package let status: Int
  /// The fields of the last reply; a compressed body is already unpacked although
  /// Content-Encoding still names its form.
  package let headers: HTTPHeaders
  /// The body, unpacked; within the request's limit.
  package let body: [UInt8]
  /// How long each phase took.
  package let timings: HTTPTimings
  /// What the peer showed when the connection was made; nil for plain HTTP.
  package let certificate: ServerCertificate?
  /// No new connection was made.
  package let didReuseConnection: Bool
  /// How many redirects were followed.
  package let redirects: Int
  /// The version spoken, such as "1.1" or "2".
  package let httpVersion: String
  /// The peer's address without the port; nil if unknown.
  package let remoteAddress: String?

  /// The body as text; broken UTF-8 shows as replacement characters.
  package var text: String { String(decoding: body, as: UTF8.self) }
}

/// How long the phases of one exchange took: each is its own span, not counted from the start.
///
/// A phase that did not happen is nil: the first three on a kept connection, `tls` without TLS. With
/// redirects every phase is the sum over all hops.
package struct HTTPTimings: Sendable, Equatable {
  /// Finding the address; close to zero for a literal one.
  package var nameLookup: Duration?
  /// The TCP handshake.
  package var connect: Duration?
  /// The TLS handshake.
  package var tls: Duration?
  /// From the moment the request could be sent to the first byte of the reply.
  package var firstByte: Duration?
  /// From the first byte of the reply to its last.
  package var transfer: Duration?
  /// Everything, from the start to the last byte.
  package var total: Duration
}

/// What a TLS peer showed of itself, trusted or not.
package struct ServerCertificate: Sendable, Equatable {
  /// First second at which it is valid, Unix seconds.
  package let notBefore: Int64
  /// Last second at which it is valid, Unix seconds.
  package let notAfter: Int64
  /// SHA-256 of the DER: 32 pairs of capital hexadecimal digits with colons between them.
  package let sha256Fingerprint: String
  /// Who it is for, as RFC 2253 text; cut after 255 bytes.
  package let subject: String
  /// Who signed it, as RFC 2253 text; cut after 255 bytes.
  package let issuer: String
}
