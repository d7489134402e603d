// SPDX-License-Identifier: MIT
import Architecture

extension ClusterAssessment {
  /// What a member is in its replica set and whether it has the floating address.
  func write(rolesOf member: String, tier: String, to shape: inout JSONShape) {
    shape.field("database_state", observed.databaseStates[member])
    let address = floatingAddress(of: tier)
    shape.field("has_floating_address", address.map { $0.holders.contains(member) })
  }

  /// The replica set of a tier; null when it is none.
  func write(_ set: ReplicaSetStanding?, of tier: String, to shape: inout JSONShape) {
    guard let set else {
      shape.null("replica_set")
      return
    }
    let members = observed.replicaSets[tier]?.members ?? [:]
    shape.object("replica_set") { shape in
      shape.field("name", set.name)
      shape.field("state", set.state.rawValue)
      shape.field("primary", set.primary)
      shape.field("primaries", set.claimants)
      if let since = set.withoutPrimarySince {
        shape.field("without_primary_since_unix_seconds", since)
      } else {
        shape.null("without_primary_since_unix_seconds")
      }
      shape.list("members") { shape in
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
          shape.object { shape in
            shape.field("name", name)
            shape.field("state", member.state)
            shape.field("answers", member.isAnswering)
          }
        }
      }
    }
  }

  /// The floating address of a tier; null when it has none.
  func write(_ address: FloatingAddressStanding?, to shape: inout JSONShape) {
    guard let address else {
      shape.null("floating_address")
      return
    }
    shape.object("floating_address") { shape in
      shape.field("verdict", address.verdict.rawValue)
      shape.field("holders", address.holders)
    }
  }
}
