// SPDX-License-Identifier: MIT
import CCrypto
import CCurl
import Glibc

extension Transfer {
  /// Turns libcurl's result code into the error that tells the caller what to do.
  func failure(code: CURLcode) -> HTTPClientError {
    let host = failedAuthority
    switch stop {
    case .bodyTooLarge: return .bodyTooLarge(host: host, limitBytes: request.maxBodyBytes)
    case .headerTooLarge: return .headerTooLarge(host: host, limitBytes: request.maxHeaderBytes)
    case nil: break
    }
    switch code {
    case CURLE_OPERATION_TIMEDOUT: return timeout(host: host)
    case CURLE_COULDNT_RESOLVE_HOST: return .nameNotResolved(host: host)
    case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED: return connectFailure(host: host)
    case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SEND_ERROR, CURLE_HTTP2,
      CURLE_HTTP2_STREAM:
      return .closedEarly(host: host, bodyBytes: bodyBytes)
    case CURLE_RECV_ERROR: return receiveFailure(host: host)
    case CURLE_FILESIZE_EXCEEDED:
      return .bodyTooLarge(host: host, limitBytes: request.maxBodyBytes)
    case CURLE_OUT_OF_MEMORY where isInsideHeader:
      // libcurl's own limit for one header line, 100 KiB, is reported so.
      return .headerTooLarge(host: host, limitBytes: request.maxHeaderBytes)
    case CURLE_TOO_MANY_REDIRECTS:
      return .tooManyRedirects(host: host, limit: request.maxRedirects)
    case CURLE_UNSUPPORTED_PROTOCOL where redirectCount == 0:
      return .malformedReply(host: host, reason: "it begins without an HTTP status line")
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT:
      return .malformedReply(host: host, reason: "it redirects to what is not an HTTP address")
    case CURLE_WEIRD_SERVER_REPLY:
      return .malformedReply(host: host, reason: "its header is not HTTP")
    case CURLE_BAD_CONTENT_ENCODING:
      return .malformedReply(host: host, reason: "its compressed body is damaged")
    default: return tlsFailure(code: code, host: host)
    }
  }

  private var redirectCount: Int { hv_curl_get_long(easy, CURLINFO_REDIRECT_COUNT) }

  private var isInsideHeader: Bool {
    hv_curl_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T) > 0 && bodyBytes == 0
  }

  /// libcurl's own words; only asked for where they name no more than hosts and ports.
  private var curlText: String {
    let text = String(cString: errorText)
    return text.isEmpty ? "no reason given" : text
  }

  /// The host that failed, which after redirects is not the one that was asked for.
  private var failedAuthority: String {
    guard let url = hv_curl_get_string(easy, CURLINFO_EFFECTIVE_URL),
      let authority = try? CheckedRequest.authority(url: String(cString: url))
    else { return ticket.checked.authority }
    return authority
  }

  private func timeout(host: String) -> HTTPClientError {
    func happened(_ info: CURLINFO) -> Bool { hv_curl_get_offset(easy, info) > 0 }
    let phase: HTTPPhase =
      if happened(CURLINFO_STARTTRANSFER_TIME_T) {
        .transfer
      } else if happened(CURLINFO_PRETRANSFER_TIME_T) {
        .firstByte
      } else if peer.pointee.has_begun {
        // libcurl tells the time of the connect only when the handshake is over as well.
        .tls
      } else if happened(CURLINFO_NAMELOOKUP_TIME_T) {
        .connect
      } else {
        .nameLookup
      }
    let isConnecting = phase != .transfer && phase != .firstByte
    let limit = isConnecting ? request.connectTimeout ?? request.timeout : request.timeout
    return .timedOut(host: host, after: min(limit, request.timeout), phase: phase)
  }

  private func connectFailure(host: String) -> HTTPClientError {
    let code = Int32(hv_curl_get_long(easy, CURLINFO_OS_ERRNO))
    if code == ECONNREFUSED { return .connectionRefused(host: host) }
    return .connectionFailed(
      host: host,
      reason: code == 0 ? curlText : String(cString: strerror(code))
    )
  }

  private func receiveFailure(host: String) -> HTTPClientError {
    let text = curlText
    if text.hasSuffix("in chunked-encoding") {
      return .malformedReply(host: host, reason: "its chunked body is damaged")
    }
    if text.hasPrefix("Too large response headers") {
      return .headerTooLarge(host: host, limitBytes: request.maxHeaderBytes)
    }
    return .closedEarly(host: host, bodyBytes: bodyBytes)
  }

  private func tlsFailure(code: CURLcode, host: String) -> HTTPClientError {
    if let reason = tlsReason(code, request.trust, peer, curlText: curlText) {
      return .tls(host: host, reason: reason, certificate: peer.pointee.certificate)
    }
    return .internalFailure(
      reason: "\(String(cString: curl_easy_strerror(code))) (libcurl \(code.rawValue))"
    )
  }
}

extension hv_peer_certificate {
  /// The certificate in Swift's words; nil when the handshake did not come so far.
  var certificate: ServerCertificate? {
    guard is_seen else { return nil }
    func text(_ bytes: UnsafeRawBufferPointer) -> String {
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return ServerCertificate(
      notBefore: not_before,
      notAfter: not_after,
      sha256Fingerprint: withUnsafeBytes(of: sha256) { bytes in
        bytes.map { Digest.hex([$0]).uppercased() }.joined(separator: ":")
      },
      subject: withUnsafeBytes(of: subject, text),
      issuer: withUnsafeBytes(of: issuer, text)
    )
  }
}
