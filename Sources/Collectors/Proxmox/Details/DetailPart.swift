// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Polling

/// One question that is asked more seldom than the cluster is polled.
struct DetailPart: Sendable {
  enum Scope: Sendable {
    /// Asked once, at any node.
    case cluster
    /// Asked for each node, at that node.
    case node
  }

  /// What a question is about.
  struct Subject: Sendable {
    let client: ProxmoxClient
    /// The cluster's name, if it has one.
    let cluster: String?
    /// The node, empty for the cluster.
    let node: String
    /// The guests on the node, such as `lxc/100`.
    let guests: [String]
    let timeout: Duration
    /// Is told what the token may see.
    let access: AccessLog
    /// Counts the tasks that end.
    let tasks: TaskLedger

    /// Asks for a path below `/nodes/{node}` or, of the cluster, for a whole path.
    func get(
      _ path: String,
      _ parameters: [(name: String, value: String)] = []
    ) async throws(ProxmoxError) -> JSONTree {
      let prefix = node.isEmpty ? "" : "/nodes/\(URLText.encoded(node))"
      let reply = try await client.get(
        prefix + path,
        parameters: parameters,
        node: node.isEmpty ? nil : node,
        timeout: timeout
      )
      return reply.data
    }
  }

  /// The label `part` where it could not be asked.
  let name: String
  let scope: Scope
  /// The distance of two questions.
  let pace: Duration
  /// The time one question may take: a forwarding node waits up to 30 s for its neighbour.
  let timeout: Duration
  let ask: @Sendable (Subject) async throws(ProxmoxError) -> [CollectedSample]

  private init(
    _ name: String,
    _ scope: Scope,
    every pace: Duration,
    timeout: Duration = .seconds(35),
    _ ask: @escaping @Sendable (Subject) async throws(ProxmoxError) -> [CollectedSample]
  ) {
    self.name = name
    self.scope = scope
    self.pace = pace
    self.timeout = timeout
    self.ask = ask
  }

  /// The table of paces; the cheap answers come first, as a node is asked one thing at a time.
  static let all: [DetailPart] = clusterParts + nodeParts

  /// The question what the token may see.
  static let permissionsName = "permissions"

  private static let clusterParts: [DetailPart] = [
    DetailPart(permissionsName, .cluster, every: .seconds(600)) { about throws(ProxmoxError) in
      let check = PermissionCheck(try await about.get("/access/permissions"))
      about.access.note(check)
      return check.samples
    },
    DetailPart("votes", .cluster, every: .seconds(300)) { about throws(ProxmoxError) in
      DetailSamples.votes(try await about.get("/cluster/config/nodes"))
    },
    DetailPart("qdevice", .cluster, every: .seconds(60)) { about throws(ProxmoxError) in
      let data = try await about.get("/cluster/config/qdevice")
      return DetailSamples.qdevice(data, cluster: about.cluster ?? "")
    },
    DetailPart("version", .cluster, every: .seconds(900)) { about throws(ProxmoxError) in
      DetailSamples.version(try await about.get("/version"))
    },
    DetailPart("ha", .cluster, every: .seconds(60)) { about throws(ProxmoxError) in
      DetailSamples.highAvailability(try await about.get("/cluster/ha/status/current"))
    },
    DetailPart("tasks", .cluster, every: .seconds(60)) { about throws(ProxmoxError) in
      let data = try await about.get("/cluster/tasks")
      return DetailSamples.tasks(data) + about.tasks.note(data)
    },
    DetailPart("ceph", .cluster, every: .seconds(60)) { about throws(ProxmoxError) in
      do throws(ProxmoxError) {
        return CephSamples.samples(try await about.get("/cluster/ceph/status"))
      } catch  where CephSamples.isAbsent(error) {
        throw .unsupported
      }
    },
    DetailPart("not_backed_up", .cluster, every: .seconds(300)) { about throws(ProxmoxError) in
      let data = try await about.get("/cluster/backup-info/not-backed-up")
      // The list is shortened in silence: without the right an empty one says nothing.
      return DetailSamples.notBackedUp(
        data,
        cluster: about.cluster,
        isWhole: about.access.seesGuests
      )
    },
    DetailPart("backup_volumes", .cluster, every: .seconds(900)) { about throws(ProxmoxError) in
      var samples: [CollectedSample] = []
      for job in BackupReplies.jobs(try await about.get("/cluster/backup")) where !job.id.isEmpty {
        let path = "/cluster/backup/\(URLText.encoded(job.id))/included_volumes"
        samples += DetailSamples.excludedVolumes(try await about.get(path), job: job.id)
      }
      return samples
    },
  ]

  private static let nodeParts: [DetailPart] = [
    DetailPart("status", .node, every: .seconds(60)) { about throws(ProxmoxError) in
      DetailSamples.status(try await about.get("/status"), node: about.node)
    },
    DetailPart("history", .node, every: .seconds(60)) { about throws(ProxmoxError) in
      let data = try await about.get("/rrddata", [("timeframe", "hour"), ("cf", "AVERAGE")])
      return DetailSamples.history(data, node: about.node)
    },
    DetailPart("containers", .node, every: .seconds(60)) { about throws(ProxmoxError) in
      DetailSamples.containers(try await about.get("/lxc"))
    },
    DetailPart("services", .node, every: .seconds(120)) { about throws(ProxmoxError) in
      DetailSamples.services(try await about.get("/services"), node: about.node)
    },
    DetailPart("replication", .node, every: .seconds(300)) { about throws(ProxmoxError) in
      DetailSamples.replication(try await about.get("/replication"))
    },
    DetailPart("certificates", .node, every: .seconds(3_600)) { about throws(ProxmoxError) in
      DetailSamples.certificates(try await about.get("/certificates/info"), node: about.node)
    },
    DetailPart("time", .node, every: .seconds(3_600)) { about throws(ProxmoxError) in
      DetailSamples.timezone(try await about.get("/time"), node: about.node)
    },
    DetailPart("subscription", .node, every: .seconds(86_400)) { about throws(ProxmoxError) in
      DetailSamples.subscription(try await about.get("/subscription"), node: about.node)
    },
    DetailPart("guest_configs", .node, every: .seconds(3_600)) { about throws(ProxmoxError) in
      var samples: [CollectedSample] = []
      for guest in about.guests {
        do throws(ProxmoxError) {
          let data = try await about.get("/\(guest)/config")
          samples += DetailSamples.onboot(data, guest: guest, node: about.node)
        } catch .refused {
          // The guest has moved or is gone since the cluster was asked.
          continue
        }
      }
      return samples
    },
    DetailPart("disks", .node, every: .seconds(3_600), timeout: .seconds(60)) {
      about throws(ProxmoxError) in
      DetailSamples.disks(try await about.get("/disks/list"), node: about.node)
    },
    // Last: one dead network storage makes it slow.
    DetailPart("storages", .node, every: .seconds(300), timeout: .seconds(60)) {
      about throws(ProxmoxError) in
      DetailSamples.storages(try await about.get("/storage"), node: about.node)
    },
  ]
}
