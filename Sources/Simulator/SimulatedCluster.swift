// SPDX-License-Identifier: MIT
package import Net
import Synchronization

/// Two load balancers and an app on loopback, with switches for their faults.
package final class SimulatedCluster: Sendable {
  /// The load balancers, each answering `/nginx_status`.
  package let loadBalancers: [SimulatedService]
  /// The app, answering `/`.
  package let app: SimulatedService
  private let isAppBroken: BrokenSwitch

  /// Starts everything.
  package init() throws(HTTPServerError) {
    let broken = BrokenSwitch()
    var balancers: [SimulatedService] = []
    for name in ["nginx1", "nginx2"] {
      balancers.append(
        try SimulatedService(name: name) {
          let counters = StubStatusCounters()
          return [
            HTTPRoute(["GET"], .exact("/nginx_status"), role: nil) { _ in
              .data(Array(counters.nextPage().utf8), type: "text/plain")
            }
          ]
        }
      )
    }
    loadBalancers = balancers
    isAppBroken = broken
    app = try SimulatedService(name: "webapp1") {
      [
        HTTPRoute(["GET"], .exact("/"), role: nil) { _ in
          broken.isOn
            ? .text("Internal Server Error\n", status: 500)
            : .data(Array("<!doctype html><title>shop</title>\n".utf8), type: "text/html")
        }
      ]
    }
  }

  /// Makes the app answer with HTTP status 500, or work again.
  package func setAppBroken(_ isBroken: Bool) {
    isAppBroken.isOn = isBroken
  }

  /// Stops everything.
  package func stop() async {
    for service in loadBalancers + [app] { await service.stop() }
  }
}

/// A switch that a route reads while the story turns it.
private final class BrokenSwitch: Sendable {
  private let state = Mutex(false)

  var isOn: Bool {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
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
