// SPDX-License-Identifier: MIT
package import MetricModel
package import Net
package import Snapshot

/// What pages ask.
package struct PagePorts: Sendable {
  let snapshot: @Sendable () async -> ClusterSnapshot
  let snapshots: @Sendable () -> AsyncStream<ClusterSnapshot>
  let api: @Sendable (ServerRequest) async -> ServerResponse
  let now: @Sendable () -> Timestamp
  let sessions: LoginSessions?
  let loginClosed: @Sendable (_ address: String) -> Void

  /// Names the ports.
  ///
  /// - Parameters:
  ///   - snapshot: How the cluster stands now.
  ///   - snapshots: The same about once a second, until nobody listens.
  ///   - api: What the endpoints for programs answer, asked in the name of who asks for a page.
  ///   - now: The present time.
  ///   - sessions: Who may log in; nil where no token is needed.
  ///   - loginClosed: Is told who showed so many wrong tokens that no more are looked at for a while.
  package init(
    snapshot: @escaping @Sendable () async -> ClusterSnapshot,
    snapshots: @escaping @Sendable () -> AsyncStream<ClusterSnapshot>,
    api: @escaping @Sendable (ServerRequest) async -> ServerResponse,
    now: @escaping @Sendable () -> Timestamp,
    sessions: LoginSessions? = nil,
    loginClosed: @escaping @Sendable (_ address: String) -> Void = { _ in }
  ) {
    self.snapshot = snapshot
    self.snapshots = snapshots
    self.api = api
    self.now = now
    self.sessions = sessions
    self.loginClosed = loginClosed
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
