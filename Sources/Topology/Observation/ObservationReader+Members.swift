// SPDX-License-Identifier: MIT
import MetricModel

/// What replica sets and virtual routers tell.
extension ObservationReader {
  /// The numbers of states that MongoDB has (documentation, "Replica Set Member States").
  private static let states = 0...10

  static let replicaSetReadings: [Reading] = [
    Reading(metric: "mongodb_rs_myState") { reader, labels, value in
      guard labels["tier"] != nil, let member = labels["instance"], let state = state(value) else {
        return
      }
      reader.found.databaseStates[member] = state
    },
    Reading(metric: "hvsmon_mongodb_set_primaries") { reader, labels, value in
      reader.ofReplicaSet(labels) { $0.claimants = Int(exactly: value.rounded()) }
    },
    Reading(metric: "hvsmon_mongodb_set_primary") { reader, labels, value in
      guard value == 1, let member = labels["member"] else { return }
      reader.ofReplicaSet(labels) { $0.primary = member }
    },
    Reading(metric: "hvsmon_mongodb_set_member_state") { reader, labels, value in
      guard let member = labels["member"] else { return }
      reader.ofReplicaSet(labels) { $0.members[member, default: .init()].state = state(value) }
    },
    Reading(metric: "hvsmon_mongodb_set_member_answers") { reader, labels, value in
      guard let member = labels["member"] else { return }
      reader.ofReplicaSet(labels) { $0.members[member, default: .init()].isAnswering = value == 1 }
    },
  ]

  static let floatingAddressReadings: [Reading] = [
    Reading(metric: "hvsmon_vrrp_verdict") { reader, labels, value in
      guard value == 1, let verdict = labels["state"] else { return }
      reader.ofFloatingAddress(labels) { $0.verdict = .init(rawValue: verdict) ?? .unknown }
    },
    Reading(metric: "hvsmon_vrrp_master") { reader, labels, value in
      guard value == 1, let member = labels["instance"], let witness = labels["witness"] else {
        return
      }
      reader.ofFloatingAddress(labels) { $0.holders[witness, default: []].insert(member) }
    },
    Reading(metric: "hvsmon_vrrp_declared_priority") { reader, labels, value in
      guard let member = labels["instance"] else { return }
      reader.ofFloatingAddress(labels) {
        $0.declaredPriorities[member] = Int(exactly: value.rounded())
      }
    },
    Reading(metric: "hvsmon_vrrp_priority") { reader, labels, value in
      guard let member = labels["instance"] else { return }
      reader.ofFloatingAddress(labels) {
        $0.advertisedPriorities[member] = Int(exactly: value.rounded())
      }
    },
  ]

  private static func state(_ value: Double) -> Int? {
    Int(exactly: value).flatMap { states.contains($0) ? $0 : nil }
  }

  private mutating func ofReplicaSet(
    _ labels: LabelSet,
    _ change: (inout FoundReplicaSet) -> Void
  ) {
    guard let tier = labels["tier"], let name = labels["instance"] else { return }
    change(&found.replicaSets[tier, default: FoundReplicaSet(name: name)])
  }

  private mutating func ofFloatingAddress(
    _ labels: LabelSet,
    _ change: (inout FoundFloatingAddress) -> Void
  ) {
    guard let tier = labels["tier"] else { return }
    change(&found.floatingAddresses[tier, default: FoundFloatingAddress()])
  }
}
