// SPDX-License-Identifier: MIT

/// Where an ``HTTPServer`` listens, whom it lets in, and its limits.
package struct HTTPServerSettings: Sendable {
  /// What the server shows to TLS clients.
  package struct TLSIdentity: Sendable {
    /// The certificate chain, the server's own first, as PEM text.
    package let certificatePEM: String
    /// The private key as PEM text; never printed.
    let keyPEM: String

    /// Keeps both texts.
    package init(certificatePEM: String, keyPEM: String) {
      self.certificatePEM = certificatePEM
      self.keyPEM = keyPEM
    }
  }

  /// A numeric address or a name of this machine; `0.0.0.0` and `::` mean all.
  package var host: String
  /// The TCP port; 0 lets the system choose.
  package var port: UInt16
  /// Who is let in; empty: everybody, which is refused but for a loopback address.
  package var tokens: [AccessToken]
  /// Lets browsers in by a cookie, and sends those that show nothing to a page to log in; nil: they
  /// have to send a token as every program does.
  package var sessions: LoginSessions?
  /// Speaks TLS with this identity; nil: plain HTTP.
  package var tls: TLSIdentity?
  /// Connections open at once; further ones wait in the system's queue.
  package var maxConnections: Int
  /// Connections open at once from one address; nil: as many as in all.
  package var maxConnectionsPerAddress: Int?
  /// Bytes of request line and header.
  package var maxHeaderBytes: Int
  /// Bytes of request body.
  package var maxBodyBytes: Int
  /// A connection on which nothing moves for so long is closed.
  package var connectionTimeout: Duration
  /// A handler that takes longer is cancelled and answered 503.
  package var handlerDeadline: Duration
  /// Bodies of at least so many bytes are compressed for those who accept gzip.
  package var gzipMinimumBytes: Int
  /// Counts long answers until they are read; one that finds no room is answered 503.
  package var unreadAnswers: UnreadAnswers

  /// Describes a server; the defaults suit a monitor with a few dozen clients.
  package init(
    host: String = "127.0.0.1",
    port: UInt16,
    tokens: [AccessToken] = [],
    sessions: LoginSessions? = nil,
    tls: TLSIdentity? = nil,
    maxConnections: Int = 256,
    maxConnectionsPerAddress: Int? = nil,
    maxHeaderBytes: Int = 16 << 10,
    maxBodyBytes: Int = 1 << 20,
    connectionTimeout: Duration = .seconds(60),
    handlerDeadline: Duration = .seconds(30),
    gzipMinimumBytes: Int = 1 << 10,
    unreadAnswers: UnreadAnswers = UnreadAnswers()
  ) {
    self.host = host
    self.port = port
    self.tokens = tokens
    self.sessions = sessions
    self.tls = tls
    self.maxConnections = maxConnections
    self.maxConnectionsPerAddress = maxConnectionsPerAddress
    self.maxHeaderBytes = maxHeaderBytes
    self.maxBodyBytes = maxBodyBytes
    self.connectionTimeout = connectionTimeout
    self.handlerDeadline = handlerDeadline
    self.gzipMinimumBytes = gzipMinimumBytes
    self.unreadAnswers = unreadAnswers
  }
}

extension HTTPServerSettings.TLSIdentity: CustomStringConvertible, CustomReflectable {
  package var description: String { "TLS identity" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Why an ``HTTPServer`` does not start.
package enum HTTPServerError: Error, Equatable, Sendable {
  /// Other machines could connect to `host`, and no token would keep them out.
  case openToEveryone(host: String)
  /// `host` is not an address of this machine.
  case addressUnknown(host: String, reason: String)
  /// Another process listens there.
  case addressInUse(host: String, port: UInt16)
  /// The system does not let this user listen there, as with ports below 1024.
  case notPermitted(host: String, port: UInt16)
  /// The certificate or the key cannot be used.
  case badCertificate
  /// A call of the system or of libmicrohttpd failed.
  case failed(reason: String)
}

extension HTTPServerError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .openToEveryone(let host):
      "other machines can reach \(host): set at least one access token, or listen on 127.0.0.1"
    case .addressUnknown(let host, let reason): "cannot listen on \(host): \(reason)"
    case .addressInUse(let host, let port):
      "cannot listen on \(host) port \(port): another process does; stop it or choose another port"
    case .notPermitted(let host, let port):
      "cannot listen on \(host) port \(port): not permitted; choose a port above 1023"
    case .badCertificate:
      "cannot serve TLS: the certificate and key are not PEM or do not belong together"
    case .failed(let reason): "cannot start the HTTP server: \(reason)"
    }
  }
}
