// SPDX-License-Identifier: MIT
import Architecture
package import Configuration
package import MetricModel
import MongoWire
import Net
package import Polling
import Synchronization

/// Asks one member of a replica set for its view of the set and for its own figures.
package final class MongoDBCollector: Collector {
  package static let name = "mongodb"
  package static var metrics: [MetricDefinition] { MongoDBMetrics.member }

  /// Sections of serverStatus that are large and not looked at.
  private static let unwanted = [
    "locks", "tcmalloc", "metrics", "indexBulkBuilder", "shardedIndexConsistency",
    "transportSecurity",
    "logicalSessionRecordCache", "opLatencies", "internalTransactions",
  ]

  private let session: MemberSession
  /// The member copied all data when it was last asked: it has more to tell, which is long and left
  /// out otherwise.
  private let isCopying = Mutex(false)
  private let featureVersion = Mutex(FeatureVersion())

  /// What is remembered of the feature compatibility version, which seldom changes.
  private struct FeatureVersion {
    static let pace = Duration.seconds(300)

    var samples: [CollectedSample] = []
    var askedAt: Timestamp?

    /// A clock that was set back must not keep it from being asked.
    func isDue(at time: Timestamp) -> Bool {
      guard let askedAt, askedAt <= time else { return true }
      return time - askedAt >= Self.pace
    }
  }

  init(_ session: MemberSession) {
    self.session = session
  }

  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    let settings = MongoDBSettings(reading: declared.root.section("mongodb"))
    return declared.tiers.flatMap { tier, tierSection -> [Target] in
      guard let section = tierSection.section("mongodb") else { return [] }
      let tierSettings = MongoDBTierSettings(reading: section)
      let polls = declared.polls(of: tierSection, in: section)
      return zip(tier.members, polls).map { member, poll in
        let endpoint = settings.endpoint(address: member.address, port: tierSettings.port)
        return Target(
          instance: member.name,
          tier: tier.name,
          node: member.node,
          collector: MongoDBCollector(
            MemberBook.shared(services)
              .session(endpoint, using: services.streams, logger: services.logger)
          ),
          poll: poll
        )
      }
    }
  }

  package func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    let deadline = Deadline(after: poll.timeout)
    do throws(MongoError) {
      return try await session.withTurn(until: deadline) { () async throws(MongoError) in
        try await ask(poll, until: deadline)
      }
    } catch .cancelled {
      throw .cancelled
    } catch {
      switch error {
      case .loginRefused, .loginFailed:
        // The member lives; it is the settings or its users that have to be mended.
        let samples = [
          CollectedSample(MongoDBMetrics.up, 1), CollectedSample(MongoDBMetrics.loggedIn, 0),
          Self.partial("login", error),
        ]
        return Collection(samples: samples)
      default:
        let samples = [CollectedSample(MongoDBMetrics.up, 0)]
        return Collection(samples: samples, failure: CollectionError(error), isUp: false)
      }
    }
  }

  private static func partial(_ part: String, _ error: MongoError) -> CollectedSample {
    let reason =
      if case .commandRefused(let refusal) = error, let code = refusal.code {
        refusal.codeName.isEmpty ? "code \(code)" : refusal.codeName
      } else {
        error.kind
      }
    return CollectedSample(
      IngestMetrics.collectorPartial,
      1,
      ["part": part, "reason": String(reason.prefix(64))]
    )
  }

  /// How the member sees the set, or why it does not tell.
  private struct View {
    let connection: MongoConnection
    /// Nil when it is not known.
    let state: Int?
    let samples: [CollectedSample]
  }

  private func ask(_ poll: Poll, until deadline: Deadline) async throws(MongoError) -> Collection {
    let view = try await view(poll, until: deadline)
    let connection = view.connection
    var samples = [
      CollectedSample(MongoDBMetrics.up, 1),
      CollectedSample(MongoDBMetrics.loggedIn, connection.isLoggedIn ? 1 : 0),
    ]
    samples += view.samples
    // An arbiter that knows nobody refuses everything.
    if connection.isLoggedIn || view.state != ReplicaSetStatus.State.arbiter {
      samples += try await details(connection, view.state, until: deadline)
      samples += try await featureVersion(connection, at: poll.time, until: deadline)
    }
    if let closed = poll.connectionClosed { await session.watch(as: Self.name, closed) }
    return Collection(samples: samples)
  }

  private func view(_ poll: Poll, until deadline: Deadline) async throws(MongoError) -> View {
    let left = deadline.left
    let refused: (error: MongoError, refusal: CommandRefusal)
    do throws(MongoError) {
      let question = ReadCommand.replicaSetStatus(hasInitialSync: isCopying.withLock { $0 })
      let answer = try await session.ask(question, at: poll.time, until: deadline)
      let spent = left - deadline.left
      let status = try Self.status(answer.reply)
      isCopying.withLock { $0 = status.myState == ReplicaSetStatus.State.startup2 }
      return View(
        connection: answer.connection,
        state: status.myState,
        samples: MemberSamples.samples(of: status, at: poll.time + spent / 2)
      )
    } catch {
      guard case .commandRefused(let refusal) = error, !refusal.isShuttingDown else { throw error }
      refused = (error, refusal)
    }
    // The refusal came over a connection that is still good.
    let connection = try await session.connect(at: poll.time, until: deadline)
    let state = Self.state(refused.refusal, connection.hello)
    var samples: [CollectedSample] = []
    if let state { samples.append(CollectedSample(MongoDBMetrics.myState, Double(state))) }
    if state != ReplicaSetStatus.State.arbiter {
      samples.append(Self.partial("replSetGetStatus", refused.error))
    }
    return View(connection: connection, state: state, samples: samples)
  }

  private static func status(_ reply: BSONDocument) throws(MongoError) -> ReplicaSetStatus {
    do throws(CollectionError) {
      return try ReplicaSetStatus(reply)
    } catch {
      if case .malformedReply(let path, let reason) = error {
        throw .malformed(path: path, reason: reason)
      }
      throw .malformed(path: "replSetGetStatus", reason: "\(error)")
    }
  }

  /// The state of a member that does not tell its view; nil when it cannot be known.
  private static func state(_ refusal: CommandRefusal, _ hello: HelloReply) -> Int? {
    switch refusal.code {
    case CommandRefusal.Code.notYetInitialized: ReplicaSetStatus.State.startup
    case CommandRefusal.Code.invalidReplicaSetConfig: ReplicaSetStatus.State.removed
    default: hello.role == .arbiter ? ReplicaSetStatus.State.arbiter : nil
    }
  }

  /// Figures of which each may be refused alone.
  private func details(
    _ connection: MongoConnection,
    _ state: Int?,
    until deadline: Deadline
  ) async throws(MongoError) -> [CollectedSample] {
    var samples: [CollectedSample] = []
    do throws(MongoError) {
      let reply = try await connection.run(
        .serverStatus(leavingOut: Self.unwanted),
        within: deadline.left
      )
      samples += MemberSamples.samples(ofServer: reply)
    } catch {
      guard case .commandRefused = error else { throw error }
      samples.append(Self.partial("serverStatus", error))
    }
    // Other states do not let anybody read.
    guard state == 1 || state == 2 else { return samples }
    do throws(MongoError) {
      let first = try await connection.run(.oplogEnd(isNewest: false), within: deadline.left)
      let last = try await connection.run(.oplogEnd(isNewest: true), within: deadline.left)
      if let first = MemberSamples.oplogEntry(first), let last = MemberSamples.oplogEntry(last) {
        let window = max(0, Double(last.seconds) - Double(first.seconds))
        samples.append(CollectedSample(MongoDBMetrics.oplogWindow, window))
      }
    } catch {
      guard case .commandRefused = error else { throw error }
      samples.append(Self.partial("oplog", error))
    }
    return samples
  }

  private func featureVersion(
    _ connection: MongoConnection,
    at time: Timestamp,
    until deadline: Deadline
  ) async throws(MongoError) -> [CollectedSample] {
    let known = featureVersion.withLock { $0.isDue(at: time) ? nil : $0.samples }
    if let known { return known }
    let samples: [CollectedSample]
    do throws(MongoError) {
      let name = "featureCompatibilityVersion"
      let reply = try await connection.run(.parameters([name]), within: deadline.left)
      samples = MemberSamples.samples(ofFeatureVersion: reply[path: name, "version"])
    } catch {
      guard case .commandRefused = error else { throw error }
      samples = [Self.partial("getParameter", error)]
    }
    featureVersion.withLock { $0 = FeatureVersion(samples: samples, askedAt: time) }
    return samples
  }
}
