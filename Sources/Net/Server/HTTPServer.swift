// SPDX-License-Identifier: MIT

/// Serves HTTP/1.1 on one address until it is stopped.
///
/// What it answers by itself: 401 and 403 (tokens), 404, 405 with Allow, 413 and 431 (limits), 503
/// (a handler past its deadline, too many unread answers, or the end), OPTIONS with 204, HEAD wherever GET is served.
package final class HTTPServer: Sendable {
  /// The port it listens on.
  package let port: UInt16
  private let core: ServerCore

  private init(core: ServerCore, port: UInt16) {
    self.core = core
    self.port = port
  }

  deinit {
    // The task ends by itself as soon as the connections are closed.
    Task { [core] in await core.stop(grace: .zero) }
  }

  /// Listens and begins to serve.
  ///
  /// - Parameters:
  ///   - settings: Address, tokens and limits.
  ///   - routes: The first one that fits a path and a method serves it.
  /// - Returns: The running server, which stops when it goes away.
  /// - Throws: ``HTTPServerError`` with what the user can do about it.
  package static func start(
    _ settings: HTTPServerSettings,
    routes: [HTTPRoute]
  ) throws(HTTPServerError) -> HTTPServer {
    let socket = try ListeningSocket(
      host: settings.host,
      port: settings.port,
      isOpenAllowed: !settings.tokens.isEmpty
    )
    let core = ServerCore(settings: settings, routes: routes)
    try core.start(socket: socket.descriptor)
    return HTTPServer(core: core, port: socket.port)
  }

  /// What it has done so far.
  package var statistics: HTTPServerStatistics { core.statistics }

  /// Stops listening, lets running requests end within `grace`, answers 503 to the rest, and
  /// returns when everything is closed; a second call waits for the first.
  package func stop(grace: Duration) async {
    await core.stop(grace: grace)
  }
}

/// Counts of one ``HTTPServer`` since its start.
package struct HTTPServerStatistics: Sendable, Equatable {
  /// Requests whose header was read.
  package var requests = 0
  /// Requests that are not answered yet.
  package var activeRequests = 0
  /// Requests that the server answered itself, by status: 401, 403, 404, 405, 413, 431, 503.
  package var refusals: [Int: Int] = [:]
}
