// SPDX-License-Identifier: MIT
import CCurl

/// A request that was found fit to be sent, with what the check learned on the way.
struct CheckedRequest: Sendable {
  /// How long an exchange may last at most.
  private static let longestTimeout = Duration.seconds(86_400)

  let request: HTTPRequest
  /// `name:port`, all that errors say of the URL.
  let authority: String
  /// The 32 bytes of ``TLSTrust/fingerprint(sha256:)``.
  let pin: [UInt8]?

  var timeoutMilliseconds: Int { Int(request.timeout.wholeMilliseconds) }
  var connectTimeoutMilliseconds: Int {
    Int(min(request.connectTimeout ?? request.timeout, request.timeout).wholeMilliseconds)
  }

  init(_ request: HTTPRequest) throws(HTTPClientError) {
    self.request = request
    guard request.url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
      throw .invalidRequest(reason: "the URL holds a blank or a control character")
    }
    authority = try Self.authority(url: request.url)
    guard !request.method.isEmpty, request.method.utf8.allSatisfy(Self.isTokenByte) else {
      throw .invalidRequest(reason: "the method is not a word")
    }
    guard request.timeout > .zero, request.timeout <= Self.longestTimeout,
      request.connectTimeout ?? .seconds(1) > .zero
    else { throw .invalidRequest(reason: "the time limit is not within 1 ms to 1 day") }
    guard request.maxBodyBytes >= 0, request.maxHeaderBytes > 0, request.maxRedirects >= 0 else {
      throw .invalidRequest(reason: "a limit is negative")
    }
    for field in request.headers.fields {
      guard !field.name.isEmpty, field.name.utf8.allSatisfy(Self.isTokenByte) else {
        throw .invalidRequest(reason: "a header name is empty or holds a forbidden character")
      }
      guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
        throw .invalidRequest(reason: "the header \(field.name) holds a control character")
      }
    }
    guard case .fingerprint(let text) = request.trust else {
      pin = nil
      return
    }
    guard let pin = Self.pin(text) else {
      throw .invalidRequest(reason: "the fingerprint is not 64 hexadecimal digits (SHA-256)")
    }
    self.pin = pin
  }

  /// The 32 bytes that a fingerprint stands for; nil for any other text.
  static func pin(_ fingerprint: String) -> [UInt8]? {
    guard let pin = Digest.bytes(hex: fingerprint.filter { $0 != ":" }), pin.count == 32 else {
      return nil
    }
    return pin
  }

  /// Reads `name:port` out of a URL by libcurl's own parser, so that both agree on it.
  static func authority(url: String) throws(HTTPClientError) -> String {
    // libcurl takes "http:/x" and "http:///x" for the host x, so that a path would pass for a host.
    let slashes = url.utf8.drop { $0 != UInt8(ascii: "/") }.prefix { $0 == UInt8(ascii: "/") }
    guard slashes.count == 2 else {
      throw .invalidRequest(reason: "the URL names no host after http:// or https://")
    }
    guard let parts = curl_url() else {
      throw .internalFailure(reason: "no memory for a URL")
    }
    defer { curl_url_cleanup(parts) }
    func part(_ which: CURLUPart, _ flags: UInt32 = 0) -> String? {
      var text: UnsafeMutablePointer<CChar>?
      guard curl_url_get(parts, which, &text, flags) == CURLUE_OK, let text else { return nil }
      defer { curl_free(text) }
      return String(cString: text)
    }
    guard curl_url_set(parts, CURLUPART_URL, url, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK
    else { throw .invalidRequest(reason: "the URL cannot be read") }
    guard let scheme = part(CURLUPART_SCHEME), scheme == "http" || scheme == "https" else {
      throw .invalidRequest(reason: "the URL begins neither with http:// nor with https://")
    }
    guard let host = part(CURLUPART_HOST), !host.isEmpty,
      let port = part(CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT))
    else { throw .invalidRequest(reason: "the URL names no host") }
    return "\(host):\(port)"
  }

  /// Bytes of a method or header name (RFC 9110, section 5.6.2).
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
