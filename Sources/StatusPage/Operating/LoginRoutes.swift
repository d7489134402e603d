// SPDX-License-Identifier: MIT
import Net

/// `/login` and `/logout`: a token is shown once, and a cookie stands for it.
struct LoginRoutes: Sendable {
  private static let path = PageRoutes.loginPath
  /// Bytes of a form.
  private static let formBytesMax = 8 << 10
  /// Wrong tokens that are looked at in a minute from one address; then nobody there may try until
  /// the minute is over.
  static let failuresMax = 30

  /// Who may log in; nil where no token is needed.
  let sessions: LoginSessions?
  private let noteClosed: @Sendable (_ address: String) -> Void
  private let failures = WrongTokens(countMax: failuresMax)

  init(
    sessions: LoginSessions?,
    noteClosed: @escaping @Sendable (_ address: String) -> Void = { _ in }
  ) {
    self.sessions = sessions
    self.noteClosed = noteClosed
  }

  var routes: [HTTPRoute] {
    [
      HTTPRoute(.exact(Self.path), role: nil) { request in
        page(next: Self.next(request.query), known: request.tokenName)
      },
      HTTPRoute(["POST"], .exact(Self.path), role: nil, maxBodyBytes: Self.formBytesMax) {
        logIn($0)
      }.closedToOtherSites,
      HTTPRoute(["POST"], .exact("/logout"), role: nil, maxBodyBytes: Self.formBytesMax) {
        request in
        var response = PageRoutes.redirect(to: Self.path)
        response.headers["Set-Cookie"] =
          sessions?.endingCookie(isSecure: Self.isSecure(request))
        return response
      }.closedToOtherSites,
    ]
  }

  func logIn(_ request: ServerRequest) -> ServerResponse {
    let next = Self.next(request.form)
    guard let sessions else { return PageRoutes.redirect(to: next) }
    let (address, now) = (request.remoteAddress, sessions.unixSeconds())
    guard failures.isOpen(to: address, at: now) else {
      return page(
        next: next,
        fault: "There were \(Self.failuresMax) wrong tokens within a minute: wait a minute.",
        status: 429
      )
    }
    // Of the body alone: addresses stand in logs. Blanks come along when a token is pasted.
    let secret = (request.bodyForm["token"] ?? "").trimmingBlanks
    let isSecure = Self.isSecure(request)
    guard let cookie = sessions.cookie(forSecret: secret, isSecure: isSecure) else {
      if failures.note(from: address, at: now) { noteClosed(address) }
      return page(
        next: next,
        fault: "No token of the settings has this secret (http.auth.tokens).",
        status: 403
      )
    }
    var response = PageRoutes.redirect(to: next)
    response.headers["Set-Cookie"] = cookie
    return response
  }

  /// A path of this server; anything else leads to the first page.
  static func next(_ form: [ServerRequest.Parameter]) -> String {
    guard let next = form["next"], next.utf8.count <= 2_000, next.hasPrefix("/"),
      !next.hasPrefix("//"), !next.hasPrefix("/login"),
      next.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") })
    else { return "/" }
    return next
  }

  static func isSecure(_ request: ServerRequest) -> Bool {
    request.isSecure || request.headers["X-Forwarded-Proto"] == "https"
  }

  private func page(
    next: String,
    known: String? = nil,
    fault: String? = nil,
    status: Int = 200
  ) -> ServerResponse {
    let html = PageDocument.html(
      title: "Log in",
      heading: "Log in",
      script: "/assets/login.js"
    ) { main in
      if let fault { main.element("p", ("class", "fault"), ("role", "alert"), text: fault) }
      guard sessions != nil else {
        main.raw("<p>No token is needed here: the settings name none (http.auth.tokens).</p>")
        return
      }
      if let known {
        main.element("p") { line in
          line.raw("You are in as ")
          line.outside(known)
          line.raw(".")
        }
        main.raw("<form method=\"post\" action=\"/logout\"><button>Log out</button></form>")
      }
      main.element("form", ("method", "post"), ("action", Self.path), ("class", "login")) { form in
        form.raw("<label for=\"token\">Access token</label>")
        form.raw(
          "<input id=\"token\" name=\"token\" type=\"password\" autocomplete=\"current-password\" required>"
        )
        form.void("input", ("type", "hidden"), ("name", "next"), ("value", next))
        form.raw("<button>Log in</button>")
      }
      main.raw(
        "<p class=\"quiet\">The browser keeps a cookie for 12 h, not the token. A screen on a wall takes its token from the address: /wall#token=TOKEN.</p>"
      )
    }
    return PageRoutes.html(html, status: status)
  }
}

extension String {
  /// Without blanks at its ends.
  fileprivate var trimmingBlanks: String {
    let rest = drop { $0.isWhitespace }
    let count = rest.reversed().prefix { $0.isWhitespace }.count
    return String(rest.dropLast(count))
  }
}
