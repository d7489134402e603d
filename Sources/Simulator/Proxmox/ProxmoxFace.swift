// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// What one node of a world answers at one instant: pure.
struct ProxmoxFace {
  /// A refused login is answered late.
  static let refusalDelay = Duration.seconds(3)
  /// A neighbour without power is noticed when nobody answers for its address.
  static let noRouteDelay = Duration.seconds(3)
  /// How long a node waits for a neighbour that took the connection and says nothing.
  static let forwardDelay = Duration.seconds(30)
  /// A storage that cannot be reached holds up the list of all.
  static let deadStorageDelay = Duration.seconds(2)

  let world: SimulatedWorld
  let token: ProxmoxToken
  let certificates: ProxmoxCertificates
  /// The node that is asked.
  let viewer: String
  let now: Timestamp
  let rights: ProxmoxRights

  init(
    world: SimulatedWorld,
    token: ProxmoxToken,
    certificates: ProxmoxCertificates,
    viewer: String,
    now: Timestamp
  ) {
    self.world = world
    self.token = token
    self.certificates = certificates
    self.viewer = viewer
    self.now = now
    rights = ProxmoxRights(world: world, at: now)
  }

  /// Data, and for lists that come in pages their whole length.
  struct Reply {
    let data: ReplyTree
    var total: Int?
    var delay: Duration = .zero

    init(_ data: ReplyTree, total: Int? = nil, delay: Duration = .zero) {
      self.data = data
      self.total = total
      self.delay = delay
    }
  }

  func answer(to request: ServerRequest) -> ProxmoxAnswer {
    var answer: ProxmoxAnswer
    do throws(ProxmoxRefusal) {
      let reply = try reply(to: request)
      var members: [ReplyTree.Member] = [.init(name: "data", value: reply.data)]
      if let total = reply.total { members.append(.init(name: "total", value: .integer(total))) }
      answer = ProxmoxAnswer(status: 200, body: .object(members), delay: reply.delay)
    } catch {
      answer = error.answer
    }
    for period in world.periods where period.contains(now) {
      if case .apiSlow(let delay) = period.fault { answer.delay += delay }
    }
    return answer
  }

  private func reply(to request: ServerRequest) throws(ProxmoxRefusal) -> Reply {
    // The one page that asks for no token.
    if request.path == "/favicon.ico" { return Reply(.null) }
    guard request.headers["Authorization"] == token.authorization,
      !world.has(.tokenRefused, at: now)
    else { throw ProxmoxRefusal(status: 401, delay: Self.refusalDelay) }
    let prefix = "/api2/json/"
    let path = String(request.path.dropFirst(prefix.count - 1))
    guard request.path.hasPrefix(prefix), request.method == "GET" else {
      throw .unknownPath(path, method: request.method)
    }
    let parts = path.split(separator: "/").map(String.init)
    switch parts.first {
    case "version" where parts.count == 1: return Reply(Self.version)
    case "access" where parts == ["access", "permissions"]: return Reply(rights.reply)
    case "cluster": return try clusterReply(Array(parts.dropFirst()), request.query)
    case "nodes" where parts.count == 1: return Reply(nodeList())
    case "nodes": return try nodeReply(parts[1], Array(parts.dropFirst(2)), request.query)
    default: throw .unknownPath(path)
    }
  }

  /// The same on every node.
  static let version: ReplyTree = [
    "version": "9.2.11", "release": "9.2", "repoid": "51a7ed0000000001",
  ]

  // MARK: /cluster

  private func clusterReply(
    _ parts: [String],
    _ query: [ServerRequest.Parameter]
  ) throws(ProxmoxRefusal) -> Reply {
    switch parts {
    case ["resources"]: return Reply(try resources(type: query["type"]))
    case ["tasks"]: return Reply(clusterTasks())
    case ["replication"]: return Reply(replicationJobs())
    case ["ceph", "status"]:
      guard rights.seesSystem || rights.seesStorages else { throw .forbidden("/", "Sys.Audit") }
      throw .failed("binary not installed: /usr/bin/ceph-mon")
    default: break
    }
    // Everything else asks for Sys.Audit on the root.
    guard rights.seesSystem else { throw .forbidden("/", "Sys.Audit") }
    switch parts {
    case ["status"]: return Reply(clusterStatus())
    case ["config", "nodes"]: return Reply(configuredNodes())
    case ["config", "qdevice"]: return Reply([:])
    case ["backup"]: return Reply([backupJob()])
    case ["backup", world.plan.backupJob.id]: return Reply(backupJob())
    case ["backup", world.plan.backupJob.id, "included_volumes"]: return Reply(includedVolumes())
    case ["backup-info", "not-backed-up"]: return Reply(guestsWithoutBackup())
    case ["ha", "status", "current"]: return Reply(availabilityStatus())
    case ["ha", "status", "manager_status"]: return Reply(managerStatus())
    case ["ha", "resources"]: return Reply(managedResources())
    default: throw .unknownPath("/cluster/" + parts.joined(separator: "/"))
    }
  }

  // MARK: /nodes/{node}

  private func nodeReply(
    _ name: String,
    _ parts: [String],
    _ query: [ServerRequest.Parameter]
  ) throws(ProxmoxRefusal) -> Reply {
    guard let node = world.plan.node(name) else {
      throw .failed("hostname lookup '\(name)' failed - failed to get address info for: \(name)")
    }
    // The answering node forwards what is about another one; the answer's body is then empty.
    if name != viewer {
      guard world.isUp(node: name, at: now) else {
        throw ProxmoxRefusal(status: 595, delay: Self.noRouteDelay)
      }
      guard !world.has(.nodeHung(name), at: now) else {
        throw ProxmoxRefusal(status: 596, delay: Self.forwardDelay)
      }
    }
    switch parts.first {
    case "version" where parts.count == 1: return Reply(Self.version)
    case "lxc": return try guestReply(node, .container, Array(parts.dropFirst()), query)
    case "qemu": return try guestReply(node, .virtualMachine, Array(parts.dropFirst()), query)
    case "storage": return try storageReply(node, Array(parts.dropFirst()), query)
    case "tasks": return try taskReply(node, Array(parts.dropFirst()), query)
    case "replication" where parts.count == 1: return Reply(replicationStates(on: node))
    case "certificates" where parts == ["certificates", "info"]:
      return Reply(certificateList(of: node))
    case "subscription" where parts.count == 1: return Reply(subscription())
    case "apt" where parts == ["apt", "update"]:
      throw .forbidden("/nodes/\(name)", "Sys.Modify")
    default: break
    }
    guard rights.seesSystem else { throw .forbidden("/nodes/\(name)", "Sys.Audit") }
    switch parts {
    case ["status"]: return Reply(nodeStatus(node))
    case ["time"]: return Reply(nodeTime())
    case ["services"]: return Reply(services(on: node))
    case ["rrddata"]: return Reply(nodeHistory(node))
    case ["disks", "list"]: return Reply(disks(of: node))
    default: throw .unknownPath("/nodes/\(name)/" + parts.joined(separator: "/"))
    }
  }

  /// Proxmox keeps some lists in hash tables, so their order says nothing and changes.
  func shuffled(_ rows: [ReplyTree], _ key: String) -> ReplyTree {
    guard rows.count > 1 else { return .list(rows) }
    let turn = Int(world.noise.bits(key, now.wholeSeconds / 10) % UInt64(rows.count))
    return .list(Array(rows[turn...] + rows[..<turn]))
  }
}
