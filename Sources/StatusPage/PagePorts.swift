// SPDX-License-Identifier: MIT
package import Net
package import Snapshot

/// What pages ask.
package struct PagePorts: Sendable {
  let snapshot: @Sendable () async -> ClusterSnapshot
  let snapshots: @Sendable () -> AsyncStream<ClusterSnapshot>
  let api: @Sendable (ServerRequest) async -> ServerResponse
  let sessions: LoginSessions?

  /// Names the ports.
  ///
  /// - Parameters:
  ///   - snapshot: How the cluster stands now.
  ///   - snapshots: The same about once a second, until nobody listens.
  ///   - api: What the endpoints for programs answer, asked in the name of who asks for a page.
  ///   - sessions: Who may log in; nil where no token is needed.
  package init(
    snapshot: @escaping @Sendable () async -> ClusterSnapshot,
    snapshots: @escaping @Sendable () -> AsyncStream<ClusterSnapshot>,
    api: @escaping @Sendable (ServerRequest) async -> ServerResponse,
    sessions: LoginSessions? = nil
  ) {
    self.snapshot = snapshot
    self.snapshots = snapshots
    self.api = api
    self.sessions = sessions
  }
}

extension ServerRequest {
  /// A question to an endpoint in the name of who sent this.
  func asking(
    _ path: String,
    _ query: [Parameter] = [],
    method: String = "GET",
    headers: HTTPHeaders = [:],
    body: [UInt8] = []
  ) -> ServerRequest {
    ServerRequest(
      method: method,
      path: path,
      query: query,
      headers: headers,
      body: body,
      remoteAddress: remoteAddress,
      tokenName: tokenName,
      role: role
    )
  }
}
