// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Testing

@testable import Simulator

/// Tuesday, 2026-11-24 09:15:00 in Berlin, the instant of the fixtures.
let tuesday = Timestamp(wholeSeconds: 1_795_508_100)

extension Timestamp {
  /// This instant so many seconds later.
  func plus(_ seconds: Int) -> Timestamp { self + .seconds(seconds) }
}

/// A world that begins on that Tuesday, and questions to its Proxmox API without a socket.
struct Questions {
  static let reference = Result { try ProxmoxCertificates(plan: .reference) }

  var world: SimulatedWorld
  let certificates: ProxmoxCertificates
  let token = ProxmoxToken(seed: 7)

  init(plan: ClusterPlan = .reference) throws {
    world = SimulatedWorld(plan: plan, seed: 7, start: tuesday)
    certificates =
      plan == .reference ? try Self.reference.get() : try ProxmoxCertificates(plan: plan)
  }

  /// What a node answers at an instant.
  func answer(
    _ path: String,
    _ query: [String: String] = [:],
    method: String = "GET",
    of viewer: String = "CoolerHostname",
    authorization: String? = nil,
    at instant: Timestamp
  ) -> ProxmoxAnswer {
    let face = ProxmoxFace(
      world: world,
      token: token,
      certificates: certificates,
      viewer: viewer,
      now: instant
    )
    return face.answer(
      to: ServerRequest(
        method: method,
        path: "/api2/json" + path,
        query: query.map { .init(name: $0, value: $1) },
        headers: ["Authorization": authorization ?? token.authorization]
      )
    )
  }

  /// The data of a good answer.
  func data(
    _ path: String,
    _ query: [String: String] = [:],
    of viewer: String = "CoolerHostname",
    at instant: Timestamp,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> JSONTree {
    let answer = answer(path, query, of: viewer, at: instant)
    #expect(answer.status == 200, "\(path)", sourceLocation: sourceLocation)
    let body = try #require(answer.body, sourceLocation: sourceLocation)
    return try #require(try JSONReader.read(body.bytes)["data"], sourceLocation: sourceLocation)
  }

  /// The row of `/cluster/resources` with that identity.
  func resource(
    _ id: String,
    of viewer: String = "CoolerHostname",
    at instant: Timestamp
  ) throws -> JSONTree {
    let rows = try data("/cluster/resources", of: viewer, at: instant).items
    return try #require(rows.first { $0["id"]?.string == id })
  }
}

extension JSONTree {
  /// The item of a list whose member has that value.
  func row(_ name: String, _ value: String) throws -> JSONTree {
    try #require(items.first { $0[name]?.string == value })
  }
}
