// SPDX-License-Identifier: MIT
import Synchronization
import Testing

@testable import Net

@Suite struct LoginSessionTests {
  private final class Clock: Sendable {
    let seconds = Mutex<Int64>(1_000_000)
    var now: Int64 { seconds.withLock { $0 } }
  }

  private let clock = Clock()
  private let tokens = [
    AccessToken(name: "grafana", role: .read, secret: "r-secret"),
    AccessToken(name: "the ops; team=1", role: .operate, secret: "o-secret"),
  ]

  private func sessions(_ tokens: [AccessToken]) -> LoginSessions {
    LoginSessions(tokens: tokens, path: "/login") { [clock] in clock.now }
  }

  private func admission(_ tokens: [AccessToken]) -> Admission {
    let routes = [
      HTTPRoute(.exact("/page")) { _ in .text("") },
      HTTPRoute(.exact("/login"), role: nil) { _ in .text("") },
      HTTPRoute(["POST"], .exact("/login"), role: nil) { _ in .text("") }.closedToOtherSites,
      HTTPRoute(["POST"], .exact("/operate"), role: .operate) { _ in .text("") },
    ]
    let sessions = tokens.isEmpty ? nil : sessions(tokens)
    return Admission(
      settings: HTTPServerSettings(port: 0, tokens: tokens, sessions: sessions),
      routes: routes
    )
  }

  /// Who is let in, or the status of the refusal.
  private func verdict(
    _ path: String,
    _ headers: HTTPHeaders,
    method: String = "GET",
    tokens: [AccessToken]? = nil
  ) -> (name: String?, status: Int?, location: String?) {
    let head = Admission.Head(
      method: method,
      target: path,
      headers: headers,
      remoteAddress: "127.0.0.1"
    )
    switch admission(tokens ?? self.tokens).verdict(head) {
    case .pass(let pass): return (pass.tokenName, nil, nil)
    case .refuse(let response): return (nil, response.status, response.headers["Location"])
    }
  }

  private func cookie(_ secret: String) throws -> String {
    let field = try #require(sessions(tokens).cookie(forSecret: secret, isSecure: true))
    return String(field.prefix { $0 != ";" })
  }

  @Test func `a cookie stands for the token whose secret was typed`() throws {
    let field = try #require(sessions(tokens).cookie(forSecret: "o-secret", isSecure: true))
    #expect(field.hasSuffix("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure"))
    #expect(!field.contains("o-secret"))
    let plain = try #require(sessions(tokens).cookie(forSecret: "o-secret", isSecure: false))
    #expect(plain.hasSuffix("; SameSite=Lax"))
    for wrong in ["", "o-secre", "grafana"] {
      #expect(sessions(tokens).cookie(forSecret: wrong, isSecure: true) == nil)
    }
    let cookie = try cookie("o-secret")
    #expect(verdict("/page", ["Cookie": "a=b; \(cookie); c"]).name == "the ops; team=1")
    #expect(verdict("/page", ["Cookie": try self.cookie("r-secret")]).name == "grafana")
    // A token that is shown goes before a cookie.
    let both: HTTPHeaders = ["Cookie": cookie, "Authorization": "Bearer r-secret"]
    #expect(verdict("/page", both).name == "grafana")
    #expect(verdict("/page", ["Cookie": cookie, "Authorization": "Bearer x"]).status == 401)
  }

  @Test func `a cookie ends with its time, its token and its secret`() throws {
    let cookie = try cookie("o-secret")
    #expect(verdict("/page", ["Cookie": cookie], tokens: [tokens[0]]).status == 401)
    let changed = AccessToken(name: tokens[1].name, role: .operate, secret: "another")
    #expect(verdict("/page", ["Cookie": cookie], tokens: [changed]).status == 401)
    clock.seconds.withLock { $0 += 12 * 3_600 - 1 }
    #expect(verdict("/page", ["Cookie": cookie]).status == nil)
    clock.seconds.withLock { $0 += 1 }
    #expect(verdict("/page", ["Cookie": cookie]).status == 401)
  }

