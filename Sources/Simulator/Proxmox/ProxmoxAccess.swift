// SPDX-License-Identifier: MIT
import MetricModel
package import Net

/// The API token of a simulated cluster.
package struct ProxmoxToken: Equatable, Sendable {
  /// `user@realm!name`.
  package let id: String
  /// The secret part; it opens nothing but a simulation.
  package let secret: String

  /// A token whose secret has the form of a UUID and follows from the seed.
  package init(id: String = "hvsmon@pve!monitor", seed: UInt64) {
    let noise = SeededNoise(seed: seed)
    let digits = (0..<2).map { half in
      let text = String(noise.bits("token", Int64(half)), radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }.joined()
    self.id = id
    let lengths = [8, 4, 4, 4, 12]
    var rest = digits[...]
    secret = lengths.map { length in
      defer { rest = rest.dropFirst(length) }
      return String(rest.prefix(length))
    }.joined(separator: "-")
  }

  /// The value of the `Authorization` field.
  package var authorization: String { "PVEAPIToken=\(id)=\(secret)" }
}

/// The certificates of a simulated cluster: one authority, one certificate for each node.
package struct ProxmoxCertificates: Sendable {
  /// The cluster's authority.
  package let authority: IssuedCertificate
  /// What each node shows, by the node's name.
  package let nodes: [String: IssuedIdentity]

  /// Makes them anew.
  package init(plan: ClusterPlan) throws(CertificateError) {
    let maker = try CertificateAuthority(
      commonName: "Simulated Virtual Environment",
      organization: "Simulated Cluster Manager CA"
    )
    var nodes: [String: IssuedIdentity] = [:]
    for node in plan.nodes {
      nodes[node.name] = try maker.issue(
        commonName: "\(node.name).example.internal",
        organization: "Simulated Virtual Environment",
        names: ["127.0.0.1", "::1", "localhost", node.address, node.name]
      )
    }
    authority = maker.certificate
    self.nodes = nodes
  }
}

/// What the token may see; Proxmox filters lists and refuses single things.
struct ProxmoxRights {
  let privileges: Set<Privilege>
  /// Whether the rights begin at `/` rather than at `/vms`.
  let isAtRoot: Bool

  init(world: SimulatedWorld, at instant: Timestamp) {
    privileges = Set(
      Privilege.allCases.filter { !world.has(.privilegeMissing($0), at: instant) }
    )
    isAtRoot = !world.has(.rightsOnGuestsOnly, at: instant)
  }

  var seesSystem: Bool { isAtRoot && privileges.contains(.system) }
  var seesGuests: Bool { privileges.contains(.guests) }
  var seesStorages: Bool { isAtRoot && privileges.contains(.storages) }

  /// GET /access/permissions: each path with its privileges; 1 says that they reach further down.
  var reply: ReplyTree {
    guard !privileges.isEmpty else { return [:] }
    // What else the role PVEAuditor of Proxmox VE 9 lets a token see.
    let others = ["Mapping.Audit", "Pool.Audit", "SDN.Audit", "VM.GuestAgent.Audit"]
    let names = (privileges.map(\.rawValue) + others).sorted()
    let own = ReplyTree.object(names.map { .init(name: $0, value: 1) })
    let all = ["/", "/access", "/access/groups", "/mapping", "/nodes", "/pool", "/sdn", "/storage"]
    let paths = (isAtRoot ? all : []) + ["/vms"]
    return .object(paths.map { .init(name: $0, value: own) })
  }
}

/// What the Proxmox API answers.
struct ProxmoxAnswer: Sendable {
  let status: Int
  /// Nil: an empty body.
  let body: ReplyTree?
  /// How long the answer takes.
  var delay: Duration
}

/// A question that is not answered with data.
struct ProxmoxRefusal: Error {
  let status: Int
  /// Nil: an empty body, as with everything that happens before or behind the handler.
  var message: String?
  var errors: ReplyTree?
  var delay: Duration = .zero

  static func forbidden(_ path: String, _ privilege: String) -> ProxmoxRefusal {
    ProxmoxRefusal(status: 403, message: "Permission check failed (\(path), \(privilege))")
  }

  static func failed(_ message: String) -> ProxmoxRefusal {
    ProxmoxRefusal(status: 500, message: message)
  }

  static func unknownPath(_ path: String, method: String = "GET") -> ProxmoxRefusal {
    ProxmoxRefusal(status: 501, message: "Method '\(method) \(path)' not implemented")
  }

  static func badParameter(_ name: String, _ reason: String) -> ProxmoxRefusal {
    ProxmoxRefusal(
      status: 400,
      message: "Parameter verification failed.",
      errors: .object([.init(name: name, value: .text(reason))])
    )
  }

  var answer: ProxmoxAnswer {
    let body = message.map { message in
      var members: [ReplyTree.Member] = [.init(name: "data", value: .null)]
      if let errors { members.append(.init(name: "errors", value: errors)) }
      members.append(.init(name: "message", value: .text(message + "\n")))
      return ReplyTree.object(members)
    }
    return ProxmoxAnswer(status: status, body: body, delay: delay)
  }
}
