// SPDX-License-Identifier: MIT
import Architecture
package import Configuration
package import MetricModel
package import Polling
import Topology

/// Asks the host of one nginx, by ssh, what nginx is configured to do and what its error log says.
///
/// Only where the settings say what to expect. `up` says whether the host could be asked; parts
/// that the account may not see are `hvsmon_collector_partial`.
package final class NginxHostCollector: Collector {
  package static let name = "nginx_host"
  package static var metrics: [MetricDefinition] { NginxHostMetrics.all }

  /// Questions for the rest of a log that grew faster than one answer tells.
  private static let extraQuestionsMax = 3

  private let member: DeclaredMember
  private let expectation: NginxExpectation
  private let book: NginxTierBook
  private let watch: NginxHostWatch
  private let share: HostShare
  /// The declared members of all tiers by their addresses.
  private let members: [String: String]

  private init(
    _ member: DeclaredMember,
    _ expectation: NginxExpectation,
    _ book: NginxTierBook,
    _ facts: HostFacts,
    _ members: [String: String],
    every interval: Duration
  ) {
    self.member = member
    self.members = members
    self.expectation = expectation
    self.book = book
    let watch = NginxHostWatch(polledEvery: interval)
    self.watch = watch
    share = facts.share(every: interval) { watch.wishes(at: $0) }
  }

  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    let hosts = HostBook.shared(declared, services)
    let members = Dictionary(
      declared.tiers.flatMap { tier, _ in tier.members.map { ($0.address, $0.name) } }
    ) { first, _ in first }
    return declared.tiers.flatMap { tier, tierSection -> [Target] in
      guard let section = tierSection.section("nginx"), let keys = section.section("expect")
      else { return [] }
      let expectation = NginxExpectation(reading: keys)
      let book = NginxTierBook.shared(by: tier.name, services)
      let polls = declared.polls(of: tierSection, in: section)
      return zip(tier.members, polls).compactMap { member, poll in
        guard let facts = hosts.facts(of: member, keys) else { return nil }
        let collector = NginxHostCollector(
          member,
          expectation,
          book,
          facts,
          members,
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
    let configuration = watch.configuration.take(answer, poll)
    let processes = watch.processes.take(answer, poll)
    var samples = Self.partial("configuration", configuration.failure)
    samples += Self.partial("processes", processes.failure)
    let began = processes.value.map { listing in
      NginxProcesses(listing, watch.starts(of: listing, readAt: processes.hostSeconds))
    }
    // First what was asked: the configuration may name other files from now on.
    for certificate in watch.certificates {
      let standing = certificate.fact.take(answer, poll)
      samples += Self.partial("certificate \(certificate.path)", standing.failure)
      if let facts = standing.value {
        samples += certificate.samples(of: facts, began?.workerStart, at: poll.time)
      }
    }
    let failure = try await readLogs(answer, poll)
    samples += Self.partial("error_log", failure)
    // Whoever may not see it gets another answer than one whom nginx tells that it is wrong.
    let isRefused = configuration.failure?.kind == "command"
    if isRefused { samples.append(CollectedSample(NginxHostMetrics.valid, 0)) }
    if let found = configuration.value {
      watch.adopt(found)
      samples.append(CollectedSample(NginxHostMetrics.valid, 1))
      samples += self.samples(of: found)
    }
    if let began { samples += began.samples(with: configuration.value) }
    return Collection(samples: samples + watch.counts.samples(naming: members))
  }

  /// Counts what came to the logs, and asks for more while there is more; returns what went wrong.
  private func readLogs(
    _ first: HostAnswer,
    _ poll: Poll
  ) async throws(CollectionError) -> CollectionError? {
    var outcome = watch.takeLogs(first, poll)
    for _ in 0..<Self.extraQuestionsMax where outcome.hasMore && outcome.failure == nil {
      outcome = watch.takeLogs(try await share.ask(poll), poll)
    }
    return outcome.failure
  }

  private func samples(of found: NginxConfiguration) -> [CollectedSample] {
    let digest = NginxTierBook.digest(of: found.comparedLines, address: member.address)
    book.note(digest, expectation.hash(in: found), of: member.name)
    var samples = [CollectedSample(NginxHostMetrics.configuration, 1, ["hash": digest])]
    if let moved = book.movedRatio(member.name) {
      samples.append(CollectedSample(NginxHostMetrics.movedClients, moved))
    }
    if let differs = book.differs(member.name) {
      samples.append(CollectedSample(NginxHostMetrics.differs, differs ? 1 : 0))
    }
    return samples
      + expectation.deviations(of: found).map { point in
        CollectedSample(
          TopologyMetrics.deviation,
          1,
          [
            "component": "member", "name": member.name, "aspect": point.aspect,
            "expected": point.expected, "found": point.found,
          ]
        )
      }
  }

  private static func partial(_ part: String, _ failure: CollectionError?) -> [CollectedSample] {
    guard let failure else { return [] }
    let labels = ["part": part, "reason": failure.kind]
    return [CollectedSample(IngestMetrics.collectorPartial, 1, labels)]
  }
}
