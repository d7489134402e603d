// SPDX-License-Identifier: MIT
import MetricModel

/// The guests of one kind on a node, from `/nodes/{node}/lxc` or `/qemu`, which the node answers
/// from what runs now; pure.
struct LiveGuests {
  struct Guest: Equatable {
    /// Such as `lxc/100`.
    let id: String
    let name: String?
    /// `running`, `stopped` or `other`.
    let state: String
    /// Such as `backup`; nil when it holds none.
    let lock: String?
  }

  /// `lxc` or `qemu`.
  let kind: String
  /// By id; a row without number or state is left out.
  let guests: [Guest]

  init(_ data: JSONTree, kind: String) {
    self.kind = kind
    var seen: Set<String> = []
    guests = data.items.compactMap { row in
      guard let number = row["vmid"]?.int, let status = row["status"]?.string else { return nil }
      let id = "\(kind)/\(number)"
      guard seen.insert(id).inserted else { return nil }
      let state = ["running", "stopped"].contains(status) ? status : "other"
      return Guest(
        id: id,
        name: Self.word(row["name"]),
        state: state,
        lock: Self.word(row["lock"])
      )
    }.sorted { $0.id < $1.id }
  }

  private static func word(_ value: JSONTree?) -> String? {
    guard let text = value?.string, !text.isEmpty else { return nil }
    return text
  }

  /// Each guest's states, as of `hvsmon_pve_guest_state`, and its lock; the target adds the node.
  var samples: [CollectedSample] {
    let locks = guests.compactMap { guest in
      guest.lock.map { lock in
        let labels = ["id": guest.id, "name": guest.name, "state": lock].compactMapValues { $0 }
        return CollectedSample(NodeMetrics.guestLiveLock, 1, labels)
      }
    }
    return states + locks
  }

  private var states: [CollectedSample] {
    let isLarge = guests.count > ClusterSamples.stateSetGuestsMax
    return guests.flatMap { guest in
      ["running", "stopped", "other"].compactMap { state in
        guard !isLarge || state == guest.state else { return nil }
        let labels = ["id": guest.id, "name": guest.name, "state": state].compactMapValues { $0 }
        return CollectedSample(
          NodeMetrics.guestLiveState,
          state == guest.state ? 1 : 0,
          labels
        )
      }
    }
  }
}
