// SPDX-License-Identifier: MIT

/// Which requests go to which handler.
package struct HTTPRoute: Sendable {
  /// Which paths a route takes.
  package enum Path: Sendable, Hashable {
    /// This decoded path only.
    case exact(String)
    /// Every decoded path that begins so; exact paths and longer prefixes go first.
    case prefix(String)

    /// Whether it takes a decoded path.
    package func takes(_ path: String) -> Bool {
      switch self {
      case .exact(let own): own == path
      case .prefix(let own): path.hasPrefix(own)
      }
    }
  }

  /// Answers one request; when its task is cancelled nobody waits for the answer any more.
  package typealias Handler = @Sendable (ServerRequest) async -> ServerResponse

  /// Answers one request on the thread that reads requests, without waiting for anything but a disk;
  /// nil hands it to the handler.
  package typealias Shortcut = @Sendable (ServerRequest) -> ServerResponse?

  /// The methods in capital letters; GET includes HEAD, and OPTIONS is answered by the server.
  package let methods: Set<String>
  /// The paths.
  package let path: Path
  /// The least role that is let in; nil opens the route to anyone.
  package let role: AccessRole?
  /// Bytes of body that a request may have; nil: as many as the server takes in general.
  package let maxBodyBytes: Int?
  /// Answers requests that take less than handing them over does; nil when there are none.
  package private(set) var shortcut: Shortcut?
  /// Answers the requests.
  package let handler: Handler
  /// Pages of any other site may read the answers, without what a browser remembers of its user.
  package private(set) var isOpenToOtherSites = false
  /// What is not read is refused when a page of another site made the browser send it.
  private(set) var isClosedToOtherSites: Bool

  /// Makes a route; several routes may share a path with different methods.
  package init(
    _ methods: Set<String>,
    _ path: Path,
    role: AccessRole? = .read,
    maxBodyBytes: Int? = nil,
    handler: @escaping Handler
  ) {
    self.methods = methods
    self.path = path
    self.role = role
    self.maxBodyBytes = maxBodyBytes
    self.handler = handler
    isClosedToOtherSites = role ?? .read > .read
  }

  /// Makes a route for GET and HEAD.
  package init(_ path: Path, role: AccessRole? = .read, handler: @escaping Handler) {
    self.init(["GET"], path, role: role, handler: handler)
  }

  /// The same route, which first tries to answer at once.
  package func with(shortcut: @escaping Shortcut) -> HTTPRoute {
    var route = self
    route.shortcut = shortcut
    return route
  }

  /// The same route, which takes nothing that a page of another site made the browser send.
  package var closedToOtherSites: HTTPRoute {
    var route = self
    route.isClosedToOtherSites = true
    return route
  }

  /// The same route, whose answers pages of any other site may read.
  ///
  /// A browser shows them to a page only when it sent neither cookies nor a password it remembers: a
  /// page that knows a token may send it.
  package var openToOtherSites: HTTPRoute {
    var route = self
    route.isOpenToOtherSites = true
    return route
  }
}
