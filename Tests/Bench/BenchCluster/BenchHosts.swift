// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Polling
import Simulator

/// Hosts that run an app each and are asked by ssh, and nothing besides.
enum BenchHosts {
  static func run(count: Int, folder: String, port: String) async throws {
    let network = LoopbackNetwork()
    let plan = ClusterPlan.apps(count, network: network?.number ?? 0)
    let clock = SystemClock()
    let world = SimulatedWorld(plan: plan, seed: 1, start: clock.now)
    let doors = HostDoors()
    let program = try doors.open(in: folder, world: { world }, clock: clock)
    let members = plan.guests.map { "{name: \($0.name), address: \($0.address)}" }
    let settings = """
      cluster: {name: bench}
      architecture:
        tiers:
          - name: app
            members: [\(members.joined(separator: ", "))]
            pm2: {user: \(ClusterPlan.appUser), processes: [{name: \(ClusterPlan.appProcess)}]}
      ssh:
        {user: hvsmon, identity_file: \(folder)/none, known_hosts_file: \(folder)/none,
         program: \(program)}
      storage: {path: \(folder)/hvsmon.sqlite}
      http: {listen: "127.0.0.1:\(port)"}
      rules: [\(FileManager.default.currentDirectoryPath)/alerts.yml]
      """
    try Data(settings.utf8).write(to: URL(fileURLWithPath: "\(folder)/hvsmon.yml"))
    try await BenchCluster.waitToBeKilled()
    withExtendedLifetime((doors, network)) {}
  }
}
