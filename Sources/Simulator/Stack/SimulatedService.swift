// SPDX-License-Identifier: MIT
package import Net
import Synchronization

/// One loopback server that can be stopped and started again on the same port.
package final class SimulatedService: Sendable {
  /// The service's name in the scenario.
  package let name: String
  /// The loopback address it listens on.
  package let address: String
  /// The port it listens on while it runs.
  package let port: UInt16
  private let draft: Draft
  private let server: Mutex<HTTPServer?>

  /// What a service is like before it has a port.
  struct Draft: Sendable {
    let name: String
    let address: String
    var tls: HTTPServerSettings.TLSIdentity?
    /// A connection on which nothing moves for so long is closed.
    var idleLimit = Duration.seconds(60)
    /// Its answers are made anew at each start, as by a restarted process.
    let makeRoutes: @Sendable () -> [HTTPRoute]

    func settings(port: UInt16) -> HTTPServerSettings {
      HTTPServerSettings(
        host: address,
        port: port,
        tls: tls,
        connectionTimeout: idleLimit,
        // The longest that the simulation lets somebody wait.
        handlerDeadline: .seconds(120)
      )
    }
  }

  /// Starts a service; port 0 stands for a free one.
  init(_ draft: Draft, port: UInt16 = 0) throws(HTTPServerError) {
    self.draft = draft
    name = draft.name
    address = draft.address
    let first = try HTTPServer.start(draft.settings(port: port), routes: draft.makeRoutes())
    self.port = first.port
    server = Mutex(first)
  }

  /// Starts services that listen on one port, each on an address of its own.
  static func starting(_ drafts: [Draft]) throws(HTTPServerError) -> [SimulatedService] {
    var attemptsLeft = 16
    while true {
      do throws(HTTPServerError) {
        var services: [SimulatedService] = []
        for draft in drafts {
          services.append(try SimulatedService(draft, port: services.first?.port ?? 0))
        }
        return services
      } catch {
        // The port that was free on the first address is taken on another one.
        attemptsLeft -= 1
        guard case .addressInUse = error, attemptsLeft > 0 else { throw error }
      }
    }
  }

  /// Whether it listens.
  package var isRunning: Bool { server.withLock { $0 != nil } }

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
    guard !isRunning else { return }
    let started = try HTTPServer.start(draft.settings(port: port), routes: draft.makeRoutes())
    server.withLock { $0 = started }
  }
}
