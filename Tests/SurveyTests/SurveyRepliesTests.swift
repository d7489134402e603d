// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Survey
import Testing

/// Replies of an invented cluster, kept beside the package.
private enum Replies {
  static let folder: String? = {
    var parts = #filePath.split(separator: "/")
    while !parts.isEmpty {
      parts.removeLast()
      let candidate = "/\(parts.joined(separator: "/"))/shared/fixtures/proxmox"
      if FileManager.default.fileExists(atPath: candidate + "/README.md") { return candidate }
    }
    print("skipped: no shared/fixtures/proxmox beside the package")
    return nil
  }()

  /// What stands below `data` in a file.
  static func data(_ path: String) throws -> JSONTree {
    let file = try #require(folder) + "/" + path
    let bytes = try #require(FileManager.default.contents(atPath: file), "\(file)")
    return try JSONReader.read(Array(bytes))["data"] ?? .null
  }
}

@Suite struct SurveyRepliesTests {
  private func network(_ configuration: String, _ interfaces: String) throws -> GuestNetwork {
    var network = GuestNetwork()
    network.readConfiguration(try JSONReader.read(Array(configuration.utf8)))
    network.readInterfaces(try JSONReader.read(Array(interfaces.utf8)))
    return network
  }

  @Test(.enabled(if: Replies.folder != nil))
  func `a whole cluster is read from its replies`() throws {
    var cluster = ClusterSurvey()
    cluster.readStatus(try Replies.data("base/cluster-status.json"))
    cluster.readNodes(try Replies.data("base/nodes.json"))
    cluster.readResources(try Replies.data("base/cluster-resources.json"))
    cluster.readJobs(try Replies.data("base/cluster-backup.json"))
    #expect(cluster.nodes.map(\.name) == ["CoolerHostname", "CoolerHostname2", "CoolerHostname3"])
    #expect(cluster.nodes.allSatisfy { $0.address != nil && $0.isOnline })
    #expect(cluster.nodes.count(where: \.isAnswering) == 1)
    #expect(cluster.nodes.allSatisfy { $0.fingerprint?.count == 95 })
    #expect(cluster.guests.map(\.id) == Array(100...108))
    #expect(cluster.guests.allSatisfy { $0.kind == .container && $0.status == "running" })
    let job = try #require(cluster.jobs.first)
    #expect(job.scope == .guests(Array(100...108)) && job.schedule == "mon..fri 00:00")
    #expect(job.retention == ["keep-last": 5] && job.mode == "snapshot" && job.isEnabled)
    let guess = ArchitectureGuess(cluster)
    #expect(guess.tiers.map(\.name) == ["load-balancer", "app", "database"])
    #expect(guess.tiers.allSatisfy { $0.members.count == 3 })
  }

