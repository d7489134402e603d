// SPDX-License-Identifier: MIT
import MetricModel
import Synchronization

/// For how long a node is asked which guests run on it, after something failed there; pure.
struct GuestWatch {
  /// After a question the watch lasts this long at least.
  private static let span = Duration.seconds(60)
  /// While a guest is missed it lasts longer, up to this: it may have been stopped for good.
  private static let spanMax = Duration.seconds(3_600)

  private var askedAt: Timestamp?
  /// The guests that ran when the watch began, or were seen running since.
  private var wasRunning: Set<String> = []
  /// The guests among them that are listed and do not run, by kind.
  private var missed: [String: Set<String>] = [:]

  /// A poll begins.
  ///
  /// - Parameters:
  ///   - time: When.
  ///   - isAsked: Something failed that stands on the node.
  ///   - running: The guests that ran here, as far as the cluster knows.
  /// - Returns: Whether the guests are asked for.
  mutating func begin(at time: Timestamp, isAsked: Bool, running: () -> Set<String>) -> Bool {
    let wasOn = isOn(at: time)
    if isAsked {
      if !wasOn {
        wasRunning = running()
        missed = [:]
      }
      askedAt = time
    }
    return isAsked || wasOn
  }

  /// Takes in what runs; a guest that is not listed any more has moved or is gone.
  mutating func note(_ live: LiveGuests) {
    let ids = Set(live.guests.map(\.id))
    wasRunning = wasRunning.filter { !$0.hasPrefix(live.kind + "/") || ids.contains($0) }
    wasRunning.formUnion(live.guests.filter { $0.state == "running" }.map(\.id))
    let still = live.guests.filter { $0.state != "running" }.map(\.id)
    missed[live.kind] = wasRunning.intersection(still)
  }

  private func isOn(at time: Timestamp) -> Bool {
    guard let askedAt, time >= askedAt else { return false }
    let isMissingOne = missed.values.contains { !$0.isEmpty }
    return time - askedAt < (isMissingOne ? Self.spanMax : Self.span)
  }
}

/// Which guests ran on each node when the cluster was asked last.
final class RunningGuests: Sendable {
  private let byNode = Mutex<[String: Set<String>]>([:])

  /// Takes in what the cluster says; nothing when it could not tell of guests.
  func note(_ view: ClusterView) {
    guard !view.resources.isEmpty else { return }
    let running = view.resources.filter { $0.isGuest && $0.status == "running" }
    let ids = Dictionary(grouping: running) { $0.node ?? "" }.mapValues { Set($0.map(\.id)) }
    byNode.withLock { $0 = ids }
  }

  /// The guests, such as `lxc/100`.
  func on(_ node: String) -> Set<String> { byNode.withLock { $0[node] ?? [] } }
}
