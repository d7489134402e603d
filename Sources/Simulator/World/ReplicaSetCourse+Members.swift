// SPDX-License-Identifier: MIT
import MetricModel

/// What a member of a replica set is, by MongoDB's numbers.
enum MemberState: Int32 {
  case startup = 0
  case primary = 1
  case secondary = 2
  case recovering = 3
  case startup2 = 5
  case down = 8

  /// MongoDB's word.
  var text: String {
    switch self {
    case .startup: "STARTUP"
    case .primary: "PRIMARY"
    case .secondary: "SECONDARY"
    case .recovering: "RECOVERING"
    case .startup2: "STARTUP2"
    case .down: "(not reachable/healthy)"
    }
  }
}

/// Which entry of the oplog, by MongoDB's order.
struct OpTime: Equatable, Comparable {
  let seconds: UInt32
  let increment: UInt32
  let term: Int64

  /// What members show that have no data or cannot be seen.
  static let none = OpTime(seconds: 0, increment: 0, term: -1)

  /// When it was written.
  var wallTime: Timestamp { Timestamp(wholeSeconds: Int64(seconds)) }

  static func < (left: OpTime, right: OpTime) -> Bool {
    (left.seconds, left.increment) < (right.seconds, right.increment)
  }
}

/// What one member knows of another by heartbeats.
struct HeardMember: Equatable {
  let isHealthy: Bool
  let state: MemberState
  let opTime: OpTime
  /// For how long the viewer has seen it up.
  let uptimeSeconds: Int64
  /// When the viewer's last heartbeat to it ended, well or not.
  let lastHeartbeat: Timestamp
  /// When the viewer last heard one from it; the epoch: never.
  let lastHeartbeatReceived: Timestamp
}

extension ReplicaSetCourse {
  /// How often a member asks each other one.
  static let heartbeatInterval = Duration.seconds(2)
  /// How long one that does not answer is waited for.
  static let heartbeatTimeout = Duration.seconds(10)
  /// How far behind the primary a secondary is that has no trouble.
  private static let latency = Duration.milliseconds(20)

  /// When the process of a member started; nil while there is none.
  func startedAt(_ vmID: Int, at instant: Timestamp) -> Timestamp? {
    runs[vmID]?.last { $0.contains(instant) }?.begin
  }

  /// What a member says that it is; nil while its process is gone.
  func state(of vmID: Int, at instant: Timestamp) -> MemberState? {
    guard let run = runs[vmID]?.last(where: { $0.contains(instant) }) else { return nil }
    if primary(at: instant) == vmID { return .primary }
    if run.isOld { return .secondary }
    let age = instant - run.begin
    if age < Self.settling.startup { return .startup }
    if age < (run.isFirstSync ? Self.firstSync : Self.settling.startup2) { return .startup2 }
    return age < Self.readiness(of: run) ? .recovering : .secondary
  }

  /// How much of a first sync is done, 0 to 1; nil for a member that is not in one.
  func firstSyncRatio(of vmID: Int, at instant: Timestamp) -> (ratio: Double, begin: Timestamp)? {
    guard let run = runs[vmID]?.last(where: { $0.contains(instant) }), run.isFirstSync,
      state(of: vmID, at: instant) == .startup2
    else { return nil }
    return (Double((instant - run.begin) / Self.firstSync), run.begin)
  }

  /// The newest entry that a member has; ``OpTime/none`` while it has no data.
  func opTime(of vmID: Int, at instant: Timestamp) -> OpTime {
    guard let clock = appliedClock(of: vmID, at: instant) else { return .none }
    return newestEntry(at: primary(at: instant) == vmID ? clock : clock - Self.latency)
  }

  /// The newest entry that a majority has.
  func committed(at instant: Timestamp) -> OpTime {
    set.members.map { opTime(of: $0.vmID, at: instant) }.sorted(by: >)[set.majority - 1]
  }

  /// The highest term that a member knows.
  func term(at instant: Timestamp) -> Int64 {
    (reigns.last { $0.begin <= instant } ?? reigns[0]).term
  }

  /// The newest entry of the oplog that was written: one at the beginning of a term, and one each
  /// second while there is a primary.
  private func newestEntry(at instant: Timestamp) -> OpTime {
    let reign = reigns.last { $0.begin <= instant } ?? reigns[0]
    let last = min(instant, reign.end ?? instant).wholeSeconds
    let first = reign.begin.wholeSeconds
    return OpTime(
      seconds: UInt32(clamping: max(last, first)),
      increment: last <= first ? 2 : 1,
      term: reign.term
    )
  }

  // MARK: What members know of each other

