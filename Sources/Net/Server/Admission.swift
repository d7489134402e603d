// SPDX-License-Identifier: MIT
import FoundationEssentials

/// Decides, from a request's head alone, whether a request is served and by which route: pure.
struct Admission: Sendable {
  /// What is known of a request before its body.
  struct Head: Sendable {
    let method: String
    /// The request line's middle part, as it came.
    let target: String
    let headers: HTTPHeaders
    let remoteAddress: String
  }

  /// A request that may go on.
  struct Pass: Sendable {
    let route: HTTPRoute
    let path: String
    let tokenName: String?
    let role: AccessRole?
    /// What is added to the answer so that a page of another site may read it.
    let opening: HTTPHeaders
  }

  enum Verdict {
    case pass(Pass)
    case refuse(ServerResponse)
  }

  private let settings: HTTPServerSettings
  private let exact: [String: [HTTPRoute]]
  /// Longest first.
  private let prefixes: [(prefix: String, routes: [HTTPRoute])]

  init(settings: HTTPServerSettings, routes: [HTTPRoute]) {
    self.settings = settings
    var exact: [String: [HTTPRoute]] = [:]
    var prefixes: [String: [HTTPRoute]] = [:]
    for route in routes {
      switch route.path {
      case .exact(let path): exact[path, default: []].append(route)
      case .prefix(let path): prefixes[path, default: []].append(route)
      }
    }
    self.exact = exact
    self.prefixes =
      prefixes.map { (prefix: $0.key, routes: $0.value) }
      .sorted { $0.prefix.utf8.count > $1.prefix.utf8.count }
  }

  func verdict(_ head: Head) -> Verdict {
    let headerBytes = head.headers.fields.reduce(head.method.utf8.count + head.target.utf8.count) {
      $0 + $1.name.utf8.count + $1.value.utf8.count + 4
    }
    guard headerBytes <= settings.maxHeaderBytes else {
      let limit = settings.maxHeaderBytes
      return .refuse(.text("the request header is over the limit of \(limit) bytes\n", status: 431))
    }
    let path = Self.path(target: head.target)
    guard let routes = routes(path: path) else {
      return .refuse(.text("there is nothing at this path\n", status: 404))
    }
    let method = head.method == "HEAD" ? "GET" : head.method
    let opening = Self.opening(head.headers, routes)
    guard method != "OPTIONS", let route = routes.first(where: { $0.methods.contains(method) })
    else { return .refuse(Self.methodRefusal(head.method, routes).opened(opening)) }
    let token: AccessToken?
    var isByCookie = false
    switch identify(head.headers) {
    case .nobody:
      token = settings.sessions?.token(head.headers)
      isByCookie = token != nil
    case .known(let known): token = known
    case .unknown:
      guard route.role == nil else {
        let reason = "the access token is not known"
        return .refuse(Self.unauthorized(reason, head.headers).opened(opening))
      }
      token = nil
    }
    let role = settings.tokens.isEmpty ? .operate : token?.role
    if let needed = route.role {
      guard let role else {
        if let login = login(head, path) { return .refuse(login) }
        let reason = "an access token is needed: send Authorization: Bearer TOKEN"
        return .refuse(Self.unauthorized(reason, head.headers).opened(opening))
      }
      guard role >= needed else {
        let name = token?.name ?? ""
        let duty = role == .read ? "it only reads" : "it only reads and brings samples"
        return .refuse(.text("the token \(name) may not do this: \(duty)\n", status: 403))
      }
    }
    if route.isClosedToOtherSites, method != "GET" {
      if let refusal = otherSiteRefusal(head.headers, isByCookie: isByCookie) {
        return .refuse(.text(refusal + "\n", status: 403))
      }
    }
    return .pass(
      Pass(route: route, path: path, tokenName: token?.name, role: role, opening: opening)
    )
  }

  /// The most bytes of body that a request may have.
  func bodyBytesMax(_ verdict: Verdict) -> Int {
    guard case .pass(let pass) = verdict else { return settings.maxBodyBytes }
    return pass.route.maxBodyBytes ?? settings.maxBodyBytes
  }

  func bodyRefusal(limitBytes: Int) -> ServerResponse {
    .text("the request body is over the limit of \(limitBytes) bytes\n", status: 413)
  }

  // MARK: Path and method

  private func routes(path: String) -> [HTTPRoute]? {
    exact[path] ?? prefixes.first { path.utf8.starts(with: $0.prefix.utf8) }?.routes
  }

  private static func methodRefusal(_ method: String, _ routes: [HTTPRoute]) -> ServerResponse {
    var allowed = routes.reduce(into: Set(["OPTIONS"])) { $0.formUnion($1.methods) }
    if allowed.contains("GET") { allowed.insert("HEAD") }
    let list = allowed.sorted().joined(separator: ", ")
    var response =
      method == "OPTIONS"
      ? ServerResponse(status: 204) : .text("\(list) are taken here\n", status: 405)
    response.headers["Allow"] = list
    return response
  }

