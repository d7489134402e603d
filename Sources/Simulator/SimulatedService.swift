// SPDX-License-Identifier: MIT
package import Net
import Synchronization

/// One loopback server that can be stopped and started again on the same port.
package final class SimulatedService: Sendable {
  /// The service's name in the story.
  package let name: String
  /// The port it listens on while it runs.
  package let port: UInt16
  private let makeRoutes: @Sendable () -> [HTTPRoute]
  private let server: Mutex<HTTPServer?>

  /// Starts a service on a free port; its answers are made anew at each start, as a restarted
  /// process would.
  init(
    name: String,
    makeRoutes: @escaping @Sendable () -> [HTTPRoute]
  ) throws(HTTPServerError) {
    self.name = name
    self.makeRoutes = makeRoutes
    let first = try HTTPServer.start(HTTPServerSettings(port: 0), routes: makeRoutes())
    port = first.port
    server = Mutex(first)
  }

  /// Stops listening and closes every connection.
  package func stop() async {
    let running = server.withLock { server in
      defer { server = nil }
      return server
    }
    await running?.stop(grace: .zero)
  }

  /// Listens again on the same port; does nothing while it runs.
  package func start() throws(HTTPServerError) {
    guard server.withLock({ $0 == nil }) else { return }
    let settings = HTTPServerSettings(port: port)
    let started = try HTTPServer.start(settings, routes: makeRoutes())
    server.withLock { $0 = started }
  }
}
