// SPDX-License-Identifier: MIT
package import Net
import Snapshot
import Synchronization

/// The pages, what they are made of, and the stream that keeps them up to date.
package enum PageRoutes {
  /// Pages that are kept up to date at the same time; more ask from time to time instead.
  package static let streamsMax = 64
  /// Where to log in.
  package static let loginPath = "/login"

  /// Makes the routes.
  package static func routes(over ports: PagePorts) -> [HTTPRoute] {
    let streams = StreamCount()
    return [
      page("/", .page, ports), page("/wall", .wall, ports),
      HTTPRoute(.exact("/events")) { request in
        let kind = request.query["kind"].flatMap { PageDocument.Kind(rawValue: $0) } ?? .page
        return events(kind, ports, streams)
      },
      asset("/assets/page.css", "text/css; charset=utf-8", PackageResources.page_css),
      script("/assets/page.js", PackageResources.page_js),
      script("/assets/graph.js", PackageResources.graph_js),
      script("/assets/login.js", PackageResources.login_js),
    ]
      + AlertRoutes(ports: ports).routes + GraphRoutes(ports: ports).routes
      + LoginRoutes(sessions: ports.sessions, noteClosed: ports.loginClosed).routes
      + Level.allCases.map { level in
        asset(
          "/assets/\(level.styleClass).svg",
          "image/svg+xml",
          Array(PageDocument.icon(level).utf8)
        )
      }
  }

  /// Nothing from another host, nothing inline, and no frame around it (W3C Content Security Policy
  /// Level 3).
  private static let policy = [
    "default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self'",
    "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
  ].joined(separator: "; ")

  private static func page(
    _ path: String,
    _ kind: PageDocument.Kind,
    _ ports: PagePorts
  ) -> HTTPRoute {
    HTTPRoute(.exact(path)) { request in
      var response = html(PageDocument.html(kind, await ports.snapshot()))
      let isSecure = LoginRoutes.isSecure(request)
      if let cookie = ports.sessions?.renewedCookie(request.headers, isSecure: isSecure) {
        response.headers["Set-Cookie"] = cookie
      }
      return response
    }
  }

  /// A page as it is sent.
  static func html(_ text: String, status: Int = 200) -> ServerResponse {
    ServerResponse(
      status: status,
      headers: [
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
      ],
      body: Array(text.utf8)
    )
  }

  /// Sends the browser on to a path of this server, by GET.
  static func redirect(to path: String) -> ServerResponse {
    var response = ServerResponse.text("see \(path)\n", status: 303)
    response.headers["Location"] = path
    response.headers["Cache-Control"] = "no-store"
    return response
  }

  private static func script(_ path: String, _ bytes: [UInt8]) -> HTTPRoute {
    asset(path, "text/javascript; charset=utf-8", bytes)
  }

  /// The same for everybody: no token is asked for.
  private static func asset(_ path: String, _ type: String, _ bytes: [UInt8]) -> HTTPRoute {
    HTTPRoute(.exact(path), role: nil) { _ in
      ServerResponse(
        headers: [
          "Content-Type": type, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache",
        ],
        body: bytes
      )
    }
  }

  private static func events(
    _ kind: PageDocument.Kind,
    _ ports: PagePorts,
    _ streams: StreamCount
  ) -> ServerResponse {
    guard streams.enter(atMost: streamsMax) else {
      return .text("\(streamsMax) pages are kept up to date already; ask again\n", status: 503)
    }
    let snapshots = ports.snapshots()
    let (pieces, continuation) = AsyncStream.makeStream(
      of: [UInt8].self,
      bufferingPolicy: .bufferingNewest(4)
    )
    // Ended by the server, which lets go of the pieces when the reader is gone.
    let task = Task {
      var text = LiveText(kind)
      for await snapshot in snapshots { continuation.yield(text.event(snapshot)) }
      continuation.finish()
    }
    continuation.onTermination = { _ in
      task.cancel()
      streams.leave()
    }
    var response = ServerResponse.stream(pieces, type: "text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
  }
}

/// How many pages are kept up to date.
private final class StreamCount: Sendable {
  private let count = Mutex(0)

  func enter(atMost limit: Int) -> Bool {
    count.withLock { count in
      guard count < limit else { return false }
      count += 1
      return true
    }
  }

  func leave() { count.withLock { $0 -= 1 } }
}
