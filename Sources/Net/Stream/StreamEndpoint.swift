// SPDX-License-Identifier: MIT

/// Where a ``ByteStream`` leads and how it is protected.
package struct StreamEndpoint: Hashable, Sendable {
  /// How a stream is encrypted.
  package struct TLS: Hashable, Sendable {
    /// Which certificate of the peer is believed; its name is always checked, but for a pin.
    package var trust: TLSTrust
    /// A PEM file with the certificate and the key to show; nil shows none.
    package var clientCertificatePath: String?

    /// Describes the protection.
    package init(trust: TLSTrust = .system, clientCertificatePath: String? = nil) {
      self.trust = trust
      self.clientCertificatePath = clientCertificatePath
    }
  }

  /// A host name or a numeric address, an IPv6 one without brackets.
  package var host: String
  /// The TCP port.
  package var port: UInt16
  /// Nil: plain TCP.
  package var tls: TLS?

  /// Names a place.
  package init(host: String, port: UInt16, tls: TLS? = nil) {
    self.host = host
    self.port = port
    self.tls = tls
  }

  /// `name:port`, with brackets around an IPv6 address.
  package var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// An endpoint that was found fit to connect to.
struct CheckedEndpoint: Sendable {
  let endpoint: StreamEndpoint
  /// The 32 bytes of ``TLSTrust/fingerprint(sha256:)``.
  let pin: [UInt8]?
  let timeout: Duration

  /// What libcurl is told; it sends nothing of it.
  var url: String { "\(endpoint.tls == nil ? "http" : "https")://\(endpoint.authority)/" }

  init(_ endpoint: StreamEndpoint, within timeout: Duration) throws(StreamError) {
    self.endpoint = endpoint
    self.timeout = timeout
    guard timeout > .zero, timeout <= .seconds(86_400) else {
      throw .invalidEndpoint(reason: "the time limit is not within 1 ms to 1 day")
    }
    let forbidden = "/?#@[]%\\".utf8
    guard !endpoint.host.isEmpty, endpoint.port > 0,
      endpoint.host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && !forbidden.contains($0) })
    else { throw .invalidEndpoint(reason: "the host is no name and no address, or the port is 0") }
    if case .fingerprint(let text)? = endpoint.tls?.trust {
      guard let pin = CheckedRequest.pin(text) else {
        throw .invalidEndpoint(
          reason: "the fingerprint is not 64 hexadecimal digits (SHA-256)"
        )
      }
      self.pin = pin
    } else {
      pin = nil
    }
    do {
      _ = try CheckedRequest.authority(url: url)
    } catch {
      throw .invalidEndpoint(reason: "the host cannot be read")
    }
  }
}
