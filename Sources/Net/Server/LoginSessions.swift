// SPDX-License-Identifier: MIT
import FoundationEssentials

/// Lets a browser in that showed a token once, by a cookie (RFC 6265).
///
/// The cookie holds the token's name, the time at which it ends, and an HMAC over both whose key is
/// the token's digest. The server keeps nothing: a restart sends nobody back to the login, and a
/// token that a restart finds taken out of the settings, or with another secret, takes its cookies
/// with it. Logging out takes the cookie out of one browser; a copy of it stays good until its end.
package struct LoginSessions: Sendable {
  /// The cookie's name.
  package static let cookieName = "hvsmon_session"
  /// How long a cookie is good.
  package static let length = Duration.seconds(12 * 3_600)
  /// The most cookies of that name that one request may try.
  private static let cookiesMax = 4

  /// Where a browser is sent that shows no token; its parameter `next` says where it wanted to go.
  package let path: String
  private let tokens: [AccessToken]
  /// The present time in whole seconds since 1970.
  package let unixSeconds: @Sendable () -> Int64

  /// Sessions of the holders of these tokens.
  ///
  /// - Parameters:
  ///   - tokens: Who may log in.
  ///   - path: The page to log in.
  ///   - unixSeconds: The present time.
  package init(
    tokens: [AccessToken],
    path: String,
    unixSeconds: @escaping @Sendable () -> Int64
  ) {
    self.tokens = tokens
    self.path = path
    self.unixSeconds = unixSeconds
  }

  /// Begins a session.
  ///
  /// - Parameters:
  ///   - secret: What was typed.
  ///   - isSecure: The browser came by TLS, and shall send the cookie by nothing else.
  /// - Returns: A field `Set-Cookie` for who knows the secret of a token; nil for one that nobody has.
  package func cookie(forSecret secret: String, isSecure: Bool) -> String? {
    let digest = Digest.sha256(Array(secret.utf8))
    // Every token is compared, so that the time does not tell which one came close.
    var found: AccessToken?
    for token in tokens where token.matches(digest: digest) { found = token }
    return found.map { cookie(of: $0, isSecure: isSecure) }
  }

  /// Goes on with the session of who only looks, such as a screen on a wall.
  ///
  /// - Parameters:
  ///   - headers: The request's.
  ///   - isSecure: As for a new session.
  /// - Returns: A field `Set-Cookie`; nil when there is no session, it began within the hour, or it
  ///   may change something: such a one ends.
  package func renewedCookie(_ headers: HTTPHeaders, isSecure: Bool) -> String? {
    guard let (token, end) = session(headers), token.role == .read,
      end - unixSeconds() < Self.length.components.seconds - 3_600
    else { return nil }
    return cookie(of: token, isSecure: isSecure)
  }

  private func cookie(of found: AccessToken, isSecure: Bool) -> String {
    let end = unixSeconds() + Self.length.components.seconds
    let name = Self.base64(Array(found.name.utf8))
    let value = "\(name).\(end).\(Self.base64(found.sessionCode(end: end)))"
    return field(value, secondsLeft: Self.length.components.seconds, isSecure: isSecure)
  }

  /// A field `Set-Cookie` that ends a session in the browser.
  package func endingCookie(isSecure: Bool) -> String {
    field("", secondsLeft: 0, isSecure: isSecure)
  }

  private func field(_ value: String, secondsLeft: Int64, isSecure: Bool) -> String {
    // Links from a chat lead here with the cookie; what changes something is refused to other sites
    // by what the browser says of the sender.
    "\(Self.cookieName)=\(value); Path=/; Max-Age=\(secondsLeft); HttpOnly; SameSite=Lax"
      + (isSecure ? "; Secure" : "")
  }

  /// The token of a request's cookie; nil when there is none that is good.
  func token(_ headers: HTTPHeaders) -> AccessToken? { session(headers)?.token }

  private func session(_ headers: HTTPHeaders) -> (token: AccessToken, end: Int64)? {
    var tried = 0
    for field in headers.fields where HTTPHeaders.isSameName(field.name, "Cookie") {
      for pair in field.value.split(separator: ";") {
        let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, parts[0] == Self.cookieName else { continue }
        tried += 1
        guard tried <= Self.cookiesMax else { return nil }
        if let session = session(ofCookie: parts[1]) { return session }
      }
    }
    return nil
  }

  private func session(ofCookie value: Substring) -> (token: AccessToken, end: Int64)? {
    let parts = value.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, value.utf8.count <= 1_024, let end = Int64(parts[1]),
      String(end) == parts[1],
      end > unixSeconds(), let name = Self.bytes(parts[0]), let code = Self.bytes(parts[2])
    else { return nil }
    let token = tokens.first { token in
      Array(token.name.utf8) == name && Digest.isEqual(token.sessionCode(end: end), code)
    }
    return token.map { ($0, end) }
  }

  /// Base64 with the alphabet of URLs and file names, without padding (RFC 4648, section 5).
  private static func base64(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().filter { $0 != "=" }
      .replacing("+", with: "-").replacing("/", with: "_")
  }

  private static func bytes(_ text: Substring) -> [UInt8]? {
    let plain = text.replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
    guard let data = Data(base64Encoded: plain + padding) else { return nil }
    let bytes = [UInt8](data)
    // The last letter has bits that stand for nothing: there is one way to write a text.
    return base64(bytes) == text ? bytes : nil
  }
}
