// SPDX-License-Identifier: MIT
//
// A simulated Proxmox cluster in a process of its own, so that what hvsmon costs can be told apart.
//
// Usage: BenchCluster NODES GUESTS FOLDER PORT: writes FOLDER/hvsmon.yml for an hvsmon that serves
// HTTP on PORT, then the line `ready`, and runs until it is killed.
import FoundationEssentials
import Glibc
import MetricModel
import Net
import Polling
import Simulator

@main enum BenchCluster {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 5, let nodes = Int(arguments[1]), let guests = Int(arguments[2]),
      (3...ClusterPlan.nodesMax).contains(nodes), (9...ClusterPlan.guestsMax).contains(guests)
    else {
      print("usage: BenchCluster NODES GUESTS FOLDER PORT")
      exit(2)
    }
    let folder = arguments[3]
    let plan = ClusterPlan.sized(nodes: nodes, guests: guests)
    let cluster = try SimulatedCluster(plan: plan, clock: SystemClock())
    let authority = "\(folder)/pve-root-ca.pem"
    try Data(cluster.certificates.authority.pem.utf8).write(to: URL(fileURLWithPath: authority))
    let names = plan.nodes.map { "{name: \($0.name), address: \($0.address)}" }
    let settings = """
      cluster: {name: bench}
      architecture:
        nodes: [\(names.joined(separator: ", "))]
      proxmox:
        token_id: "\(cluster.token.id)"
        token_secret: "\(cluster.token.secret)"
        ca_file: \(authority)
        port: \(cluster.nodes[0].port)
      storage: {path: \(folder)/hvsmon.sqlite}
      http: {listen: "127.0.0.1:\(arguments[4])"}
      rules: [\(FileManager.default.currentDirectoryPath)/alerts.yml]
      """
    try Data(settings.utf8).write(to: URL(fileURLWithPath: "\(folder)/hvsmon.yml"))
    // Not through the buffer of the standard output: somebody waits for it.
    let line = Array("ready\n".utf8)
    _ = write(1, line, line.count)
    // Killed by whoever started it.
    while true { try await Task.sleep(for: .seconds(3_600)) }
  }
}
