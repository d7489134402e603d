// SPDX-License-Identifier: MIT
package import Configuration
package import MetricModel
import Net
package import Polling

/// Asks Proxmox for the addresses that the members of a tier have, for the watch over their virtual
/// router.
///
/// It makes no series of its own, and its target has no tier: that Proxmox does not answer says
/// nothing of the members.
package final class VRRPGuestCollector: Collector {
  package static let name = "vrrp_guests"
  package static var metrics: [MetricDefinition] { [] }

  /// The question starts a program in each container.
  private static let paceMin = Duration.seconds(30)

  private let watch: RouterWatch
  private let members: [(name: String, guest: Int)]
  private let client: ProxmoxClient

  /// Nil when Proxmox is no witness, or knows none of the members.
  init?(_ watch: RouterWatch, _ client: ProxmoxClient?) {
    guard watch.settings.witnesses.contains(.proxmox) else { return nil }
    let members = watch.settings.members.compactMap { member in
      member.guest.map { (name: member.name, guest: $0) }
    }
    guard let client, !members.isEmpty else {
      watch.note { $0.faults[.proxmox] = "not_configured" }
      return nil
    }
    self.watch = watch
    self.members = members
    self.client = client
  }

  /// None: ``VRRPCollector`` makes them, as both share what is known.
  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    []
  }

  func target(polledAs poll: PollSettings) -> Target {
    var poll = poll
    poll.interval = max(poll.interval, Self.paceMin)
    return Target(instance: watch.settings.tier, collector: self, poll: poll)
  }

  package func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    watch.callAfterChange(poll.newsArrived)
    let began = watch.now
    do throws(ProxmoxError) {
      let guests = try await client.get(
        "/cluster/resources",
        parameters: [("type", "vm")],
        timeout: poll.timeout / 2
      ).data
      let places = Self.places(guests)
      await withTaskGroup(of: (String, Bool?).self) { group in
        for member in members {
          guard let place = places[member.guest] else {
            watch.note { $0.forget(.proxmox, member.name) }
            continue
          }
          group.addTask {
            (member.name, await self.hasAddress(member.guest, place, poll.timeout / 2))
          }
        }
        for await (name, answer) in group {
          watch.note { sightings in
            if let answer {
              sightings.note(.proxmox, name, hasAddress: answer, at: began)
            } else {
              sightings.forget(.proxmox, name)
            }
          }
        }
      }
    } catch {
      watch.note { sightings in
        sightings.faults[.proxmox] = error.kind
        for member in members { sightings.forget(.proxmox, member.name) }
      }
      throw error.collectionError
    }
    watch.note { $0.faults[.proxmox] = nil }
    return Collection(samples: [])
  }

  /// Where the containers are that run.
  private static func places(_ rows: JSONTree) -> [Int: String] {
    var places: [Int: String] = [:]
    for row in rows.items where row["type"]?.string == "lxc" && row["status"]?.string == "running" {
      guard let id = row["vmid"]?.int.flatMap({ Int(exactly: $0) }), let node = row["node"]?.string
      else { continue }
      places[id] = node
    }
    return places
  }

  /// Nil when nobody says.
  private func hasAddress(_ guest: Int, _ node: String, _ timeout: Duration) async -> Bool? {
    let path = "/nodes/\(URLText.encoded(node))/lxc/\(guest)/interfaces"
    do throws(ProxmoxError) {
      let interfaces = try await client.get(path, node: node, timeout: timeout).data
      return GuestInterfaces.hasAddress(watch.settings.address, in: interfaces)
    } catch {
      return nil
    }
  }
}

/// The reply to `/nodes/N/lxc/V/interfaces`.
enum GuestInterfaces {
  /// Whether one of the interfaces has the address; nil when the reply cannot tell.
  ///
  /// Proxmox VE lists all addresses from 8.4 on; before that only one of each family is told, the
  /// last, so that an address that is not there says nothing.
  static func hasAddress(_ address: InternetAddress, in reply: JSONTree) -> Bool? {
    guard case .list(let interfaces) = reply else { return nil }
    var isComplete = true
    for interface in interfaces.prefix(InterfaceAddresses.countMax) {
      let all = interface["ip-addresses"]?.items
      isComplete = isComplete && all != nil
      let listed = (all ?? []).prefix(InterfaceAddresses.countMax)
        .compactMap { $0["ip-address"]?.string }
      let single = ["inet", "inet6"].compactMap { interface[$0]?.string }
      for text in listed + single where InternetAddress(text.prefix { $0 != "/" }) == address {
        return true
      }
    }
    return isComplete ? false : nil
  }
}
