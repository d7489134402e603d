// SPDX-License-Identifier: MIT
import MetricModel

extension ProxmoxFace {
  private var isManaging: Bool { !world.plan.managedGuests.isEmpty }

  /// The node that leads the HA manager: the first that is there.
  private var leader: String {
    world.plan.nodes.first { world.isUp(node: $0.name, at: now) }?.name ?? viewer
  }

  /// What the HA manager calls a node.
  func availability(of node: String) -> String {
    guard !world.isOnline(node: node, seenBy: viewer, at: now) else { return "online" }
    let death = world.periods.last { $0.fault == .nodeDown(node) && $0.contains(now) }
    // A node that does not answer is fenced after its watchdog must have fired.
    return death.map { now - $0.begin >= .seconds(60) } ?? false ? "fence" : "unknown"
  }

  /// What the HA manager calls a guest.
  func availability(of guest: ClusterPlan.Guest) -> String {
    if world.has(.guestStopped(guest.vmID), at: now) { return "stopped" }
    let node = world.node(of: guest, at: now)
    return availability(of: node) == "online" ? "started" : "fence"
  }

  private var managed: [ClusterPlan.Guest] {
    world.plan.managedGuests.compactMap { world.plan.guest($0) }
  }

  private func serviceID(_ guest: ClusterPlan.Guest) -> String {
    (guest.kind == .container ? "ct:" : "vm:") + String(guest.vmID)
  }

  /// When a node's resource manager last wrote its state.
  private func lastSign(of node: String) -> Int64 {
    let death = world.periods.last { $0.fault == .nodeDown(node) && $0.contains(now) }
    return (death?.begin ?? now).wholeSeconds - 4
  }

  /// GET /cluster/ha/status/current.
  func availabilityStatus() -> ReplyTree {
    let isQuorate = world.isQuorate(seenBy: viewer, at: now)
    var rows: [ReplyTree] = [
      [
        "id": "quorum", "type": "quorum", "node": .text(viewer),
        "status": .text(isQuorate ? "OK" : "No quorum on node '\(viewer)'!"),
        "quorate": .flag(isQuorate),
      ]
    ]
    guard isManaging else {
      rows.append([
        "id": "fencing", "type": "fencing", "node": .text(viewer),
        "status": "standby (CRM watchdog standby)", "armed-state": "standby",
      ])
      return .list(rows)
    }
    func clock(_ seconds: Int64) -> String {
      BerlinCalendar.wallTime(atUnixSeconds: seconds).text()
    }
    let sign = lastSign(of: leader)
    rows.append([
      "id": "master", "type": "master", "node": .text(leader),
      "status": .text("\(leader) (active, \(clock(sign)))"), "timestamp": .integer(sign),
    ])
    rows.append([
      "id": "fencing", "type": "fencing", "node": .text(leader),
      "status": "armed (CRM watchdog active)", "armed-state": "armed",
    ])
    rows += world.plan.nodes.map { node in
      let sign = lastSign(of: node.name)
      let isOld = now.wholeSeconds - sign > 30
      let state = isOld ? "old timestamp - dead?" : "active"
      return [
        "id": .text("lrm:\(node.name)"), "type": "lrm", "node": .text(node.name),
        "status": .text("\(node.name) (\(state), \(clock(sign)))"), "timestamp": .integer(sign),
      ]
    }
    rows += managed.map { guest in
      let state = availability(of: guest)
      let node = world.node(of: guest, at: now)
      let isStopped = state == "stopped"
      return [
        "id": .text("service:\(serviceID(guest))"), "type": "service",
        "sid": .text(serviceID(guest)), "node": .text(node), "crm_state": .text(state),
        "state": .text(state), "request_state": .text(isStopped ? "stopped" : "started"),
        "status": .text("\(serviceID(guest)) (\(node), \(state))"), "max_restart": 1,
        "max_relocate": 1, "failback": 1,
      ]
    }
    return .list(rows)
  }

