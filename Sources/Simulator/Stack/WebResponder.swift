// SPDX-License-Identifier: MIT
import Net
import Synchronization

/// The web servers of a simulated cluster.
enum WebResponder {
  /// An nginx with a status page.
  static func loadBalancer(_ guest: ClusterPlan.Guest) -> SimulatedService.Draft {
    SimulatedService.Draft(name: guest.name, address: guest.address) {
      let counters = StubStatusCounters()
      return [
        HTTPRoute(["GET"], .exact("/nginx_status"), role: nil) { _ in
          .data(Array(counters.nextPage().utf8), type: "text/plain")
        }
      ]
    }
  }

  /// An app with one page, which it cannot make while it is broken.
  static func app(
    _ guest: ClusterPlan.Guest,
    isBroken: @escaping @Sendable () -> Bool
  ) -> SimulatedService.Draft {
    SimulatedService.Draft(name: guest.name, address: guest.address) {
      [HTTPRoute(["GET"], .exact("/"), role: nil) { _ in page(status: isBroken() ? 500 : 200) }]
    }
  }

  /// What users reach; no status means that nobody is there to answer.
  static func site(
    address: String,
    status: @escaping @Sendable () -> Int?
  ) -> SimulatedService.Draft {
    SimulatedService.Draft(name: "site", address: address) {
      [HTTPRoute(["GET"], .exact("/"), role: nil) { _ in page(status: status() ?? 503) }]
    }
  }

  private static func page(status: Int) -> ServerResponse {
    switch status {
    case 200: .data(Array("<!doctype html><title>shop</title>\n".utf8), type: "text/html")
    case 502: .text("Bad Gateway\n", status: 502)
    default: .text("Internal Server Error\n", status: status)
    }
  }
}

/// The counters of one nginx process: they begin at zero when it starts.
private final class StubStatusCounters: Sendable {
  private let requests = Mutex(0)

  /// The page as nginx writes it: every number line ends in a blank.
  func nextPage() -> String {
    let count = requests.withLock { requests in
      // A shop with few users: some requests between two looks at the page.
      requests += 7
      return requests
    }
    return """
      Active connections: 3\u{20}
      server accepts handled requests
       \(count / 3 + 1) \(count / 3 + 1) \(count)\u{20}
      Reading: 0 Writing: 1 Waiting: 2\u{20}

      """
  }
}