  @Test func `a static address is a container's own, and the one on top wanders`() throws {
    let found = try network(
      #"{"net0":"name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr=AA,ip=10.0.0.5/24,ip6=dhcp,type=veth"}"#,
      #"""
      [{"name":"lo","ip-addresses":[{"ip-address":"127.0.0.1","prefix":8}]},
       {"name":"eth0","inet":"10.0.0.9/24","ip-addresses":[
         {"ip-address":"10.0.0.5","prefix":24,"ip-address-type":"inet"},
         {"ip-address":"10.0.0.9","prefix":24,"ip-address-type":"inet"},
         {"ip-address":"fe80::1","prefix":"64","ip-address-type":"inet6"}]}]
      """#
    )
    #expect(found.own?.text == "10.0.0.5")
    #expect(found.floating.map(\.text) == ["10.0.0.9"])
  }

  @Test func `with dhcp the network's address is its own, and the one for a single host wanders`()
    throws
  {
    // Before Proxmox VE 8.4 only the last address of each family is told.
    let last = try network(
      #"{"net0":"name=eth0,ip=dhcp"}"#,
      #"[{"name":"eth0","inet":"10.0.0.5/24","inet6":"fe80::1/64"}]"#
    )
    #expect(last.own?.text == "10.0.0.5" && last.floating.isEmpty)
    let all = try network(
      #"{"net0":"name=eth0,ip=dhcp"}"#,
      #"""
      [{"name":"docker0","ip-addresses":[{"ip-address":"172.17.0.1","prefix":16}]},
       {"name":"eth0","ip-addresses":[{"ip-address":"10.0.0.9","prefix":32},
                                      {"ip-address":"10.0.0.5","prefix":24}]}]
      """#
    )
    #expect(all.own?.text == "10.0.0.5")
    #expect(all.floating.map(\.text) == ["10.0.0.9"])
  }

  @Test func `a virtual machine's addresses come from cloud-init or its agent`() throws {
    let drawn = try network(
      #"{"net0":"virtio=AA,bridge=vmbr0","ipconfig0":"ip=10.0.0.7/24,gw=10.0.0.1"}"#,
      "null"
    )
    #expect(drawn.own?.text == "10.0.0.7")
    let told = try network(
      #"{"net0":"virtio=AA,bridge=vmbr0"}"#,
      #"""
      {"result":[{"name":"lo","ip-addresses":[{"ip-address":"::1","prefix":128}]},
       {"name":"ens18","hardware-address":"aa","ip-addresses":[
         {"ip-address-type":"ipv6","ip-address":"2001:db8::7","prefix":64},
         {"ip-address-type":"ipv4","ip-address":"10.0.0.8","prefix":24}]},
       {"name":"wg0"}]}
      """#
    )
    #expect(told.own?.text == "10.0.0.8")
    #expect(told.floating.isEmpty)
    let only = try network("{}", #"[{"name":"eth0","inet6":"2001:db8::7/64"}]"#)
    #expect(only.own?.text == "2001:db8::7")
  }

  @Test func `odd jobs and rows are read as far as they can be`() throws {
    var cluster = ClusterSurvey()
    let jobs = #"""
      [{"id":"old","vmid":"100","schedule":"daily","prune-backups":"keep-last=3,keep-weekly=2"},
       {"id":"all","type":"vzdump","all":1,"exclude":"101,102","enabled":"0"},
       {"id":"pool","type":"vzdump","pool":"p","prune-backups":{"keep-last":"7"}},
       {"id":"sync","type":"realm-sync"},{"type":"vzdump"},7,null]
      """#
    cluster.readJobs(try JSONReader.read(Array(jobs.utf8)))
    #expect(cluster.jobs.map(\.id) == ["old", "all", "pool"])
    #expect(cluster.jobs[0].retention == ["keep-last": 3, "keep-weekly": 2])
    #expect(cluster.jobs[1].scope == .all(except: [101, 102]) && !cluster.jobs[1].isEnabled)
    #expect(cluster.jobs[2].scope == .pool("p") && cluster.jobs[2].retention == ["keep-last": 7])
    let rows = #"""
      [{"type":"lxc","vmid":"100","node":"a","tags":"LB;prod, x"},{"type":"qemu","vmid":99,"node":"a"},
       {"type":"lxc","node":"a"},{"type":"lxc","vmid":1.5,"node":"a"},{"type":"sdn"},[],
       {"type":"qemu","vmid":200,"node":"a","template":"1","status":"stopped"}]
      """#
    cluster.readResources(try JSONReader.read(Array(rows.utf8)))
    #expect(cluster.guests.map(\.id) == [100, 200])
    #expect(cluster.guests[0].tags == ["lb", "prod", "x"] && cluster.guests[0].name == nil)
    #expect(cluster.guests[1].isTemplate)
    cluster.readStatus(.list([.object([]), .null]))
    cluster.readStatus(.null)
    cluster.readNodes(.text("x"))
    #expect(cluster.nodes.isEmpty)
  }
}
