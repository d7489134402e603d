// SPDX-License-Identifier: MIT
import MetricModel

/// What has become of one replica set and, should nothing else go wrong, will.
///
/// It is worked out from the faults alone, and again from each change of them on, so that every
/// instant can be asked about.
struct ReplicaSetCourse: Sendable {
  /// A time in which a member's process works.
  struct Run: Equatable {
    enum Ending: Equatable {
      /// Shut down: it hands over what it does.
      case orderly
      /// Its port refuses from then on.
      case killed
      /// Nobody answers for it from then on.
      case silent
    }

    let begin: Timestamp
    /// Nil: as far as can be seen.
    var end: Timestamp?
    var ending = Ending.killed
    /// It works since before the world began.
    let isOld: Bool
    /// It has no data, and takes all of it from another member.
    let isFirstSync: Bool
    /// What of the oplog it has when it starts, as in ``appliedClock(of:at:)``.
    let clock: Timestamp?

    func contains(_ instant: Timestamp) -> Bool {
      begin <= instant && end.map { instant < $0 } ?? true
    }
  }

  /// A time in which a member is the primary.
  struct Reign: Equatable {
    enum Reason: String {
      case electionTimeout
      case handOver = "stepUpRequestSkipDryRun"
    }

    let term: Int64
    /// The guest's number.
    let primary: Int
    let prior: Int?
    let begin: Timestamp
    /// Nil: as far as can be seen.
    var end: Timestamp?
    let reason: Reason

    func contains(_ instant: Timestamp) -> Bool {
      begin <= instant && end.map { instant < $0 } ?? true
    }
  }

  /// A time in which a member applies nothing.
  struct Stall: Equatable {
    let begin: Timestamp
    let end: Timestamp?
  }

  /// The timeout after which a secondary runs for election, MongoDB's default.
  static let electionTimeout = Duration.seconds(10)
  /// How long a process takes to become a secondary: a moment in STARTUP, in STARTUP2 and in
  /// RECOVERING.
  static let settling = (
    startup: Duration.milliseconds(300), startup2: Duration.milliseconds(1_200),
    recovering: Duration.milliseconds(2_500)
  )
  /// How long a first sync takes.
  static let firstSync = Duration.seconds(15)
  /// How much faster than it was written the oplog is applied.
  static let catchUpSpeed: Int64 = 10
  /// How many reigns, and runs of each member, are remembered.
  static let pastMax = 64

  let set: ClusterPlan.ReplicaSet
  /// By the guest's number, oldest first.
  let runs: [Int: [Run]]
  let stalls: [Int: [Stall]]
  /// Oldest first; never empty.
  private(set) var reigns: [Reign]
  let noise: SeededNoise

  /// Works it out anew from `instant` on, and keeps what was before.
  init(
    _ set: ClusterPlan.ReplicaSet,
    in world: SimulatedWorld,
    after past: ReplicaSetCourse? = nil,
    from instant: Timestamp = .distantPast
  ) {
    self.set = set
    noise = world.noise
    var runs: [Int: [Run]] = [:]
    var stalls: [Int: [Stall]] = [:]
    for guest in set.members {
      let own = world.periods.filter { $0.fault == .replicationStalled(guest.vmID) }
        .map { Stall(begin: $0.begin, end: $0.end) }
      stalls[guest.vmID] = own
      runs[guest.vmID] = Self.runs(
        of: guest,
        in: world,
        own,
        after: past?.runs[guest.vmID] ?? [],
        from: instant
      )
    }
    (self.runs, self.stalls) = (runs, stalls)
    reigns = (past?.reigns ?? []).filter { $0.begin < instant }.suffix(Self.pastMax)
    if reigns.isEmpty { reigns = [Self.firstReign(of: set, in: world)] }
    if let end = reigns[reigns.count - 1].end, end >= instant { reigns[reigns.count - 1].end = nil }
    while let next = reignAfterLast() { reigns.append(next) }
  }

  private static func firstReign(
    of set: ClusterPlan.ReplicaSet,
    in world: SimulatedWorld
  ) -> Reign {
    let age = Int64(world.noise.value(in: 300_000...900_000, "reign/\(set.name)"))
    return Reign(
      term: 1 + Int64(world.noise.bits("term/\(set.name)") % 9),
      primary: set.members[0].vmID,
      prior: nil,
      begin: world.start - .seconds(age),
      reason: .electionTimeout
    )
  }