  @Test func `a cookie that was changed anywhere is nothing`() throws {
    let cookie = try cookie("r-secret")
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      var bytes = Array(cookie.utf8)
      let place = Int.random(in: 15..<bytes.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 33...126, using: &random)
      case 1: bytes.remove(at: place)
      default: bytes.insert(UInt8.random(in: 33...126, using: &random), at: place)
      }
      let text = String(decoding: bytes, as: UTF8.self)
      // A semicolon ends the cookie.
      guard text != cookie, !text.hasPrefix(cookie + ";") else { continue }
      #expect(verdict("/page", ["Cookie": text]).name == nil, "\(text)")
    }
    for text in ["hvsmon_session=", "hvsmon_session", "hvsmon_session=..", "hvsmon_session=a.9.b"] {
      #expect(verdict("/page", ["Cookie": text]).status == 401)
    }
    let many = Array(repeating: "hvsmon_session=x", count: 50) + [cookie]
    #expect(verdict("/page", ["Cookie": many.joined(separator: ";")]).status == 401)
  }

  @Test func `a browser without a token is sent to the login, a program is refused`() {
    let browser: HTTPHeaders = ["Accept": "text/html,*/*;q=0.8"]
    let sent = verdict("/page?a=b&c=/d", browser)
    #expect(sent.status == 303)
    #expect(sent.location == "/login?next=%2Fpage%3Fa%3Db%26c%3D%2Fd")
    #expect(verdict("/page", [:]).status == 401)
    #expect(verdict("/operate", browser, method: "POST").status == 401)
    #expect(verdict("/login", browser).status == nil)
    #expect(verdict("http://other.example/page", browser).status == 401)
  }

  @Test func `what a cookie changes comes from a page of this server`() throws {
    let cookie = try cookie("o-secret")
    func status(_ headers: HTTPHeaders) -> Int? {
      var all: HTTPHeaders = ["Cookie": cookie, "Host": "monitor.example"]
      for field in headers.fields { all.add(field.name, field.value) }
      return verdict("/operate", all, method: "POST").status
    }
    #expect(status(["Sec-Fetch-Site": "same-origin"]) == nil)
    #expect(status(["Origin": "https://monitor.example"]) == nil)
    for headers: HTTPHeaders in [
      [:], ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"],
      ["Origin": "https://evil.example"], ["Origin": "null"],
    ] {
      #expect(status(headers) == 403)
    }
    let foreign: HTTPHeaders = ["Origin": "https://evil.example", "Host": "monitor.example"]
    #expect(verdict("/login", foreign, method: "POST").status == 403)
  }

  @Test func `without tokens a name that others choose changes nothing`() {
    func status(_ host: String) -> Int? {
      let headers: HTTPHeaders = [
        "Host": host, "Origin": "http://\(host)", "Sec-Fetch-Site": "same-origin",
      ]
      return verdict("/operate", headers, method: "POST", tokens: []).status
    }
    for host in ["127.0.0.1:9753", "localhost:9753", "[::1]:9753", "LOCALHOST"] {
      #expect(status(host) == nil, "\(host)")
    }
    for host in ["evil.example:9753", "127.0.0.1.evil.example", ""] {
      #expect(status(host) == 403, "\(host)")
    }
    // Programs name no sender.
    #expect(
      verdict("/operate", ["Host": "evil.example"], method: "POST", tokens: []).status == nil
    )
  }

  @Test func `a session of who only looks goes on while it is used`() throws {
    let (reader, operator_) = (try cookie("r-secret"), try cookie("o-secret"))
    func renewed(_ cookie: String) -> String? {
      sessions(tokens).renewedCookie(["Cookie": cookie], isSecure: false)
    }
    #expect(renewed(reader) == nil)
    clock.seconds.withLock { $0 += 3_601 }
    #expect(renewed(operator_) == nil && renewed("\(LoginSessions.cookieName)=x") == nil)
    let field = try #require(renewed(reader))
    #expect(field.contains("; Max-Age=43200; HttpOnly"))
    let next = String(field.prefix { $0 != ";" })
    clock.seconds.withLock { $0 += 41_000 }
    #expect(verdict("/page", ["Cookie": reader]).name == nil)
    #expect(verdict("/page", ["Cookie": next]).name == "grafana")
    #expect(renewed(reader) == nil)
  }

  @Test func `what a script asks for brings up no window that asks for a password`() {
    func challenges(_ headers: HTTPHeaders) -> [String] {
      let head = Admission.Head(
        method: "GET",
        target: "/page",
        headers: headers,
        remoteAddress: "127.0.0.1"
      )
      guard case .refuse(let response) = admission(tokens).verdict(head) else { return [] }
      return response.headers.fields.filter { $0.name == "WWW-Authenticate" }
        .map { String($0.value.prefix { $0 != " " }) }
    }
    #expect(challenges([:]) == ["Bearer", "Basic"])
    #expect(challenges(["Sec-Fetch-Dest": "document"]) == ["Bearer", "Basic"])
    #expect(challenges(["Sec-Fetch-Dest": "empty"]) == ["Bearer"])
  }

  @Test func `a token is shown by its secret alone`() {
    let token = tokens[1]
    #expect(token.isShown(by: "Bearer o-secret") && token.isShown(by: "bearer o-secret"))
    for other in [nil, "", "Bearer", "Bearer r-secret", "Bearer o-secret ", "o-secret"] {
      #expect(!token.isShown(by: other))
    }
  }
}
