// SPDX-License-Identifier: MIT
package import Logging
package import Net
package import RemoteShell
import Synchronization

/// What collectors are given to reach the outside; made anew with each load of the settings.
package struct CollectorServices: Sendable {
  /// The client for HTTP.
  package let http: HTTPClient
  /// What opens connections for other protocols.
  package let streams: StreamConnector
  /// Where a collector says once what the user must mend; what it finds is samples, not lines.
  package let logger: Logger
  /// The connections by ssh; nil when the system has no descriptors left.
  package let ssh: SSHConnections?
  /// What collectors share with each other.
  package let shared = SharedParts()

  /// Names the services; no connection is made before a collector asks.
  package init(
    http: HTTPClient,
    streams: StreamConnector = StreamConnector(),
    logger: Logger = Logger(area: "collectors"),
    ssh: SSHConnections? = SSHConnections()
  ) {
    self.http = http
    self.streams = streams
    self.logger = logger
    self.ssh = ssh
  }

  /// Ends the connections by ssh; the client for HTTP belongs to somebody else.
  package func stop() async { await ssh?.stop() }
}

/// Values that the collectors of one load of the settings share: one of each type.
package final class SharedParts: Sendable {
  private let parts = Mutex<[ObjectIdentifier: any Sendable]>([:])

  /// The value of this type, made by the first who asks for it.
  ///
  /// - Parameters:
  ///   - type: What is wanted.
  ///   - make: Makes it; must not ask for another part.
  /// - Returns: The same object for all.
  package func part<Part: AnyObject & Sendable>(_ type: Part.Type, make: () -> Part) -> Part {
    parts.withLock { parts in
      if let known = parts[ObjectIdentifier(type)] as? Part { return known }
      let made = make()
      parts[ObjectIdentifier(type)] = made
      return made
    }
  }
}
