// SPDX-License-Identifier: MIT
import Architecture
package import Configuration
package import MetricModel
package import Polling
import Topology

/// Tells who is master of one virtual router.
///
/// Nothing is asked in a poll: it tells what was heard by then, and news bring a poll forward. The
/// target is the whole router, so the label `instance` is free for its members.
package final class VRRPCollector: Collector {
  package static let name = "vrrp"
  package static var metrics: [MetricDefinition] { VRRPMetrics.all }

  private let watch: RouterWatch

  init(_ watch: RouterWatch) {
    self.watch = watch
  }

  deinit {
    watch.end()
  }

  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    let proxmox = ProxmoxSettings(reading: declared).map {
      ProxmoxClient($0, http: services.http)
    }
    return declared.tiers.flatMap { tier, tierSection -> [Target] in
      guard let section = tierSection.section("vrrp"),
        let settings = VRRPSettings(tier, tierSection, section)
      else { return [] }
      let watch = RouterWatch(settings, logger: services.logger)
      let poll = declared.poll.overridden(by: section)
      let router = Target(
        instance: "",
        tier: tier.name,
        about: .tier(tier.name),
        collector: VRRPCollector(watch),
        poll: poll
      )
      let hosts = VRRPHostCollector.targets(
        watch,
        asking: HostBook.shared(declared, services),
        polledAs: poll
      )
      let guests = VRRPGuestCollector(watch, proxmox)
      return [router] + hosts + [guests?.target(polledAs: poll)].compactMap { $0 }
    }
  }

  package func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    let now = watch.now
    noteNeighbours(at: now)
    let sightings = watch.sightings(newsArrived: poll.newsArrived, at: now)
    return Collection(samples: RouterSamples(sightings, now: now, wall: poll.time).all)
  }

  /// Whose network card has the floating address.
  private func noteNeighbours(at now: Timestamp) {
    let settings = watch.settings
    guard settings.witnesses.contains(.probe), settings.address.isIPv4 else { return }
    let addresses = settings.members.map(\.address)
    let owner = NeighbourTable.current.owner(of: settings.address, among: addresses)
    watch.note { sightings in
      // An entry that nobody has confirmed lately may be of a host that is gone.
      let isAlive = sightings.lastEcho.map { now - $0 < .seconds(1) } ?? false
      for member in settings.members {
        if let owner, isAlive {
          sightings.note(.probe, member.name, hasAddress: member.address == owner, at: now)
        } else {
          sightings.forget(.probe, member.name)
        }
      }
    }
  }
}