  // MARK: Processes

  private static func runs(
    of guest: ClusterPlan.Guest,
    in world: SimulatedWorld,
    _ stalls: [Stall],
    after past: [Run],
    from instant: Timestamp
  ) -> [Run] {
    var runs = Array(past.filter { $0.begin < instant }.suffix(pastMax))
    if past.isEmpty {
      let start = world.startedAt(guest, at: world.start)
      runs = [Run(begin: start, isOld: true, isFirstSync: false, clock: start)]
    }
    if let end = runs.last?.end, end >= instant { runs[runs.count - 1].end = nil }
    for turn in turns(of: guest, in: world) where turn >= instant {
      let last = runs.count - 1
      if last >= 0, runs[last].end == nil {
        guard !world.isServing(guest, at: turn) else { continue }
        runs[last].end = turn
        runs[last].ending = ending(of: guest, at: turn, in: world)
      } else if world.isServing(guest, at: turn) {
        let before = runs.last
        runs.append(
          Run(
            begin: turn,
            isOld: false,
            isFirstSync: isFirstSync(guest, before, turn, world),
            clock: before.flatMap { applied(in: $0, until: turn, stalls) }
          )
        )
      }
    }
    return runs
  }

  /// Every instant at which the process may come or go, in order.
  private static func turns(
    of guest: ClusterPlan.Guest,
    in world: SimulatedWorld
  ) -> [Timestamp] {
    var turns: Set<Timestamp> = []
    for period in world.periods {
      switch period.fault {
      case .nodeDown, .guestStopped(guest.vmID), .guestMoved(guest.vmID, _),
        .processDown(guest.vmID), .dataLost(guest.vmID), .primaryDown:
        for turn in [period.begin, period.end].compactMap(\.self) {
          turns.formUnion([turn, turn + SimulatedWorld.guestStartDelay])
        }
        turns.insert(period.begin + SimulatedWorld.failoverDelay)
      default: break
      }
    }
    return turns.sorted()
  }

  private static func ending(
    of guest: ClusterPlan.Guest,
    at end: Timestamp,
    in world: SimulatedWorld
  ) -> Run.Ending {
    let faults = world.periods.filter { $0.begin == end || $0.end == end }.map(\.fault)
    let node = world.node(of: guest, at: end - .milliseconds(1))
    if faults.contains(.nodeDown(node)) { return .silent }
    for case .guestStopped(guest.vmID) in faults { return .orderly }
    for case .guestMoved(guest.vmID, _) in faults { return .orderly }
    return .killed
  }

  private static func isFirstSync(
    _ guest: ClusterPlan.Guest,
    _ before: Run?,
    _ begin: Timestamp,
    _ world: SimulatedWorld
  ) -> Bool {
    guard let before, let end = before.end else { return false }
    if before.isFirstSync, end < before.begin + firstSync { return true }
    return world.periods.contains { period in
      period.fault == .dataLost(guest.vmID)
        && period.begin < begin && period.end.map { end < $0 } ?? true
    }
  }

  // MARK: Elections

  private func run(of vmID: Int, at instant: Timestamp) -> Run? {
    runs[vmID]?.last { $0.contains(instant) }
  }

  private func votes(at instant: Timestamp) -> Int {
    set.members.count { run(of: $0.vmID, at: instant) != nil }
  }

  /// Instants after `instant` at which a member comes, is ready, or goes; in order.
  private func changes(after instant: Timestamp) -> [Timestamp] {
    runs.values.joined().flatMap { run in
      [run.begin, run.begin + Self.readiness(of: run), run.end].compactMap(\.self)
    }
    .filter { $0 > instant }.sorted()
  }

  /// When a process can be elected, from its beginning.
  static func readiness(of run: Run) -> Duration {
    if run.isOld { return .zero }
    return run.isFirstSync ? firstSync + .seconds(1) : settling.recovering
  }