  /// What `viewer`, whose process works, knows of another member.
  func heard(_ vmID: Int, by viewer: Int, at instant: Timestamp) -> HeardMember {
    let heartbeat = lastHeartbeat(of: viewer, to: vmID, at: instant)
    let since = startedAt(viewer, at: instant) ?? instant
    let seen = lastSight(of: vmID, by: viewer, since: since, heartbeat)
    guard let seen, let state = state(of: vmID, at: seen) else {
      return HeardMember(
        isHealthy: false,
        state: .down,
        opTime: .none,
        uptimeSeconds: 0,
        lastHeartbeat: heartbeat,
        lastHeartbeatReceived: lastReceived(by: viewer, from: vmID, since: since, at: instant)
      )
    }
    let begin = max(since, startedAt(vmID, at: seen) ?? seen)
    return HeardMember(
      isHealthy: true,
      state: state,
      opTime: opTime(of: vmID, at: seen),
      uptimeSeconds: max(0, instant.wholeSeconds - begin.wholeSeconds),
      lastHeartbeat: heartbeat,
      lastHeartbeatReceived: lastReceived(by: viewer, from: vmID, since: since, at: instant)
    )
  }

  /// The moment whose picture of a member the viewer has; nil when it takes it for down.
  private func lastSight(
    of vmID: Int,
    by viewer: Int,
    since: Timestamp,
    _ heartbeat: Timestamp
  ) -> Timestamp? {
    guard let run = runs[vmID]?.last(where: { $0.begin <= heartbeat }) else { return nil }
    guard let end = run.end, end <= heartbeat else { return heartbeat }
    // Who is silent is waited for; who refuses is not.
    let isAwaited =
      run.ending == .silent && heartbeat < end + Self.heartbeatTimeout && since < end
    return isAwaited ? end - .milliseconds(1) : nil
  }

  private func lastHeartbeat(of viewer: Int, to vmID: Int, at instant: Timestamp) -> Timestamp {
    // Besides the regular ones there is one at once when a member comes or is elected.
    let prompts = [
      reigns.last { $0.begin <= instant }?.begin,
      startedAt(vmID, at: instant),
      startedAt(viewer, at: instant),
    ]
    return prompts.compactMap(\.self).reduce(regularBeat(viewer, vmID, before: instant), max)
  }

  private func lastReceived(
    by viewer: Int,
    from vmID: Int,
    since: Timestamp,
    at instant: Timestamp
  ) -> Timestamp {
    guard let run = runs[vmID]?.last(where: { $0.begin <= instant }) else { return .epoch }
    let last = run.end.map { min($0, instant) } ?? instant
    let beat = max(regularBeat(vmID, viewer, before: last), run.begin)
    return beat < since ? .epoch : beat
  }

  private func regularBeat(_ from: Int, _ to: Int, before instant: Timestamp) -> Timestamp {
    let interval = Self.heartbeatInterval / .milliseconds(1)
    let step = Int64(interval)
    let phase = Int64(noise.bits("heartbeat/\(from)/\(to)") % UInt64(step))
    let passed = (instant.unixMilliseconds - phase) % step
    return Timestamp(unixMilliseconds: instant.unixMilliseconds - passed)
  }

  /// The member that `viewer` takes for the primary; nil when it knows none.
  func primary(seenBy viewer: Int, at instant: Timestamp) -> Int? {
    set.members.first { guest in
      guest.vmID == viewer
        ? state(of: viewer, at: instant) == .primary
        : heard(guest.vmID, by: viewer, at: instant).state == .primary
    }?.vmID
  }
}

extension ReplicaSetCourse {
  /// When a member's description of itself and the set has changed since its process started.
  func descriptionChanges(of vmID: Int, until instant: Timestamp) -> [Timestamp] {
    guard let run = runs[vmID]?.last(where: { $0.contains(instant) }) else { return [] }
    var changes: [Timestamp] = []
    if !run.isOld {
      changes = [
        run.begin + Self.settling.startup,
        run.begin + (run.isFirstSync ? Self.firstSync : Self.settling.startup2),
        run.begin + Self.readiness(of: run),
      ]
    }
    for reign in reigns {
      if reign.begin > run.begin { changes.append(reign.begin) }
      guard let end = reign.end, end > run.begin else { continue }
      changes.append(reign.primary == vmID ? end : notice(of: reign.primary, end, by: vmID))
    }
    return changes.filter { $0 <= instant }
  }

  /// When a member notices that another one is no primary any more.
  private func notice(of vmID: Int, _ end: Timestamp, by viewer: Int) -> Timestamp {
    let run = runs[vmID]?.last { $0.end == end }
    let earliest = run?.ending == .silent ? end + Self.heartbeatTimeout : end
    let before = regularBeat(viewer, vmID, before: earliest)
    return before == earliest ? earliest : before + Self.heartbeatInterval
  }
}
