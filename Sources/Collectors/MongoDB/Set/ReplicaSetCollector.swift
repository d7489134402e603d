// SPDX-License-Identifier: MIT
import Architecture
package import Configuration
import Logging
package import MetricModel
import MongoWire
import Net
package import Polling
import Synchronization
import Topology

/// Asks all members of a replica set at the same moment, and says what follows from their views.
package final class ReplicaSetCollector: Collector {
  package static let name = "mongodb_set"
  package static var metrics: [MetricDefinition] { MongoDBMetrics.set }

  /// How old the configuration may be: votes and delays change seldom.
  private static let configAge = Duration.seconds(60)

  /// What is remembered from poll to poll.
  private struct Memory {
    var lags = LagMemory()
    var config = ReplicaSetConfig()
    var configTime = Timestamp.distantPast
    /// The newest election that was seen.
    var electedTerm: Int64?
    var elections = 0
  }

  /// One member: what is asked, and what tells by itself.
  private struct Member {
    let session: MemberSession
    let watch: ChangeWatch
  }

  private let members: [Member]
  /// The set's name in the settings, and the tier that it is.
  private let declared: (name: String, tier: String)
  /// What members are called in the settings.
  private let names: SetMemberNames
  private let memory = Mutex(Memory())

  init(
    _ endpoints: [MongoEndpoint],
    of declared: [DeclaredMember] = [],
    named name: String = "",
    in tier: String = "",
    using connector: StreamConnector,
    sharing book: MemberBook = MemberBook(),
    logger: Logger? = nil
  ) {
    names = SetMemberNames(declared)
    self.declared = (name, tier)
    members = endpoints.map { endpoint in
      Member(
        session: book.session(endpoint, using: connector, logger: logger),
        watch: ChangeWatch(endpoint, using: connector)
      )
    }
  }

  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    let settings = MongoDBSettings(reading: declared.root.section("mongodb"))
    return declared.tiers.compactMap { tier, tierSection -> Target? in
      guard let section = tierSection.section("mongodb") else { return nil }
      let tierSettings = MongoDBTierSettings(reading: section)
      guard !tierSettings.replicaSet.isEmpty else { return nil }
      let endpoints = tier.members.map { member in
        settings.endpoint(address: member.address, port: tierSettings.port)
      }
      return Target(
        instance: tierSettings.replicaSet,
        tier: tier.name,
        about: .tier(tier.name),
        collector: ReplicaSetCollector(
          endpoints,
          of: tier.members,
          named: tierSettings.replicaSet,
          in: tier.name,
          using: services.streams,
          sharing: .shared(services),
          logger: services.logger
        ),
        poll: declared.poll.overridden(by: section)
      )
    }
  }

  package func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    // A hung member must not use up the time in which the others were heard.
    let deadline = Deadline(after: poll.timeout * 9 / 10)
    let outcomes = await withTaskGroup(of: Result<ReplicaSetStatus, CollectionError>.self) {
      group in
      for member in members {
        group.addTask { await self.view(member, poll, deadline) }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let views = outcomes.compactMap { try? $0.get() }
    guard !views.isEmpty else {
      for case .failure(let error) in outcomes { throw error }
      throw .unreachable(kind: "no_members", reason: "the tier has no members")
    }
    return Collection(samples: samples(of: views, at: poll.time))
  }

  private func view(
    _ member: Member,
    _ poll: Poll,
    _ deadline: Deadline
  ) async -> Result<ReplicaSetStatus, CollectionError> {
    do throws(MongoError) {
      let session = member.session
      let reply = try await session.withTurn(until: deadline) { () async throws(MongoError) in
        let answer = try await session.ask(.replicaSetStatus(), at: poll.time, until: deadline)
        await refreshConfig(session, poll.time, deadline)
        if let wake = poll.connectionClosed { await session.watch(as: Self.name, wake) }
        return answer.reply
      }
      if let wake = poll.connectionClosed { member.watch.keep(wake) }
      return Result { () throws(CollectionError) in try ReplicaSetStatus(reply) }
    } catch {
      return .failure(CollectionError(error))
    }
  }

  /// Asks the first member that answers; without an answer the old configuration is kept.
  private func refreshConfig(
    _ session: MemberSession,
    _ time: Timestamp,
    _ deadline: Deadline
  ) async {
    let isDue = memory.withLock { memory in
      let isDue = memory.configTime == .distantPast || time - memory.configTime >= Self.configAge
      if isDue { memory.configTime = time }
      return isDue
    }
    guard isDue else { return }
    do throws(MongoError) {
      let answer = try await session.ask(.replicaSetConfig, at: time, until: deadline)
      let config = ReplicaSetConfig(answer.reply)
      memory.withLock { $0.config = config }
    } catch {
      // No member has to tell: votes and delays are then taken for the usual ones.
    }
  }

  /// What the views of one moment become; remembers what the next moment needs.
  func samples(of views: [ReplicaSetStatus], at time: Timestamp) -> [CollectedSample] {
    let (merged, bounds, elections) = memory.withLock { memory in
      let merged = MergedReplicaSet(views, memory.config)
      let now = time.unixSeconds
      let own = views.first { $0.own?.name == merged.primary && merged.primary != nil }
      if let optime = own?.own?.optime { memory.lags.note(primary: optime, atSeconds: now) }
      var bounds: [String: Double] = [:]
      for view in views {
        guard let member = view.own, let optime = member.optime else { continue }
        bounds[member.name] = memory.lags.bound(at: optime, nowSeconds: now)
      }
      if let term = own?.term {
        // A lower term is another set of the same name.
        if let last = memory.electedTerm, term > last { memory.elections += 1 }
        memory.electedTerm = term
      }
      return (merged, bounds, memory.elections)
    }
    return samples(of: merged, bounds, elections: elections) + foreignNames(in: views)
  }

  /// Members that belong to a set of another name than the declared one.
  private func foreignNames(in views: [ReplicaSetStatus]) -> [CollectedSample] {
    guard !declared.name.isEmpty else { return [] }
    let foreign = Set(views.map(\.set)).subtracting([declared.name, ""])
    return foreign.sorted().prefix(members.count).map { found in
      let labels = [
        "component": "tier", "name": declared.tier, "aspect": "replica_set_name",
        "expected": declared.name, "found": String(found.prefix(128)),
      ]
      return CollectedSample(TopologyMetrics.deviation, 1, labels)
    }
  }

  private func samples(
    of merged: MergedReplicaSet,
    _ bounds: [String: Double],
    elections: Int
  ) -> [CollectedSample] {
    var samples = [
      CollectedSample(MongoDBMetrics.setPrimaries, Double(merged.claimants)),
      CollectedSample(MongoDBMetrics.setElections, Double(elections)),
      CollectedSample(MongoDBMetrics.setBrokenLinks, Double(merged.brokenLinks)),
      CollectedSample(MongoDBMetrics.setDisputed, Double(merged.disputedMembers)),
    ]
    func add(_ metric: MetricDefinition, _ value: Double?, _ labels: [String: String] = [:]) {
      if let value { samples.append(CollectedSample(metric, value, labels)) }
    }
    add(MongoDBMetrics.setTerm, merged.term.map(Double.init))
    add(MongoDBMetrics.setElectionTime, merged.electionSeconds.map(Double.init))
    if let votes = merged.votesTogether, let majority = merged.majority {
      add(MongoDBMetrics.setHasMajority, votes >= majority ? 1 : 0)
      add(MongoDBMetrics.setSpareVotes, Double(votes - majority))
    }
    for member in merged.members {
      let name = names.member(called: member.name) ?? member.name
      let labels = ["member": name]
      add(MongoDBMetrics.setPrimary, member.name == merged.primary ? 1 : 0, labels)
      add(MongoDBMetrics.setMemberState, member.state.map(Double.init), labels)
      add(MongoDBMetrics.setMemberAnswers, member.isAnswering ? 1 : 0, labels)
      add(MongoDBMetrics.setBehindNewest, member.behindNewestSeconds, labels)
      if let lag = member.lag {
        add(
          MongoDBMetrics.setLag,
          lag.isOwn ? min(lag.seconds, bounds[member.name] ?? lag.seconds) : lag.seconds,
          ["member": name, "source": lag.isOwn ? "own" : "heartbeat"]
        )
      }
    }
    return samples
  }
}
