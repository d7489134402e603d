// SPDX-License-Identifier: MIT
import MetricModel

/// An advertisement of VRRP version 2 (RFC 3768, section 5.1), as keepalived sends it without
/// authentication.
struct Advertisement: Equatable {
  /// The sender's own address.
  let source: String
  let routerID: UInt8
  /// 0 when the sender gives the address up.
  let priority: UInt8
  let virtualAddress: String

  /// What follows the IP header.
  ///
  ///     0      1      2      3    4       5        6           8            12
  ///     +------+------+------+----+-------+--------+-----------+------------+---------+
  ///     | 2  1 | vrid | prio | 1  | auth  | int. s | checksum  | address    | 8 zeros |
  ///     +------+------+------+----+-------+--------+-----------+------------+---------+
  var bytes: [UInt8] {
    let address = virtualAddress.split(separator: ".").compactMap { UInt8($0) }
    var bytes: [UInt8] = [0x21, routerID, priority, 1, 0, 1, 0, 0] + address
    bytes += [UInt8](repeating: 0, count: 8)
    var sum = stride(from: 0, to: bytes.count, by: 2).reduce(UInt32(0)) {
      $0 + UInt32(bytes[$1]) << 8 + UInt32(bytes[$1 + 1])
    }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    bytes[6] = UInt8(truncatingIfNeeded: ~sum >> 8)
    bytes[7] = UInt8(truncatingIfNeeded: ~sum)
    return bytes
  }
}

/// Which advertisements a world's routers send, and when; pure.
struct AdvertisementSchedule {
  let routerID: UInt8
  /// When each master sent last, by the number of its guest.
  private var sent: [Int: Timestamp] = [:]

  init(routerID: UInt8) {
    self.routerID = routerID
  }

  /// What is sent at an instant, which is not before the last one.
  mutating func due(in world: SimulatedWorld, at now: Timestamp) -> [Advertisement] {
    let masters = world.addressHolders(at: now)
    var due: [Advertisement] = []
    for (guest, priority) in world.plan.loadBalancers {
      let isMaster = masters.contains { $0.vmID == guest.vmID }
      if isMaster {
        let isDue = sent[guest.vmID].map { now - $0 >= SimulatedWorld.advertisementInterval }
        guard isDue ?? true else { continue }
        sent[guest.vmID] = now
        due.append(advertisement(of: guest, priority, world))
      } else if sent.removeValue(forKey: guest.vmID) != nil {
        let standing = world.standing(of: guest, at: now)
        // Who gave way to a better one, or died, says nothing.
        guard !standing.isRouting, !standing.isSilent else { continue }
        due.append(advertisement(of: guest, 0, world))
      }
    }
    return due
  }

  private func advertisement(
    of guest: ClusterPlan.Guest,
    _ priority: Int,
    _ world: SimulatedWorld
  ) -> Advertisement {
    Advertisement(
      source: guest.address,
      routerID: routerID,
      priority: UInt8(clamping: priority),
      virtualAddress: world.plan.virtualAddress
    )
  }
}