  /// GET /cluster/ha/status/manager_status.
  func managerStatus() -> ReplyTree {
    let quorum: ReplyTree = [
      "node": .text(viewer), "quorate": .flag(world.isQuorate(seenBy: viewer, at: now)),
    ]
    guard isManaging else { return ["manager_status": [:], "quorum": quorum] }
    let nodes = world.plan.nodes.map(\.name)
    return [
      "manager_status": [
        "master_node": .text(leader), "timestamp": .integer(lastSign(of: leader)),
        "node_status": .object(
          nodes.map { .init(name: $0, value: .text(availability(of: $0))) }
        ),
        "service_status": .object(
          managed.map { guest in
            .init(
              name: serviceID(guest),
              value: [
                "node": .text(world.node(of: guest, at: now)),
                "state": .text(availability(of: guest)),
                "running": .flag(world.isRunning(guest, at: now)),
                "uid": .text("sim\(guest.vmID)"),
              ]
            )
          }
        ),
      ],
      "quorum": quorum,
      "lrm_status": .object(
        nodes.map { node in
          .init(
            name: node,
            value: [
              "mode": "active", "state": "active", "timestamp": .integer(lastSign(of: node)),
              "results": [:],
            ]
          )
        }
      ),
    ]
  }

  /// GET /cluster/ha/resources.
  func managedResources() -> ReplyTree {
    .list(
      managed.map { guest in
        [
          "sid": .text(serviceID(guest)), "type": .text(guest.kind == .container ? "ct" : "vm"),
          "state": .text(availability(of: guest) == "stopped" ? "stopped" : "started"),
          "max_restart": 1, "max_relocate": 1, "failback": 1,
          "digest": .text(String(repeating: "51a7ed00", count: 5)),
        ]
      }
    )
  }

  // MARK: Replication

  /// GET /cluster/replication: what is configured.
  func replicationJobs() -> ReplyTree {
    guard rights.seesGuests else { return [] }
    return .list(
      world.plan.replications.compactMap { job in
        guard let guest = world.plan.guest(job.vmID) else { return nil }
        return [
          "id": .text("\(job.vmID)-0"), "type": "local", "guest": .integer(job.vmID), "jobnum": 0,
          "source": .text(world.node(of: guest, at: now)), "target": .text(job.target),
          "schedule": "*/15",
        ]
      }
    )
  }

  /// GET /nodes/{node}/replication: the state of the guests that are on the node now.
  func replicationStates(on node: ClusterPlan.Node) -> ReplyTree {
    guard rights.seesGuests else { return [] }
    return .list(
      world.plan.replications.compactMap { job in
        guard let guest = world.plan.guest(job.vmID),
          world.node(of: guest, at: now) == node.name
        else { return nil }
        return replicationState(job, guest, on: node)
      }
    )
  }

  private func replicationState(
    _ job: ClusterPlan.Replication,
    _ guest: ClusterPlan.Guest,
    on node: ClusterPlan.Node
  ) -> ReplyTree {
    let interval: Int64 = 900
    let newest = now.wholeSeconds / interval * interval
    func isGood(_ time: Int64) -> Bool {
      let instant = Timestamp(wholeSeconds: time)
      return !world.has(.replicationFails(job.vmID), at: instant)
        && world.isUp(node: node.name, at: instant) && world.isUp(node: job.target, at: instant)
    }
    let tries = (0..<96).map { newest - Int64($0) * interval }
    let failures = tries.prefix { !isGood($0) }.count
    var row: ReplyTree = [
      "id": .text("\(job.vmID)-0"), "type": "local", "guest": .integer(job.vmID), "jobnum": "0",
      "vmtype": .text(guest.kind.rawValue), "source": .text(node.name),
      "target": .text(job.target), "schedule": "*/15",
      "last_sync": .integer(failures < tries.count ? tries[failures] : 0),
      "last_try": .integer(newest), "next_sync": .integer(newest + interval),
      "fail_count": .integer(failures),
      "duration": .number(
        world.noise.value(in: 2...6, "replication/\(job.vmID)", newest)
      ),
    ]
    if failures > 0 { row = row.adding(["error": "the copy failed: exit code 1"]) }
    return row
  }
}
