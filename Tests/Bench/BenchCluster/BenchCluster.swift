// SPDX-License-Identifier: MIT
//
// A simulated cluster in a process of its own, so that what hvsmon costs can be told apart.
//
// Usage: BenchCluster NODES GUESTS FOLDER PORT, BenchCluster databases COUNT FOLDER PORT, or
// BenchCluster hosts COUNT FOLDER PORT: writes FOLDER/hvsmon.yml for an hvsmon that serves HTTP on
// PORT and watches the Proxmox API of the cluster, its MongoDB replica sets, or hosts with an app
// each by ssh; then the line `ready`, and runs until it is killed.
import FoundationEssentials
import Glibc
import MetricModel
import Net
import Polling
import Simulator

@main enum BenchCluster {
  static func main() async throws {
    let arguments = CommandLine.arguments
    if arguments.count == 5, arguments[1] == "hosts", let hosts = Int(arguments[2]) {
      return try await BenchHosts.run(count: hosts, folder: arguments[3], port: arguments[4])
    }
    guard arguments.count == 5, let plan = plan(arguments[1], arguments[2]) else {
      print("usage: BenchCluster (NODES GUESTS | databases COUNT | hosts COUNT) FOLDER PORT")
      exit(2)
    }
    let folder = arguments[3]
    let cluster = try SimulatedCluster(plan: plan, clock: SystemClock())
    let watched =
      arguments[1] == "databases"
      ? try databases(of: cluster, folder) : try proxmox(of: cluster, folder)
    let settings = """
      cluster: {name: bench}
      \(watched)
      storage: {path: \(folder)/hvsmon.sqlite}
      http: {listen: "127.0.0.1:\(arguments[4])"}
      rules: [\(FileManager.default.currentDirectoryPath)/alerts.yml]
      """
    try Data(settings.utf8).write(to: URL(fileURLWithPath: "\(folder)/hvsmon.yml"))
    try await waitToBeKilled()
  }

  /// Says that everything is there, and waits.
  static func waitToBeKilled() async throws {
    // Not through the buffer of the standard output: somebody waits for it.
    let line = Array("ready\n".utf8)
    _ = write(1, line, line.count)
    while true { try await Task.sleep(for: .seconds(3_600)) }
  }

  private static func plan(_ first: String, _ second: String) -> ClusterPlan? {
    guard let count = Int(second) else { return nil }
    if first == "databases" {
      return (3...ClusterPlan.databasesMax).contains(count) ? .ofDatabases(count) : nil
    }
    guard let nodes = Int(first), (3...ClusterPlan.nodesMax).contains(nodes),
      (9...ClusterPlan.guestsMax).contains(count)
    else { return nil }
    return .sized(nodes: nodes, guests: count)
  }

  private static func proxmox(of cluster: SimulatedCluster, _ folder: String) throws -> String {
    let authority = "\(folder)/pve-root-ca.pem"
    try Data(cluster.certificates.authority.pem.utf8).write(to: URL(fileURLWithPath: authority))
    let names = cluster.plan.nodes.map { "{name: \($0.name), address: \($0.address)}" }
    return """
      architecture:
        nodes: [\(names.joined(separator: ", "))]
      proxmox:
        token_id: "\(cluster.token.id)"
        token_secret: "\(cluster.token.secret)"
        ca_file: \(authority)
        port: \(cluster.nodes[0].port)
      """
  }

  private static func databases(of cluster: SimulatedCluster, _ folder: String) throws -> String {
    let user = cluster.databases.user
    let secret = "\(folder)/password"
    try Data(user.password.utf8).write(to: URL(fileURLWithPath: secret))
    let tiers = cluster.plan.replicaSets.map { set in
      let members = set.members.map { "{name: \($0.name), address: \($0.address)}" }
      return """
            - name: \(set.name)
              members: [\(members.joined(separator: ", "))]
              mongodb: {replica_set: \(set.name), port: \(cluster.databases.port)}
        """
    }
    return """
      architecture:
        tiers:
      \(tiers.joined(separator: "\n"))
      mongodb: {username: \(user.name), password_file: \(secret)}
      """
  }
}
