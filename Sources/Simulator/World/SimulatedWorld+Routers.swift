// SPDX-License-Identifier: MIT
package import MetricModel

/// The load balancers as virtual routers: keepalived with version 2 of VRRP (RFC 3768).
extension SimulatedWorld {
  static let advertisementInterval = Duration.seconds(1)
  /// keepalived's check looks once a second, and twice must it miss nginx.
  static let checkDelay = Duration.milliseconds(1_400)

  /// Since when a router takes part in the election or does not.
  struct RouterStanding: Equatable {
    let isRouting: Bool
    let since: Timestamp
    /// When the stretch before that began and ended at `since`.
    let before: Timestamp
    /// It went without a word: its node lost power.
    let isSilent: Bool
  }

  /// Whether keepalived runs in the guest.
  package func isKeepalivedRunning(_ guest: ClusterPlan.Guest, at instant: Timestamp) -> Bool {
    isRunning(guest, at: instant) && !has(.keepalivedStopped(guest.vmID), at: instant)
  }

  /// The guests that hold the floating IP, and advertise it: one, unless it is on its way or held
  /// twice.
  package func addressHolders(at instant: Timestamp) -> [ClusterPlan.Guest] {
    let routers = plan.loadBalancers
    if has(.addressHeldTwice, at: instant) {
      return Array(routers.map(\.guest).filter { isRouting($0, at: instant) }.prefix(2))
    }
    var losses: [RouterStanding] = []
    for (guest, priority) in routers {
      let standing = standing(of: guest, at: instant)
      guard standing.isRouting else {
        losses.append(standing)
        continue
      }
      // Whoever joins listens first for as long as a master may be silent.
      guard standing.since + Self.downInterval(priority) <= instant else {
        let lost = RouterStanding(
          isRouting: false,
          since: standing.before,
          before: standing.before,
          isSilent: !isUp(node: node(of: guest, at: standing.before), at: standing.before)
        )
        losses.append(lost)
        continue
      }
      let isFree = losses.allSatisfy { loss in
        let wait = loss.isSilent ? Self.downInterval(priority) : Self.skew(priority)
        return loss.since + wait <= instant
      }
      return isFree ? [guest] : []
    }
    return []
  }

  /// Whether the site answers its users: an address, a load balancer behind it, an app behind that.
  package func siteStatus(at instant: Timestamp) -> Int? {
    guard addressHolders(at: instant).contains(where: { isServing($0, at: instant) }) else {
      return nil
    }
    let apps = plan.apps.filter { isServing($0, at: instant) }
    guard !apps.isEmpty else { return 502 }
    return apps.contains { !has(.appBroken($0.vmID), at: instant) } ? 200 : 500
  }

  /// Whether the router takes part: keepalived runs and its check finds nginx.
  func isRouting(_ guest: ClusterPlan.Guest, at instant: Timestamp) -> Bool {
    let isMissed = periods.contains {
      $0.fault == .processDown(guest.vmID) && $0.contains(instant)
        && $0.begin + Self.checkDelay <= instant
    }
    return isKeepalivedRunning(guest, at: instant) && !isMissed
  }

  func standing(of guest: ClusterPlan.Guest, at instant: Timestamp) -> RouterStanding {
    let isRouting = isRouting(guest, at: instant)
    var since = start - .seconds(86_400)
    var before = since
    var was = true
    for turn in turns(of: guest, notAfter: instant) {
      let now = self.isRouting(guest, at: turn)
      guard now != was else { continue }
      (before, since, was) = (since, turn, now)
    }
    return RouterStanding(
      isRouting: isRouting,
      since: since,
      before: before,
      isSilent: !isRouting && !isUp(node: node(of: guest, at: since), at: since)
    )
  }

  /// (256 - priority) / 256 seconds.
  static func skew(_ priority: Int) -> Duration {
    .milliseconds((256 - priority) * 1_000 / 256)
  }

  /// How long a router waits for a master that says nothing.
  static func downInterval(_ priority: Int) -> Duration {
    advertisementInterval * 3 + skew(priority)
  }

  /// The instants at which the router may have joined or left, in order.
  private func turns(of guest: ClusterPlan.Guest, notAfter instant: Timestamp) -> [Timestamp] {
    var turns: Set<Timestamp> = []
    for period in periods {
      switch period.fault {
      case .nodeDown, .guestStopped(guest.vmID), .guestMoved(guest.vmID, _),
        .processDown(guest.vmID), .keepalivedStopped(guest.vmID):
        for edge in [period.begin, period.end].compactMap(\.self) {
          let delays = [.zero, Self.checkDelay, Self.guestStartDelay, Self.failoverDelay]
          turns.formUnion(delays.map { edge + $0 })
        }
      default: break
      }
    }
    return turns.filter { $0 <= instant }.sorted()
  }
}
