// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import Net
import Polling
import Simulator

/// The simulated cluster, the chat room and the settings file of a demo.
final class DemoStage: Sendable {
  /// The servers follow the world at this pace: a floating IP moves without an event.
  private static let settleInterval = Duration.milliseconds(250)

  /// The settings that make hvsmon watch the stage.
  let configPath: String
  let folder: String
  private let scenario: Scenario
  let cluster: SimulatedCluster
  /// Other demos on this machine have other addresses as long as this is kept.
  private let network: LoopbackNetwork?
  /// The load balancers send advertisements, which takes a right that not everybody has.
  let isAdvertised: Bool
  private let chat: ChatSink
  private let began = ContinuousClock().now

  init(_ wish: DemoWish) throws {
    let began = began
    scenario = wish.scenario
    let network = LoopbackNetwork()
    self.network = network
    let plan = ClusterPlan.sized(
      nodes: wish.plan.nodes.count,
      guests: wish.plan.guests.count,
      network: network?.number ?? 0
    )
    cluster = try SimulatedCluster(plan: plan, seed: wish.seed, clock: SystemClock())
    chat = try ChatSink { text in DemoStage.print("chat", text, since: began) }
    folder = FileManager.default.temporaryDirectory.path + "/hvsmon-demo-\(getpid())"
    configPath = "\(folder)/hvsmon.yml"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    isAdvertised = cluster.sendAdvertisements()
    _ = try cluster.openShell(in: folder)
    try Data(PackageResources.alerts_yml).write(to: URL(fileURLWithPath: "\(folder)/alerts.yml"))
    try Data(cluster.certificates.authority.pem.utf8)
      .write(to: URL(fileURLWithPath: "\(folder)/pve-root-ca.pem"))
    try Data(cluster.databases.user.password.utf8)
      .write(to: URL(fileURLWithPath: "\(folder)/mongodb-password"))
    try Data(settings(listen: wish.listen).utf8).write(to: URL(fileURLWithPath: configPath))
  }

  /// Where the Proxmox API of the first node is.
  var firstNode: (name: String, url: String) {
    let node = cluster.nodes[0]
    return (node.name, "https://\(node.address):\(node.port)/api2/json")
  }

  /// Prints a line of the story.
  func tell(_ text: String) {
    Self.print("story", text, since: began)
  }

  /// Lets the scenario happen, again and again, until the task is cancelled.
  func tellStory() async {
    if !isAdvertised { tell(Self.noAdvertisements) }
    var start = ContinuousClock().now
    while true {
      for event in scenario.events {
        guard await settle(until: start.advanced(by: event.time)) else { return }
        tell(event.narration)
        await cluster.apply(event.change)
      }
      start = start.advanced(by: scenario.length)
      guard await settle(until: start) else { return }
    }
  }

  /// Keeps the servers true to the world until `instant`; false when the task is cancelled.
  private func settle(until instant: ContinuousClock.Instant) async -> Bool {
    let clock = ContinuousClock()
    while clock.now < instant {
      await cluster.settle()
      do {
        let next = clock.now.advanced(by: Self.settleInterval)
        try await Task.sleep(until: min(next, instant), clock: .continuous)
      } catch {
        return false
      }
    }
    return !Task.isCancelled
  }

  /// Ends the servers and removes the files.
  func close() async {
    await cluster.stop()
    await chat.stop()
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      Terminal.complain("\(folder) could not be removed: \(error)")
    }
  }

  /// Everything goes as shipped, but for shorter intervals: a demo has only a minute.
  private func settings(listen: String) -> String {
    let nodes = cluster.plan.nodes.map { "{name: \($0.name), address: \($0.address)}" }
    return """
      cluster: {name: demo\(Self.hasTimeZone ? ", timezone: \(Self.timeZone)" : "")}
      architecture:
        nodes: [\(nodes.joined(separator: ", "))]
        tiers:
          - name: load-balancer
            members: [\(members { if case .loadBalancer = $0 { true } else { false } })]
            vrrp: \(router)
            nginx:
              status: "http://{address}:\(cluster.loadBalancers[0].port)/nginx_status"
              expect: \(Self.expectedNginx)
          - name: app
            depends_on: [database]
            members: [\(members { $0 == .app })]
            http: {url: "http://{address}:\(cluster.apps[0].port)/"}
            pm2: \(Self.processes)
          - name: database
            needs: majority
            members: [\(members { $0 == .database })]
            mongodb: {replica_set: \(replicaSet), port: \(cluster.databases.port), timeout: 2s}
        entry:
          - name: site
            url: "http://\(cluster.site.address):\(cluster.site.port)/"
            tiers: [load-balancer, app, database]
        backups: [\(Self.hasTimeZone ? backup : "")]
      proxmox:
        token_id: "\(cluster.token.id)"
        token_secret: "\(cluster.token.secret)"
        ca_file: \(folder)/pve-root-ca.pem
        port: \(cluster.nodes[0].port)
        backups: {interval: 3s, timeout: 3s}
      ssh: \(ssh)
      mongodb:
        username: \(cluster.databases.user.name)
        password_file: \(folder)/mongodb-password
      poll: {interval: 2s, timeout: 1s}
      storage: {path: \(folder)/demo.sqlite, retention: 1d}
      http: {listen: "\(listen)"}
      rules: [alerts.yml]
      notifications:
        route: {receiver: chat, group_by: [alertname, tier]}
        receivers:
          - name: chat
            slack: [{webhook_url: "\(chat.webhookURL)"}]
      """
  }

  /// Every plan of a demo has one replica set.
  private var replicaSet: String { cluster.plan.replicaSets[0].name }

  /// The job that the cluster has.
  private var backup: String {
    let job = cluster.plan.backupJob
    let guests = job.guests.map(String.init).joined(separator: ", ")
    return "{guests: [\(guests)], schedule: \"\(job.schedule)\", keep_last: \(job.keepLast), "
      + "mode: snapshot, storage: \(job.storage)}"
  }

  /// The zone of the simulated nodes.
  private static let timeZone = "Europe/Berlin"

  /// Where a machine has no time zones, backups are left out: their schedule cannot be read.
  private static let hasTimeZone = FileManager.default.isReadableFile(
    atPath: "/usr/share/zoneinfo/\(timeZone)"
  )

  private func members(where isMember: (ClusterPlan.Guest.Role) -> Bool) -> String {
    cluster.plan.guests.filter { isMember($0.role) }.map { guest in
      "{guest: \(guest.vmID), name: \(guest.name), address: \(guest.address), node: \(guest.home)"
        + Self.priority(of: guest) + "}"
    }
    .joined(separator: ", ")
  }

  private static func print(_ who: String, _ text: String, since began: ContinuousClock.Instant) {
    let seconds = (ContinuousClock().now - began).components.seconds
    let time = String(repeating: " ", count: max(0, 4 - String(seconds).count)) + "\(seconds) s"
    for (index, line) in text.split(separator: "\n").enumerated() {
      Terminal.print(index == 0 ? "\(time)  \(who)  \(line)" : "               \(line)")
    }
  }
}