  /// The decoded path of a request target, which may be a whole URL (RFC 9112, section 3.2.2).
  static func path(target: String) -> String {
    var text = target.utf8[...]
    if text.first != UInt8(ascii: "/"), let rest = afterScheme(target) {
      text = rest.utf8.drop { $0 != UInt8(ascii: "/") }
    }
    let path = URLText.decoded(text.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })
    return path.isEmpty ? "/" : path
  }

  static func query(target: String) -> [ServerRequest.Parameter] {
    guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return [] }
    return URLText.parameters(target.utf8[target.utf8.index(after: mark)...])
  }

  // MARK: Other sites

  /// The fields that let a page of another site read the answer; none when it comes from no page,
  /// or a route is not open.
  ///
  /// `*` never goes with what a browser remembers (WHATWG Fetch, CORS protocol and credentials).
  private static func opening(_ headers: HTTPHeaders, _ routes: [HTTPRoute]) -> HTTPHeaders {
    guard headers["Origin"] != nil, routes.allSatisfy(\.isOpenToOtherSites) else { return [:] }
    return [
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, Origin",
      "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
      "Access-Control-Expose-Headers": "Date",
    ]
  }

  // MARK: Who asks

  private enum Sender {
    case nobody
    case known(AccessToken)
    case unknown
  }

  private func identify(_ headers: HTTPHeaders) -> Sender {
    guard let field = headers["Authorization"], !settings.tokens.isEmpty else { return .nobody }
    guard let secret = Self.secret(authorization: field) else { return .unknown }
    let digest = Digest.sha256(secret)
    // Every token is compared, so that the time does not tell which one came close.
    var found: AccessToken?
    for token in settings.tokens where token.matches(digest: digest) { found = token }
    return found.map { .known($0) } ?? .unknown
  }

  /// The secret of `Bearer SECRET` (RFC 6750), or of `Basic base64(anybody:SECRET)` (RFC 7617),
  /// which is what a browser can send.
  static func secret(authorization: String) -> [UInt8]? {
    let bytes = authorization.utf8
    guard let blank = bytes.firstIndex(of: UInt8(ascii: " ")) else { return nil }
    let scheme = String(authorization[..<blank])
    let credentials = authorization[bytes.index(after: blank)...]
    guard !credentials.isEmpty else { return nil }
    if HTTPHeaders.isSameName(scheme, "Bearer") { return Array(credentials.utf8) }
    guard HTTPHeaders.isSameName(scheme, "Basic"),
      let pair = Data(base64Encoded: String(credentials)),
      let colon = pair.firstIndex(of: UInt8(ascii: ":"))
    else { return nil }
    return Array(pair[pair.index(after: colon)...])
  }

  private static func unauthorized(_ reason: String, _ headers: HTTPHeaders) -> ServerResponse {
    var response = ServerResponse.text(reason + "\n", status: 401)
    response.headers.add("WWW-Authenticate", "Bearer realm=\"hvsmon\"")
    // A browser asks its user for a password; not because a page's script asked for something
    // (W3C Fetch Metadata, section 2.1: what a script fetches has no destination).
    if headers["Sec-Fetch-Dest"] != "empty" {
      response.headers.add("WWW-Authenticate", "Basic realm=\"hvsmon: the token is the password\"")
    }
    return response
  }

  /// Where a browser that asks for a page without a token goes: to the page to log in.
  private func login(_ head: Head, _ path: String) -> ServerResponse? {
    guard let sessions = settings.sessions, head.method == "GET", path != sessions.path,
      head.headers["Authorization"] == nil,
      head.headers["Accept"]?.contains("text/html") == true,
      head.target.utf8.first == UInt8(ascii: "/"), head.target.utf8.count <= 2_000
    else { return nil }
    var response = ServerResponse.text("log in first\n", status: 303)
    response.headers["Location"] = sessions.path + "?next=" + URLText.encoded(head.target)
    response.headers["Cache-Control"] = "no-store"
    return response
  }

  /// Why a change is not taken although its sender may make it; nil when it is.
  private func otherSiteRefusal(_ headers: HTTPHeaders, isByCookie: Bool) -> String? {
    if Self.isCrossSite(headers) { return "requests from other web sites are not taken here" }
    // A browser says where a change comes from; a cookie without that is no browser of today.
    if isByCookie, headers["Sec-Fetch-Site"] == nil, headers["Origin"] == nil {
      return "changes by a cookie need the field Origin, which browsers send"
    }
    // A name of another site may lead to this machine: then its pages count as of the same site.
    if settings.tokens.isEmpty, headers["Origin"] != nil || headers["Sec-Fetch-Site"] != nil,
      let host = headers["Host"], !isOwn(host: host)
    {
      return "without access tokens browsers change nothing here but under a numeric address or "
        + "localhost: set a token to use another name"
    }
    return nil
  }

  /// Whether an authority names this machine by something no other site can choose.
  private func isOwn(host authority: String) -> Bool {
    if authority.hasPrefix("[") { return true }
    let host = authority.split(separator: ":", omittingEmptySubsequences: false).first ?? ""
    let isNumeric = !host.isEmpty && host.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
    return isNumeric || HTTPHeaders.isSameName(String(host), "localhost")
      || HTTPHeaders.isSameName(String(host), settings.host)
  }

  /// Tells whether a page of another site made the browser send this.
  ///
  /// A browser adds by itself what identifies its user, be it a remembered password or a loopback
  /// address; programs send neither of the two fields.
  private static func isCrossSite(_ headers: HTTPHeaders) -> Bool {
    if let site = headers["Sec-Fetch-Site"] { return site != "same-origin" && site != "none" }
    guard let origin = headers["Origin"] else { return false }
    guard let authority = afterScheme(origin), let host = headers["Host"] else { return true }
    return !HTTPHeaders.isSameName(String(authority), host)
  }

  /// What follows `://`; nil without it.
  private static func afterScheme(_ text: String) -> Substring? {
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
    return text[colon...].dropFirst(3)
  }
}

extension ServerResponse {
  /// The response with these fields too.
  func opened(_ fields: HTTPHeaders) -> ServerResponse {
    var response = self
    for field in fields.fields { response.headers.add(field.name, field.value) }
    return response
  }
}