  /// Ends the last reign if it ends, and finds the one after it.
  private mutating func reignAfterLast() -> Reign? {
    let last = reigns[reigns.count - 1]
    guard let end = last.end ?? endOf(last) else { return nil }
    reigns[reigns.count - 1].end = end
    let run = runs[last.primary]?.last { $0.end == end }
    let isHandedOver = run?.ending == .orderly
    let term = last.term + 1
    let wait: Duration =
      isHandedOver
      ? .milliseconds(1_200)
      // An eighth more at most, so that not all run at once.
      : Self.electionTimeout
        + .milliseconds(Int64(noise.value(in: 50...1_500, "offset/\(set.name)", term)))
    var instant = end + wait
    var attempt: Int64 = 0
    while true {
      if let winner = winner(at: instant, term: term) {
        return Reign(
          term: term,
          primary: winner,
          prior: last.primary,
          begin: instant,
          reason: isHandedOver && attempt == 0 ? .handOver : .electionTimeout
        )
      }
      guard let next = changes(after: instant).first else { return nil }
      attempt += 1
      let delay = noise.value(in: 300...2_500, "attempt/\(set.name)/\(attempt)", term)
      instant = next + .milliseconds(Int64(delay))
    }
  }

  /// The primary's process ends, or it has heard too few others for the election timeout.
  private func endOf(_ reign: Reign) -> Timestamp? {
    let death = run(of: reign.primary, at: reign.begin).map(\.end) ?? reign.begin
    let turns = changes(after: reign.begin)
    for (index, turn) in turns.enumerated() where votes(at: turn) < set.majority {
      if let death, death <= turn { break }
      let stepDown = turn + Self.electionTimeout
      let back = turns[index...].first { votes(at: $0) >= set.majority }
      guard back.map({ $0 > stepDown }) ?? true else { continue }
      return death.map { min($0, stepDown) } ?? stepDown
    }
    return death
  }

  /// Who is elected: a member that is ready and for which a majority votes, as nobody votes for one
  /// that has less of the oplog than itself.
  private func winner(at instant: Timestamp, term: Int64) -> Int? {
    let voters = set.members.filter { run(of: $0.vmID, at: instant) != nil }
    let newest = voters.map { opTime(of: $0.vmID, at: instant) }
    let candidates = zip(voters, newest).filter { guest, own in
      let isReady = run(of: guest.vmID, at: instant).map {
        $0.begin + Self.readiness(of: $0) <= instant
      }
      return isReady == true && newest.count { $0 <= own } >= set.majority
    }
    let winner = candidates.max { left, right in
      let luck = [left.0, right.0].map { noise.bits("candidate/\($0.vmID)", term) }
      return (left.1.seconds, luck[0]) < (right.1.seconds, luck[1])
    }
    return winner?.0.vmID
  }

  /// The guest that is the primary; nil when there is none.
  func primary(at instant: Timestamp) -> Int? {
    reigns.last { $0.contains(instant) }?.primary
  }

  // MARK: Data

  /// How far a member has applied the oplog, as the time at which that was written; nil while it
  /// has no data.
  func appliedClock(of vmID: Int, at instant: Timestamp) -> Timestamp? {
    if primary(at: instant) == vmID { return instant }
    guard let run = runs[vmID]?.last(where: { $0.begin <= instant }) else { return nil }
    return Self.applied(in: run, until: instant, stalls[vmID] ?? [])
  }

  private static func applied(in run: Run, until instant: Timestamp, _ stalls: [Stall])
    -> Timestamp?
  {
    let stop = min(instant, run.end ?? instant)
    var cursor = run.begin
    var clock = run.clock
    if run.isFirstSync {
      cursor = run.begin + firstSync
      clock = cursor <= stop ? cursor : nil
    } else if !run.isOld {
      cursor = run.begin + settling.startup2
    }
    guard cursor < stop, var clock else { return clock }
    func apply(until end: Timestamp) {
      let spent = end.unixMilliseconds - cursor.unixMilliseconds
      guard spent > 0 else { return }
      clock = min(end, clock + .milliseconds(spent * catchUpSpeed))
    }
    for stall in stalls where stall.begin < stop {
      let end = min(stall.end ?? stop, stop)
      guard end > cursor else { continue }
      apply(until: stall.begin)
      cursor = end
    }
    apply(until: stop)
    return clock
  }
}
