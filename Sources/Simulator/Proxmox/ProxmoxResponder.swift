// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// The Proxmox API of each node over HTTPS.
struct ProxmoxResponder: Sendable {
  /// pveproxy closes a connection on which nothing moves for so long.
  private static let idleLimit = Duration.seconds(5)
  /// A node that hangs takes longer than anybody waits.
  private static let hangDelay = Duration.seconds(110)

  let world: @Sendable () -> SimulatedWorld
  let token: ProxmoxToken
  let certificates: ProxmoxCertificates
  let clock: any TimeSource

  /// The server of one node.
  func draft(_ node: ClusterPlan.Node) -> SimulatedService.Draft {
    SimulatedService.Draft(
      name: node.name,
      address: node.address,
      tls: certificates.nodes[node.name]?.identity,
      idleLimit: Self.idleLimit
    ) {
      [
        HTTPRoute(["GET", "POST", "PUT", "DELETE"], .prefix("/"), role: nil) { request in
          await response(to: request, node: node.name)
        }
      ]
    }
  }

  private func response(to request: ServerRequest, node: String) async -> ServerResponse {
    let world = world()
    let face = ProxmoxFace(
      world: world,
      token: token,
      certificates: certificates,
      viewer: node,
      now: clock.now
    )
    let answer = face.answer(to: request)
    let delay = world.has(.nodeHung(node), at: clock.now) ? Self.hangDelay : answer.delay
    if delay > .zero {
      do {
        try await Task.sleep(for: delay)
      } catch {
        // Nobody waits for the answer any more.
        return ServerResponse(status: 503)
      }
    }
    var response = ServerResponse(
      status: answer.status,
      headers: answer.body == nil ? [:] : ["Content-Type": "application/json;charset=UTF-8"],
      body: answer.body?.bytes ?? []
    )
    // pveproxy keeps no connection after an answer that is not a good one.
    if answer.status >= 400 { response.headers["Connection"] = "close" }
    return response
  }
}
