// SPDX-License-Identifier: MIT
package import MetricModel
package import Net
import Synchronization

/// A world on loopback: the Proxmox API of each node, the load balancers, the apps, the
/// databases and the site.
///
/// Everything of one kind listens on one port, each on the address its plan gives it. One task at a
/// time may change it.
package final class SimulatedCluster: Sendable {
  /// What there is.
  package let plan: ClusterPlan
  /// What the Proxmox API asks for.
  package let token: ProxmoxToken
  /// The authority behind the certificates of the nodes, and those certificates.
  package let certificates: ProxmoxCertificates
  /// The Proxmox API of each node, by the node's number.
  package let nodes: [SimulatedService]
  /// The load balancers by descending priority, each answering `/nginx_status`.
  package let loadBalancers: [SimulatedService]
  /// The apps, answering `/`.
  package let apps: [SimulatedService]
  /// The databases, answering as members of MongoDB replica sets.
  package let databases: DatabaseServers
  /// The floating IP, answering `/` as whoever holds it does.
  package let site: SimulatedService
  private let stage: Stage
  private let clock: any TimeSource
  private let doors = HostDoors()

  /// Starts everything.
  ///
  /// - Parameters:
  ///   - plan: What there is.
  ///   - seed: Equal seeds make equal worlds.
  ///   - clock: Tells the time in the world.
  /// - Throws: ``SimulatorError`` when loopback takes no server.
  package init(
    plan: ClusterPlan = .reference,
    seed: UInt64 = 1,
    clock: any TimeSource
  ) throws(SimulatorError) {
    let stage = Stage(SimulatedWorld(plan: plan, seed: seed, start: clock.now))
    self.plan = plan
    self.stage = stage
    self.clock = clock
    token = ProxmoxToken(seed: seed)
    do throws(CertificateError) {
      certificates = try ProxmoxCertificates(plan: plan)
    } catch {
      throw .certificate(error)
    }
    let proxmox = ProxmoxResponder(
      world: { stage.world },
      token: token,
      certificates: certificates,
      clock: clock
    )
    do throws(HTTPServerError) {
      nodes = try SimulatedService.starting(plan.nodes.map(proxmox.draft))
      loadBalancers = try SimulatedService.starting(
        plan.loadBalancers.map { WebResponder.loadBalancer($0.guest) }
      )
      apps = try SimulatedService.starting(
        plan.apps.map { guest in
          WebResponder.app(guest) { stage.world.has(.appBroken(guest.vmID), at: clock.now) }
        }
      )
      site = try SimulatedService(
        WebResponder.site(address: plan.virtualAddress) { stage.world.siteStatus(at: clock.now) }
      )
      databases = try DatabaseServers(plan, seed: seed, clock: clock) { stage.world }
    } catch {
      throw .server(error)
    }
  }

  /// The world as it is now.
  package var world: SimulatedWorld { stage.world }

  /// Lets something happen now, and lets the servers follow.
  package func apply(_ change: Scenario.Change) async {
    let now = clock.now
    stage.change { world in
      switch change {
      case .begin(let fault): world.begin(fault, at: now)
      case .end(let fault): world.end(fault, at: now)
      }
    }
    await settle()
  }

  /// Stops the servers of what is down by now and starts those of what is up again.
  package func settle() async {
    let world = world
    let now = clock.now
    var wanted: [(service: SimulatedService, isUp: Bool)] = zip(plan.nodes, nodes).map {
      ($1, world.isUp(node: $0.name, at: now))
    }
    wanted += zip(plan.loadBalancers, loadBalancers).map {
      ($1, world.isServing($0.guest, at: now))
    }
    wanted += zip(plan.apps, apps).map { ($1, world.isServing($0, at: now)) }
    await databases.run { world.isServing($0, at: now) }
    wanted.append((site, world.siteStatus(at: now) != nil))
    for (service, isUp) in wanted {
      if isUp {
        // Should another process hold the port by now, the service stays down and the next call
        // tries again.
        try? service.start()
      } else {
        await service.stop()
      }
    }
  }

  /// Stops everything.
  package func stop() async {
    await doors.close()
    for service in nodes + loadBalancers + apps + [site] { await service.stop() }
    await databases.stop()
  }

  /// Lets hosts be reached by ssh: the load balancers' and the apps' among them tell what
  /// `deploy/facts.sh` asks.
  ///
  /// - Parameter folder: Where the program is written that stands for ssh, with two pipes beside it.
  /// - Returns: The program's path, for `ssh.program` in the settings.
  /// - Throws: ``SimulatorError/shell(path:reason:)``.
  package func openShell(in folder: String) throws(SimulatorError) -> String {
    try doors.open(in: folder, world: { [stage] in stage.world }, clock: clock)
  }

  /// The connections by ssh that there are.
  package var shellSessionCount: Int { doors.sessionCount }

  /// The load balancers' virtual router; clusters beside each other mostly have different ones.
  package var routerID: UInt8 { UInt8(1 + nodes[0].port % 255) }

  /// Has the load balancers advertise on the loopback interface who holds the floating IP.
  ///
  /// - Returns: False without the right to (CAP_NET_RAW).
  package func sendAdvertisements() -> Bool {
    doors.advertise(routerID: routerID, world: { [stage] in stage.world }, clock: clock)
  }
}

/// Why a simulated cluster cannot start.
package enum SimulatorError: Error, Equatable, Sendable {
  /// A certificate cannot be made.
  case certificate(CertificateError)
  /// A server cannot listen.
  case server(HTTPServerError)
  /// The program that stands for ssh cannot be set up.
  case shell(path: String, reason: String)
}

extension SimulatorError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .certificate(let error): error.description
    case .server(let error): error.description
    case .shell(let path, let reason): "\(path): \(reason)"
    }
  }
}

/// The world that handlers read while a scenario changes it.
private final class Stage: Sendable {
  private let state: Mutex<SimulatedWorld>

  init(_ world: SimulatedWorld) {
    state = Mutex(world)
  }

  var world: SimulatedWorld { state.withLock { $0 } }

  func change(_ body: (inout SimulatedWorld) -> Void) {
    state.withLock { body(&$0) }
  }
}
