// SPDX-License-Identifier: MIT
import Architecture
package import Configuration
package import MetricModel
package import Polling
import RemoteShell

/// Asks one host for the processes that PM2 runs there, by ssh; it never starts a daemon.
///
/// `up` says whether the host could be asked, `hvsmon_pm2_up` whether the processes work.
package final class PM2Collector: Collector {
  package static let name = "pm2"
  package static var metrics: [MetricDefinition] { PM2Metrics.all }

  /// What systemd starts with the machine changes seldom.
  private static let unitPace = Duration.seconds(60)

  private let samples: PM2Samples
  private let share: HostShare
  private let unitName: String
  private let unit: SlowFact<UnitFacts>

  private init(
    _ samples: PM2Samples,
    _ facts: HostFacts,
    _ unitName: String,
    _ unitCommand: RemoteCommand,
    every interval: Duration
  ) {
    self.samples = samples
    self.unitName = unitName
    let unit = SlowFact("unit", unitCommand, every: Self.unitPace) { text throws(HostReplyFault) in
      try UnitFacts(reading: text)
    }
    self.unit = unit
    share = facts.share(every: interval) { [.pm2List] + unit.wish(at: $0) }
  }

  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    let hosts = HostBook.shared(declared, services)
    return declared.tiers.flatMap { tier, tierSection -> [Target] in
      guard let section = tierSection.section("pm2") else { return [] }
      let settings = PM2Settings(reading: section)
      let polls = declared.polls(of: tierSection, in: section)
      guard let user = settings.user ?? hosts.user(wantedBy: section) else { return [] }
      let unitName = "pm2-\(user).service"
      let command: RemoteCommand
      do throws(RemoteCommandFault) {
        command = try .unit(unitName)
      } catch {
        section.report("user", "must be letters, digits, . _ or -, to have a unit pm2-USER.service")
        return []
      }
      return zip(tier.members, polls).compactMap { member, poll in
        guard let facts = hosts.facts(of: member, as: settings.user, section) else { return nil }
        let collector = PM2Collector(
          PM2Samples(settings: settings, member: member.name),
          facts,
          unitName,
          command,
          every: poll.interval
        )
        return Target(
          instance: member.name,
          tier: tier.name,
          node: member.node,
          slotKey: collector.share.slotKey,
          collector: collector,
          poll: poll
        )
      }
    }
  }

  package func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    let answer = try await share.ask(poll)
    let unitSamples = samples(of: unit.take(answer, poll).value)
    guard answer[.pm2List]?.outcome != .notRunning else {
      return withoutDaemon(unitSamples)
    }
    let text = try answer[.pm2List].good("pm2", timeout: poll.timeout)
    let reply: PM2Reply
    do throws(HostReplyFault) {
      reply = try PM2Reply(reading: text)
    } catch {
      throw error.failure(in: "pm2")
    }
    guard !reply.isOfNewDaemon else { return withoutDaemon(unitSamples) }
    let found = samples.samples(of: reply) + unitSamples
    guard let reason = samples.failure(of: reply) else { return Collection(samples: found) }
    let failure = CollectionError.unreachable(kind: "process", reason: reason)
    return Collection(samples: found, failure: failure, isUp: true)
  }

  private func withoutDaemon(_ unitSamples: [CollectedSample]) -> Collection {
    Collection(
      samples: samples.samplesWithoutDaemon + unitSamples,
      failure: .unreachable(kind: "daemon", reason: "no PM2 daemon runs for the account"),
      isUp: true
    )
  }

  private func samples(of unit: UnitFacts?) -> [CollectedSample] {
    guard let unit else { return [] }
    let isEnabled = unit.isLoaded && unit.isEnabled == true
    return [CollectedSample(PM2Metrics.unitEnabled, isEnabled ? 1 : 0, ["unit": unitName])]
  }
}
