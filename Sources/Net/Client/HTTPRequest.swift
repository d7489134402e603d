// SPDX-License-Identifier: MIT

/// Which certificate of an HTTPS peer is believed.
package enum TLSTrust: Hashable, Sendable {
  /// The machine's own certificate authorities; the name must match.
  case system
  /// Only the certificate authorities of this PEM file; the name must match.
  case caFile(path: String)
  /// Exactly the certificate whose DER has this SHA-256, whatever its name and dates.
  ///
  /// 64 hexadecimal digits; colons and case do not matter, as Proxmox VE prints fingerprints.
  case fingerprint(sha256: String)
}

/// One request of ``HTTPClient``.
package struct HTTPRequest: Sendable {
  /// An HTTP method in capital letters.
  package var method: String
  /// An absolute `http:` or `https:` URL; it may hold a secret, so no error repeats more of it than
  /// host and port.
  package var url: String
  /// Fields beside those that the client sets itself: Host, User-Agent, Accept-Encoding,
  /// Content-Length.
  package var headers: HTTPHeaders
  /// The body; empty means none, except that POST and PUT then say length 0.
  package var body: [UInt8]
  /// How long the whole exchange may take, from name lookup to the last byte, redirects included;
  /// above zero, at most one day.
  package var timeout: Duration
  /// How long name lookup, connection and TLS handshake may take in all; nil: as `timeout`.
  package var connectTimeout: Duration?
  /// How many bytes of body are accepted, counted after decompression.
  package var maxBodyBytes: Int
  /// How many bytes of header are accepted in one reply; above 100 KiB a single line is still
  /// limited to that.
  package var maxHeaderBytes: Int
  /// Which certificate is believed.
  package var trust: TLSTrust
  /// How many redirects are followed; at 0 a 3xx reply is returned as it is.
  package var maxRedirects: Int
  /// Whether a kept connection may be used, and this one kept; false makes every phase real.
  package var reusesConnection: Bool
  /// Offers HTTP/2 to a TLS peer; without effect together with `onIdleClose`.
  package var prefersHTTP2: Bool
  /// Called once, at once, when the peer closes the connection that this exchange left idle.
  ///
  /// A byte that nobody asked for counts as a close. The next exchange on the same connection
  /// replaces the watch with its own, or with none. It is not called for a connection that the
  /// client closes itself. It runs on the client's thread and must not block.
  package var onIdleClose: (@Sendable () -> Void)?

  /// Describes a request; the defaults suit a small reply from a host nearby.
  package init(
    method: String = "GET",
    url: String,
    headers: HTTPHeaders = [:],
    body: [UInt8] = [],
    timeout: Duration = .seconds(10),
    connectTimeout: Duration? = nil,
    maxBodyBytes: Int = 16 << 20,
    maxHeaderBytes: Int = 64 << 10,
    trust: TLSTrust = .system,
    maxRedirects: Int = 0,
    reusesConnection: Bool = true,
    prefersHTTP2: Bool = false,
    onIdleClose: (@Sendable () -> Void)? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.connectTimeout = connectTimeout
    self.maxBodyBytes = maxBodyBytes
    self.maxHeaderBytes = maxHeaderBytes
    self.trust = trust
    self.maxRedirects = maxRedirects
    self.reusesConnection = reusesConnection
    self.prefersHTTP2 = prefersHTTP2
    self.onIdleClose = onIdleClose
  }
}
