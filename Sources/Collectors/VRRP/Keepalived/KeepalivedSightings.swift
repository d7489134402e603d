// SPDX-License-Identifier: MIT
import MetricModel

/// What the members' hosts told of their keepalived; pure.
///
/// Instants are of one clock that is never set back.
struct KeepalivedSightings: Sendable {
  /// keepalived's own word on one virtual router.
  struct Word: Equatable, Sendable {
    let state: KeepalivedReport.State
    /// With the weights of failed checks.
    let effectivePriority: UInt8?
    /// Since when it is in this state; nil when nobody says.
    let since: Timestamp?
    let preempts: Bool
    let preemptDelay: Duration
  }

  /// The processes tell whether keepalived runs, not what it does: for that it must be asked, which
  /// has it write a file and a line of its log.
  static let reportPace = Duration.seconds(60)

  /// Since when keepalived runs, nil when it does not, and when that was seen.
  private var runs: [String: (since: Timestamp?, at: Timestamp)] = [:]
  /// What it said of itself, nil when it could not be asked, and when it was asked.
  private var words: [String: (word: Word?, at: Timestamp)] = [:]

  /// The member's keepalived runs since then; nil when it does not.
  mutating func note(_ member: String, runsSince since: Timestamp?, at now: Timestamp) {
    runs[member] = (since, now)
  }

  /// What the member's keepalived says; nil when it does not, or may not be asked.
  mutating func note(_ member: String, says word: Word?, at now: Timestamp) {
    words[member] = (word, now)
  }

  /// The member's host could not be asked.
  mutating func forget(_ member: String) {
    runs[member] = nil
    words[member] = nil
  }

  /// Whether the member's keepalived runs; nil when nobody says.
  func isRunning(_ member: String, at now: Timestamp) -> Bool? {
    guard let run = runs[member], now - run.at <= RouterSightings.reportAgeMax else { return nil }
    return run.since != nil
  }

  /// Whether the member's keepalived is to be asked what it does; what it said before `settled`, when
  /// masters changed, counts no more.
  func isWordDue(of member: String, since settled: Timestamp, at now: Timestamp) -> Bool {
    guard let known = words[member] else { return true }
    return now - known.at >= Self.reportPace || (known.at <= settled && settled < now)
  }

  /// What the member says of itself; nil when it said nothing since then.
  func word(of member: String, since settled: Timestamp, at now: Timestamp) -> Word? {
    guard isRunning(member, at: now) == true, let known = words[member], known.at > settled,
      now - known.at <= RouterSightings.reportAgeMax
    else { return nil }
    return known.word
  }

  /// The member as one who could be master; nil when it could not, or nobody says.
  func candidate(
    _ member: VRRPSettings.Member,
    since settled: Timestamp,
    at now: Timestamp
  ) -> VRRPVerdict.Candidate? {
    guard let priority = member.priority, let run = runs[member.name], let since = run.since,
      run.at > settled, now - run.at <= RouterSightings.reportAgeMax
    else { return nil }
    let word = word(of: member.name, since: settled, at: now)
    switch word?.state {
    case .fault?, .initialize?, .stopped?: return nil
    case .backup?, .master?, nil: break
    }
    return VRRPVerdict.Candidate(
      address: member.address,
      priority: word?.effectivePriority ?? priority,
      healthySince: max(since, word?.since ?? since),
      preempts: word?.preempts ?? true,
      preemptDelay: word?.preemptDelay ?? .zero
    )
  }
}

extension KeepalivedSightings.Word {
  /// What a report says of the router; nil when it has no such router, or says nothing of its state.
  ///
  /// - Parameters:
  ///   - report: keepalived's own.
  ///   - settings: The router.
  ///   - now: The time.
  ///   - wall: The same instant by the host's clock, in Unix seconds.
  init?(
    _ report: KeepalivedReport,
    of settings: VRRPSettings,
    at now: Timestamp,
    wall: Int64
  ) {
    let same = report.instances.filter { $0.routerID == settings.router.id }
    let instance = same.first { $0.name == settings.instance } ?? same.first
    guard let instance, let state = instance.state else { return nil }
    self.state = state
    effectivePriority = instance.effectivePriority.flatMap { UInt8(exactly: $0) }
    since = instance.lastTransition.map { transition in
      now - max(.zero, .seconds(wall) - .milliseconds(transition.unixMilliseconds))
    }
    preempts = instance.preempts
    preemptDelay = instance.preemptDelay
  }
}
