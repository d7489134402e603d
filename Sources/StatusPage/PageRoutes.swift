// SPDX-License-Identifier: MIT
package import Net
package import Snapshot
import Synchronization

/// What pages ask.
package struct PagePorts: Sendable {
  let snapshot: @Sendable () async -> ClusterSnapshot
  let snapshots: @Sendable () -> AsyncStream<ClusterSnapshot>

  /// Names the ports.
  ///
  /// - Parameters:
  ///   - snapshot: How the cluster stands now.
  ///   - snapshots: The same about once a second, until nobody listens.
  package init(
    snapshot: @escaping @Sendable () async -> ClusterSnapshot,
    snapshots: @escaping @Sendable () -> AsyncStream<ClusterSnapshot>
  ) {
    self.snapshot = snapshot
    self.snapshots = snapshots
  }
}

/// The pages, what they are made of, and the stream that keeps them up to date.
package enum PageRoutes {
  /// Pages that are kept up to date at the same time; more ask from time to time instead.
  package static let streamsMax = 64

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
      asset("/assets/page.js", "text/javascript; charset=utf-8", PackageResources.page_js),
    ]
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
    HTTPRoute(.exact(path)) { _ in
      let html = PageDocument.html(kind, await ports.snapshot())
      return ServerResponse(
        headers: [
          "Content-Type": "text/html; charset=utf-8",
          "Content-Security-Policy": policy,
          "Referrer-Policy": "no-referrer",
          "X-Content-Type-Options": "nosniff",
          "Cache-Control": "no-store",
        ],
        body: Array(html.utf8)
      )
    }
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
