// SPDX-License-Identifier: MIT
import Simulator

/// What the demo's settings say of hosts: ssh, the virtual router, PM2 and what nginx is meant to do.
extension DemoStage {
  static let noAdvertisements =
    "advertisements of VRRP are left out: they take the right to open raw sockets (CAP_NET_RAW)"

  /// The stage's own program in the place of ssh, which asks for neither key nor known hosts.
  var ssh: String {
    "{user: hvsmon, identity_file: \(folder)/id_ed25519, known_hosts_file: \(folder)/known_hosts, "
      + "program: \(folder)/ssh}"
  }

  /// On loopback every address answers, so a probe of the floating IP could not tell anything.
  var router: String {
    let sources = (isAdvertised ? ["advertisements"] : []) + ["ssh", "proxmox"]
    return "{instance: VI_1, router_id: \(cluster.routerID), "
      + "address: \(cluster.plan.virtualAddress), interface: lo, "
      + "sources: [\(sources.joined(separator: ", "))]}"
  }

  static let expectedNginx =
    "{upstream: app, balancing: ip_hash, max_fails: 2, fail_timeout: 5s, "
    + "rate_limit: {zone: \(ClusterPlan.limitZone), rate: 20r/s, burst: 100, nodelay: true}}"

  static let processes =
    "{user: \(ClusterPlan.appUser), "
    + "processes: [{name: \(ClusterPlan.appProcess), instances: 1, mode: fork}]}"

  /// The key of a load balancer, with a comma before it.
  static func priority(of guest: ClusterPlan.Guest) -> String {
    guard case .loadBalancer(let priority) = guest.role else { return "" }
    return ", vrrp_priority: \(priority)"
  }
}
