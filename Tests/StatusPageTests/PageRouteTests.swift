// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Snapshot
import Testing

@testable import StatusPage

@Suite struct PageRouteTests {
  private static func routes(
    _ snapshots: [ClusterSnapshot] = [PageTests.snapshot()]
  ) -> [HTTPRoute] {
    PageRoutes.routes(
      over: PagePorts(
        snapshot: { snapshots[0] },
        snapshots: {
          AsyncStream { continuation in
            for snapshot in snapshots { continuation.yield(snapshot) }
            continuation.finish()
          }
        },
        api: { _ in .text("", status: 404) },
        now: { PageTests.now }
      )
    )
  }

  private static func answer(
    _ path: String,
    _ routes: [HTTPRoute]
  ) async throws -> ServerResponse {
    let route = try #require(routes.first { $0.path == .exact(path) })
    return await route.handler(ServerRequest(path: path))
  }

  @Test(arguments: ["/", "/wall"])
  func `a page lets nothing in but its own`(_ path: String) async throws {
    let routes = Self.routes()
    let answer = try await Self.answer(path, routes)
    #expect(answer.status == 200)
    let policy = try #require(answer.headers["Content-Security-Policy"])
    #expect(policy.hasPrefix("default-src 'none'; "))
    #expect(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"))
    // A form's sender is told to this server alone, which looks at it.
    #expect(answer.headers["Referrer-Policy"] == "same-origin")
    #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
    // What is about the cluster wants a reader's token, what is about the looks does not.
    for route in routes {
      if case .exact(let path) = route.path {
        let isForAll = path.hasPrefix("/assets/") || path.hasPrefix("/log")
        let changes = path.hasPrefix("/alert/")
        #expect(route.role == (isForAll ? nil : changes ? .operate : .read))
        #expect(route.methods == ["GET"] || changes || path.hasPrefix("/log"))
      }
    }
  }

  @Test func `everything a page names is served`() async throws {
    let routes = Self.routes()
    let page = try await Self.answer("/", routes)
    let html = String(decoding: page.body, as: UTF8.self)
    for path in ["/assets/page.css", "/assets/page.js", "/assets/warning.svg", "/wall"] {
      #expect(html.contains("\"\(path)\""))
      #expect(!(try await Self.answer(path, routes)).body.isEmpty)
    }
  }

  private static func pieces(_ snapshots: [ClusterSnapshot]) async throws -> [String] {
    let answer = try await answer("/events", routes(snapshots))
    #expect(answer.headers["Content-Type"] == "text/event-stream; charset=utf-8")
    var pieces: [String] = []
    for await piece in try #require(answer.pieces) {
      pieces.append(String(decoding: piece, as: UTF8.self))
    }
    return pieces
  }

  @Test func `a page is sent anew only when it changes`() async throws {
    let first = PageTests.snapshot()
    var second = first
    second.time = PageTests.now + .seconds(1)
    second.freshness?.ageSeconds = 5
    second.nodes[0].condition.ageSeconds = 3
    var third = second
    third.nodes[0].condition = Condition(.ok, .working)
    let pieces = try await Self.pieces([first, second, third])
    #expect(pieces.count == 3)
    #expect(pieces[0].hasPrefix("event: page\ndata: {"))
    #expect(pieces[1].hasPrefix("event: beat\ndata: {\"time\":1796005681000,\"age\":5000}"))
    #expect(pieces[2].hasPrefix("event: page\n"))
    for piece in pieces {
      #expect(piece.hasSuffix("\n\n"))
      // An event is two lines, whatever stands in it.
      #expect(piece.split(separator: "\n").count == 2)
      let data = try #require(piece.split(separator: "\n").last).dropFirst("data: ".count)
      #expect(try JSONReader.read(Array(data.utf8))["time"] != nil)
    }
  }

  @Test func `more streams than the limit are refused`() async throws {
    let routes = PageRoutes.routes(
      over: PagePorts(
        snapshot: { ClusterSnapshot() },
        snapshots: { AsyncStream { _ in } },
        api: { _ in .text("", status: 404) },
        now: { PageTests.now }
      )
    )
    var open: [ServerResponse] = []
    for _ in 0..<PageRoutes.streamsMax {
      let answer = try await Self.answer("/events", routes)
      #expect(answer.status == 200)
      open.append(answer)
    }
    #expect(try await Self.answer("/events", routes).status == 503)
    withExtendedLifetime(open) {}
  }
}
