// SPDX-License-Identifier: MIT

extension ClusterPlan {
  /// The account whose PM2 runs the apps.
  package static let appUser = "app"
  /// The name under which PM2 runs the app.
  package static let appProcess = "webapp"
  /// The port that the apps have in nginx's configuration.
  static let appPort = 3_000
  /// The `limit_req_zone` of the load balancers.
  package static let limitZone = "mein_limit"

  /// The guest that has the address.
  package func guest(at address: String) -> Guest? { guests.first { $0.address == address } }

  /// One node with many apps and nothing else, for hosts that are asked by ssh.
  ///
  /// - Parameters:
  ///   - count: 1 to ``guestsMax``.
  ///   - network: The second byte of every address.
  /// - Returns: The plan, the same for the same numbers.
  package static func apps(_ count: Int, network: UInt8) -> ClusterPlan {
    precondition((1...guestsMax).contains(count), "a plan has 1 to \(guestsMax) apps")
    let whole = sized(nodes: 3, guests: 9, network: network)
    let pattern = whole.apps[0]
    return ClusterPlan(
      name: whole.name,
      nodes: whole.nodes,
      guests: (0..<count).map { number in
        Guest(
          vmID: 1_000 + number,
          name: "app\(number)",
          kind: .container,
          role: .app,
          home: pattern.home,
          address: "127.\(network).\(31 + number / 200).\(1 + number % 200)",
          cpus: pattern.cpus,
          memoryBytes: pattern.memoryBytes,
          diskBytes: pattern.diskBytes,
          dataDiskBytes: nil,
          tags: pattern.tags
        )
      },
      storages: whole.storages,
      backupJob: whole.backupJob,
      virtualAddress: whole.virtualAddress
    )
  }
}
