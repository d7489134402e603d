// SPDX-License-Identifier: MIT
import CCrypto
import CCurl

/// Tells libcurl which certificate to believe; what the peer shows is written to `peer`.
func setPeerCheck(
  _ easy: UnsafeMutableRawPointer,
  _ trust: TLSTrust,
  pin: [UInt8]?,
  _ peer: UnsafeMutablePointer<hv_peer_certificate>
) -> CURLcode {
  hv_curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1)
  // A resumed session shows no certificate, so there would be nothing to compare.
  hv_curl_set_long(easy, CURLOPT_SSL_SESSIONID_CACHE, 0)
  hv_curl_set_ssl_callback(easy) { _, tlsContext, peer in
    hv_watch_certificate(tlsContext, peer?.assumingMemoryBound(to: hv_peer_certificate.self))
    return CURLE_OK
  }
  hv_curl_set_pointer(easy, CURLOPT_SSL_CTX_DATA, peer)
  // Without a CA folder libcurl keeps the parsed CA file for the next connection.
  var folder: String?
  switch trust {
  case .system: hv_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
  case .caFile(let path):
    hv_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
    hv_curl_set_string(easy, CURLOPT_CAINFO, path)
  case .fingerprint:
    hv_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
    hv_curl_set_string(easy, CURLOPT_CAINFO, nil)
    // libcurl must not hand a connection that was checked against one pin to a request with
    // another: it compares the CA folders, so the pin is put there. Nothing is read from it, as
    // the pin replaces the chain.
    folder = "/pin/" + Digest.hex(pin ?? [])
  }
  return hv_curl_set_string(easy, CURLOPT_CAPATH, folder)
}

/// What went wrong with TLS; nil when the code is about something else.
func tlsReason(
  _ code: CURLcode,
  _ trust: TLSTrust,
  _ peer: UnsafeMutablePointer<hv_peer_certificate>,
  curlText: String
) -> String? {
  switch code {
  case CURLE_SSL_CACERT_BADFILE:
    let path = if case .caFile(let path) = trust { path } else { "of the system" }
    return "the CA file \(path) cannot be read"
  case CURLE_PEER_FAILED_VERIFICATION where peer.pointee.is_pin_mismatch:
    return "the certificate is not the one whose fingerprint was given"
  case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
    CURLE_SSL_CIPHER, CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR,
    CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED, CURLE_USE_SSL_FAILED:
    return curlText
  default: return nil
  }
}
