// SPDX-License-Identifier: MIT
package import Configuration
package import MetricModel
package import Polling
import RemoteShell

/// Asks one member by ssh whether it has the floating address, whether its keepalived runs and what
/// state that is in, for the watch over its virtual router.
///
/// It makes no series of its own, and its target has no tier: that ssh does not answer says nothing
/// of the member's work.
package final class VRRPHostCollector: Collector {
  package static let name = "vrrp_host"
  package static var metrics: [MetricDefinition] { [] }

  private let watch: RouterWatch
  private let member: String
  private let number: Int
  private let share: HostShare

  private init(_ watch: RouterWatch, _ number: Int, _ share: HostShare) {
    self.watch = watch
    self.number = number
    self.share = share
    member = watch.settings.members[number].name
  }

  /// None: ``VRRPCollector`` makes them, as they share what is known.
  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    []
  }

  /// One target for each member that can be asked.
  static func targets(
    _ watch: RouterWatch,
    asking hosts: HostBook,
    polledAs poll: PollSettings
  ) -> [Target] {
    guard watch.settings.witnesses.contains(.ssh) else { return [] }
    let targets = watch.settings.members.enumerated().compactMap { number, member -> Target? in
      guard let facts = facts(of: member, hosts) else { return nil }
      let share = facts.share(every: poll.interval) { _ in
        [.addresses, .processes(of: .keepalived)]
          + (watch.isReportDue(of: member.name) ? [.keepalivedData] : [])
          + (watch.isTextDue(of: member) ? [.keepalivedText] : [])
      }
      return Target(
        instance: member.name,
        slotKey: share.slotKey,
        collector: VRRPHostCollector(watch, number, share),
        poll: poll
      )
    }
    if targets.isEmpty { watch.note { $0.faults[.ssh] = "not_configured" } }
    return targets
  }

  /// An address can always be given to ssh; nil without the section `ssh`.
  private static func facts(of member: VRRPSettings.Member, _ hosts: HostBook) -> HostFacts? {
    do throws(SSHSettingsFault) {
      return try hosts.facts(at: "\(member.address)")
    } catch {
      return nil
    }
  }

  package func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    // 0 is Proxmox.
    watch.callAfterChange(poll.newsArrived, number: number + 1)
    let began = watch.now
    do throws(CollectionError) {
      let answer = try await share.ask(poll)
      let sight = HostSight(
        watch.settings.address,
        addresses: answer[.addresses],
        processes: answer[.processes(of: .keepalived)]
      )
      watch.note { sightings in
        sightings.noteHost(member)
        sight.note(in: &sightings, of: member, at: began)
        noteReport(answer, in: &sightings, poll, at: began)
        noteText(answer, in: &sightings, at: began)
      }
      return Collection(samples: [])
    } catch .cancelled {
      throw .cancelled
    } catch {
      watch.note { $0.forgetHost(member, fault: error.kind) }
      throw error
    }
  }

  /// What keepalived itself says, when it was asked this time.
  private func noteReport(
    _ answer: HostAnswer,
    in sightings: inout RouterSightings,
    _ poll: Poll,
    at now: Timestamp
  ) {
    guard let section = answer[.keepalivedData] else { return }
    guard section.outcome != .missing else {
      sightings.noteKeepalivedWithoutJSON(member)
      return
    }
    do throws(CollectionError) {
      let text = try Optional(section).good("keepalived", timeout: poll.timeout)
      do throws(HostReplyFault) {
        let report = try KeepalivedReport.read(text)
        let word = KeepalivedSightings.Word(
          report,
          of: watch.settings,
          at: now,
          wall: answer.unixSeconds
        )
        sightings.noteKeepalived(
          member,
          says: word,
          fault: word == nil ? "malformed" : nil,
          at: now
        )
      } catch {
        sightings.noteKeepalived(member, says: nil, fault: "malformed", at: now)
      }
    } catch {
      // One that does not run is known; that it cannot be asked is no fault.
      let fault = section.outcome == .notRunning ? nil : error.kind
      sightings.noteKeepalived(member, says: nil, fault: fault, at: now)
    }
  }
}

extension VRRPHostCollector {
  /// What the text says, when it was asked for; what cannot be read says nothing.
  private func noteText(
    _ answer: HostAnswer,
    in sightings: inout RouterSightings,
    at now: Timestamp
  ) {
    guard let section = answer[.keepalivedText] else { return }
    var text: KeepalivedDump?
    if section.outcome == .good, !section.isTruncated {
      do throws(HostReplyFault) {
        text = try KeepalivedDump(reading: section.output)
      } catch {
        text = nil
      }
    }
    sightings.noteKeepalived(member, text: text, at: now)
  }
}

/// What one member tells of itself; nil where it does not say.
struct HostSight: Equatable {
  var hasAddress: Bool?
  /// For how long keepalived has run; nil within when it does not, or stands still.
  var keepalivedAge: Duration??

  /// Reads the sections of an answer.
  init(
    _ address: InternetAddress,
    addresses: RemoteSection?,
    processes: RemoteSection?
  ) {
    if let addresses, addresses.outcome == .good, !addresses.isTruncated {
      do throws(HostReplyFault) {
        hasAddress = try InterfaceAddresses.read(addresses.output).holder(of: address) != nil
      } catch {
        hasAddress = nil
      }
    }
    guard let processes, processes.outcome == .good, !processes.isTruncated else { return }
    do throws(HostReplyFault) {
      let listing = try ProcessListing(reading: processes.output)
      // A parent without its child, or one that stands still, routes nothing.
      let isWhole =
        listing.processes.count > 1
        && listing.processes.allSatisfy { $0.state == .running }
      let age = listing.processes.map(\.age).min()
      keepalivedAge = .some(isWhole ? age : nil)
    } catch {
      keepalivedAge = nil
    }
  }

  func note(in sightings: inout RouterSightings, of member: String, at now: Timestamp) {
    if let hasAddress {
      sightings.note(.ssh, member, hasAddress: hasAddress, at: now)
    } else {
      sightings.forget(.ssh, member)
    }
    if let keepalivedAge {
      sightings.noteKeepalived(member, since: keepalivedAge.map { now - $0 }, at: now)
    }
  }
}
