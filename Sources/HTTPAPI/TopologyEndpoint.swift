// SPDX-License-Identifier: MIT
import Net

/// What the cluster is by now, and whether a part of it may be stopped.
enum TopologyEndpoint {
  /// Names longer than this are not looked for.
  static let nameBytesMax = 1_024

  static func routes(over ports: ClusterPorts) -> [HTTPRoute] {
    [
      HTTPRoute(["GET"], .exact("/api/hvsmon/v1/topology")) { _ in
        ports.topology().map { .json($0) } ?? notYet
      },
      HTTPRoute(["GET"], .exact("/api/hvsmon/v1/safe-to-stop")) { request in
        stopAnswer(request, ports)
      },
    ]
  }

  private static func stopAnswer(_ request: ServerRequest, _ ports: ClusterPorts) -> ServerResponse
  {
    let names = request.query.filter { $0.name == "component" }.map(\.value)
    guard names.count == 1, let name = names.first, !name.isEmpty else {
      return failure(
        "bad_data",
        "parameter \"component\" must be given once: a node, or a guest by number or name",
        status: 400
      )
    }
    guard name.utf8.count <= nameBytesMax else {
      return failure(
        "bad_data",
        "parameter \"component\" is longer than \(nameBytesMax) bytes",
        status: 400
      )
    }
    switch ports.stopVerdict(name) {
    case .notYet: return notYet
    case .noSuchComponent:
      return failure("not_found", "there is no node, guest or member \"\(name)\"", status: 404)
    case .ambiguous(let names):
      let list = names.joined(separator: ", ")
      return failure(
        "bad_data",
        "\"\(name)\" is ambiguous, name one of: \(list)",
        status: 400
      )
    case .verdict(let bytes): return .json(bytes)
    }
  }

  private static let notYet = failure(
    "unavailable",
    "the cluster has not been looked at yet; ask again in a few seconds",
    status: 503
  )

  private static func failure(_ type: String, _ message: String, status: Int) -> ServerResponse {
    .json(APIEnvelope.failure(type, message), status: status)
  }
}
