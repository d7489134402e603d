// SPDX-License-Identifier: MIT
import MongoWire

/// What follows from all views of one moment together; each alone is one opinion, partly old.
struct MergedReplicaSet: Equatable, Sendable {
  /// How far a member is behind the primary.
  struct Lag: Equatable, Sendable {
    let seconds: Double
    /// By the member's own word; else by what the primary heard of it some seconds ago.
    let isOwn: Bool
  }

  /// One member of the configuration.
  struct Member: Equatable, Sendable {
    let name: String
    /// By its own word, or by the primary's or anybody's; nil when nobody says.
    var state: Int?
    /// It answered the question itself.
    var isAnswering: Bool
    /// Nil for arbiters, members without data yet, stale primaries, and without a primary.
    var lag: Lag?
    /// Seconds behind the newest member that answered; known without a primary too.
    var behindNewestSeconds: Double?
  }

  /// Every member that anybody names, by name.
  let members: [Member]
  /// The member that takes writes; of several that claim to, the one of the highest term.
  let primary: String?
  /// The highest term anybody knows.
  let term: Int64?
  /// How many members say to be the primary.
  let claimants: Int
  /// Pairs of which one sees the other as down although both answer.
  let brokenLinks: Int
  /// Members about whose state the answers differ.
  let disputedMembers: Int
  /// Votes of the largest group that one answering member sees; nil without an answer.
  let votesTogether: Int?
  /// Votes that elect a primary; nil without an answer.
  let majority: Int?
  /// When the primary was elected.
  let electionSeconds: UInt32?

  /// Merges views of one moment; a view whose member is not in the configuration counts nothing.
  init(_ views: [ReplicaSetStatus], _ config: ReplicaSetConfig) {
    var byName: [String: ReplicaSetStatus] = [:]
    for view in views {
      guard let name = view.own?.name else { continue }
      byName[name] = view
    }
    let claimants = byName.filter { $0.value.myState == ReplicaSetStatus.State.primary }
    let leader = claimants.max {
      ($0.value.term ?? -1, $0.value.electionSeconds ?? 0, $1.key)
        < ($1.value.term ?? -1, $1.value.electionSeconds ?? 0, $0.key)
    }
    primary = leader?.key
    electionSeconds = leader?.value.electionSeconds
    self.claimants = claimants.count
    term = byName.values.compactMap(\.term).max()
    let names = Set(byName.values.flatMap { $0.members.map(\.name) })
    let newest = byName.values.compactMap { $0.own?.optime }.max()
    members = names.sorted().map { name in
      Self.member(name, byName, leader?.value, newest, config)
    }
    brokenLinks = byName.values.reduce(0) { count, view in
      count
        + view.members.count { !$0.isSelf && $0.isHealthy == false && byName[$0.name] != nil }
    }
    disputedMembers = names.count { name in
      Set(byName.values.compactMap { view in view.members.first { $0.name == name }?.state }).count
        > 1
    }
    func votes(_ name: String) -> Int { config.votes[name] ?? 1 }
    votesTogether = byName.values.map { view in
      view.members.reduce(0) { $0 + ($1.isHealthy == true ? votes($1.name) : 0) }
    }.max()
    let allVotes = byName.values.compactMap(\.voters).max() ?? names.reduce(0) { $0 + votes($1) }
    majority =
      byName.isEmpty ? nil : byName.values.compactMap(\.majority).max() ?? allVotes / 2 + 1
  }

  private static func member(
    _ name: String,
    _ views: [String: ReplicaSetStatus],
    _ leader: ReplicaSetStatus?,
    _ newest: BSONTimestamp?,
    _ config: ReplicaSetConfig
  ) -> Member {
    let own = views[name]
    let heard = leader?.members.first { $0.name == name }
    let anybody = views.keys.sorted().lazy.compactMap { key in
      views[key]?.members.first { $0.name == name }
    }.first
    var member = Member(
      name: name,
      state: own?.myState ?? heard?.state ?? anybody?.state,
      isAnswering: own != nil
    )
    if let optime = own?.own?.optime, let newest {
      member.behindNewestSeconds = Double(newest.seconds) - Double(optime.seconds)
    }
    guard let reached = leader?.own?.optime, member.state != ReplicaSetStatus.State.arbiter else {
      return member
    }
    func behind(_ optime: BSONTimestamp) -> Double {
      // A secondary may have more than the primary had a moment before.
      let raw = max(0, Double(reached.seconds) - Double(optime.seconds))
      return max(0, raw - (config.delaySeconds[name] ?? 0))
    }
    if let own {
      // A primary of an older term does not follow this one.
      let isStale = own.myState == ReplicaSetStatus.State.primary && own != leader
      if let optime = own.own?.optime, !isStale {
        member.lag = Lag(seconds: behind(optime), isOwn: true)
      }
    } else if let heard, heard.isHealthy == true, let optime = heard.optime {
      member.lag = Lag(seconds: behind(optime), isOwn: false)
    }
    return member
  }
}

/// What the primary had reached when, to tell a lag from the silence between two writes.
///
/// An idle set writes nothing for ten seconds and then one entry: for a moment a secondary that is
/// a millisecond late seems to be ten seconds behind. It is behind by no more than the time since
/// the primary was last seen where the secondary is.
struct LagMemory: Sendable {
  private struct Reached {
    let optime: BSONTimestamp
    /// When the primary was last seen there.
    var lastSeconds: Double
  }

  private static let limit = 512
  private var reached: [Reached] = []

  /// Notes where the primary is.
  mutating func note(primary optime: BSONTimestamp, atSeconds now: Double) {
    // Another primary may have less: what was reached before was undone.
    if let last = reached.last, optime < last.optime { reached = [] }
    if reached.last?.optime == optime {
      reached[reached.count - 1].lastSeconds = now
    } else {
      reached.append(Reached(optime: optime, lastSeconds: now))
    }
    if reached.count > Self.limit { reached.removeFirst() }
  }

  /// The most that a member at `optime` can be behind; nil when the primary was never seen there.
  func bound(at optime: BSONTimestamp, nowSeconds now: Double) -> Double? {
    reached.last { $0.optime <= optime }.map { max(0, now - $0.lastSeconds) }
  }
}
