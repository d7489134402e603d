// SPDX-License-Identifier: MIT
import Net
import Synchronization
import Testing

@testable import StatusPage

@Suite struct LoginRouteTests {
  private static let sessions = LoginSessions(
    tokens: [
      AccessToken(name: "ops", role: .operate, secret: "o-secret-of-ops"),
      AccessToken(name: "wall", role: .read, secret: "correct horse battery staple"),
    ],
    path: "/login"
  ) { 1_000_000 }

  private static func post(
    _ body: String,
    to path: String = "/login",
    _ routes: LoginRoutes = LoginRoutes(sessions: sessions),
    isSecure: Bool = false,
    from address: String = "192.0.2.1",
    query: [ServerRequest.Parameter] = []
  ) async throws -> ServerResponse {
    let route = try #require(
      routes.routes.first { $0.path == .exact(path) && $0.methods == ["POST"] }
    )
    return await route.handler(
      ServerRequest(
        method: "POST",
        path: path,
        query: query,
        headers: ["Content-Type": "application/x-www-form-urlencoded"],
        body: Array(body.utf8),
        remoteAddress: address,
        role: nil,
        isSecure: isSecure
      )
    )
  }

  @Test func `who knows a token goes on to where he wanted to go`() async throws {
    let answer = try await Self.post("token=+o-secret-of-ops%0A&next=%2Fgraph%3Fquery%3Dup")
    #expect(answer.status == 303)
    #expect(answer.headers["Location"] == "/graph?query=up")
    let cookie = try #require(answer.headers["Set-Cookie"])
    #expect(cookie.hasPrefix("hvsmon_session=") && cookie.contains("; HttpOnly; SameSite=Lax"))
    #expect(!cookie.contains("Secure"))
    let secure = try await Self.post("token=o-secret-of-ops", isSecure: true)
    #expect(secure.headers["Set-Cookie"]?.hasSuffix("; Secure") == true)
  }

  @Test(arguments: [
    "//evil.example", "https://evil.example", "/\\evil", "/a b", "/\u{0}", "", "x", "/login?next=/",
    "/" + String(repeating: "a", count: 3_000),
  ])
  func `nobody is sent to another server`(_ next: String) {
    #expect(LoginRoutes.next([ServerRequest.Parameter(name: "next", value: next)]) == "/")
  }

  @Test func `a wrong token is told so, without showing it`() async throws {
    let answer = try await Self.post("token=%3Cb%3Ewrong")
    let html = String(decoding: answer.body, as: UTF8.self)
    #expect(answer.status == 403 && answer.headers["Set-Cookie"] == nil)
    #expect(html.contains("role=\"alert\"") && html.contains("No token of the settings"))
    #expect(!html.contains("wrong"))
  }

  @Test func `guessing comes to an end`() async throws {
    let closed = Mutex<[String]>([])
    let routes = LoginRoutes(sessions: Self.sessions) { address in
      closed.withLock { $0.append(address) }
    }
    for _ in 0..<LoginRoutes.failuresMax {
      #expect(try await Self.post("token=a", routes).status == 403)
    }
    for _ in 0..<3 { #expect(try await Self.post("token=a", routes).status == 429) }
    #expect(try await Self.post("token=o-secret-of-ops", routes).status == 429)
    #expect(closed.withLock { $0 } == ["192.0.2.1"])
    // Who is elsewhere logs in all the same.
    #expect(
      try await Self.post("token=o-secret-of-ops", routes, from: "192.0.2.2").status == 303
    )
  }

  @Test func `wrong tokens are counted for a minute, from each of many addresses`() {
    let wrong = WrongTokens(countMax: 2)
    var told = (0..<2).map { _ in wrong.note(from: "a", at: 100) }
    #expect(told == [false, true])
    #expect(!wrong.isOpen(to: "a", at: 159) && wrong.isOpen(to: "a", at: 160))
    #expect(wrong.isOpen(to: "a", at: 99))
    for number in 0..<WrongTokens.addressesMax { _ = wrong.note(from: "\(number)", at: 200) }
    #expect(wrong.isOpen(to: "x", at: 200))
    told = ["x", "y"].map { wrong.note(from: $0, at: 200) }
    #expect(told == [false, true])
    // All that have no count of their own share one; the others keep theirs.
    #expect(!wrong.isOpen(to: "z", at: 200) && wrong.isOpen(to: "7", at: 200))
    #expect(wrong.isOpen(to: "z", at: 260))
  }

  @Test func `blanks within a token belong to it`() async throws {
    let answer = try await Self.post("token=%20correct+horse+battery+staple%0D%0A")
    #expect(answer.status == 303)
  }

  @Test func `a token in an address is not taken`() async throws {
    let token = ServerRequest.Parameter(name: "token", value: "o-secret-of-ops")
    #expect(try await Self.post("next=%2F", query: [token]).status == 403)
  }

  @Test func `logging out takes the cookie back`() async throws {
    let answer = try await Self.post("", to: "/logout")
    #expect(answer.status == 303)
    #expect(answer.headers["Set-Cookie"]?.contains("hvsmon_session=; Path=/; Max-Age=0") == true)
  }

  @Test func `where no token is needed the page says so`() async throws {
    let routes = LoginRoutes(sessions: nil)
    let route = try #require(routes.routes.first)
    let answer = await route.handler(ServerRequest(path: "/login"))
    #expect(String(decoding: answer.body, as: UTF8.self).contains("No token is needed here"))
    #expect(try await Self.post("token=a", routes).headers["Location"] == "/")
  }
}
